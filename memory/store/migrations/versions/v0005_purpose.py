"""What a journaled call is for, in three columns: purpose, subject and attempt."""

import sqlalchemy as sa
from alembic import op

from inkwright.memory.domain.purpose import split_purpose

revision = "0005"
down_revision = "0004"

KEY = ("work", "step", "role", "purpose", "subject", "attempt", "sample", "refused", "digest")


def upgrade() -> None:
    connection = op.get_bind()
    old_key = sa.inspect(connection).get_unique_constraints("journal")[0]["name"] or "old_key"
    with op.batch_alter_table("journal", naming_convention={"uq": "old_key"}) as journal:
        journal.add_column(sa.Column("subject", sa.Text(), server_default="", nullable=False))
        journal.add_column(sa.Column("attempt", sa.Integer(), server_default="0", nullable=False))
        journal.drop_constraint(old_key, type_="unique")
        journal.create_unique_constraint("one_answer_a_call", list(KEY))
    table = sa.table("journal", *(sa.column(name) for name in ("purpose", "subject", "attempt")))
    for label in connection.execute(sa.select(table.c.purpose).distinct()).scalars().all():
        purpose, subject, attempt = split_purpose(label)
        if purpose != label:
            connection.execute(
                sa.update(table)
                .where(table.c.purpose == label)
                .values(purpose=purpose, subject=subject, attempt=attempt)
            )
