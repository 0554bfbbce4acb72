"""What is known about a source, and whether it is still in use."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("sources", sa.Column("about", sa.JSON(), server_default="{}", nullable=False))
    op.add_column(
        "sources",
        sa.Column("dropped", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
