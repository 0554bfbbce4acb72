"""What a run says of itself, text as it is written, and text as it is typed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("began_at", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("looked_at", sa.Float(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["work"], ["works.id"]),
        sa.PrimaryKeyConstraint("work"),
    )
    op.create_table(
        "live",
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["work"], ["works.id"]),
        sa.PrimaryKeyConstraint("work", "section"),
    )
    op.create_table(
        "typed",
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["work"], ["works.id"]),
        sa.PrimaryKeyConstraint("work", "section"),
    )
