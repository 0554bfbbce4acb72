"""What served models take and do, and what a model thought before it answered."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "capabilities",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("address", "model"),
    )
    op.add_column("journal", sa.Column("thoughts", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "journal", sa.Column("thought_tokens", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "journal",
        sa.Column("usage_estimated", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
