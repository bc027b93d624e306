"""The names that rules hold on to a lock by, and what the rules said of a request when it was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_COLUMNS = (("locks", "names"), ("access_requests", "asked_under"))


def upgrade() -> None:
    # Empty: a lock is known by the name that it has, and what was asked before goes by the rules as they are.
    for table, name in _COLUMNS:
        op.add_column(table, sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    for table, name in reversed(_COLUMNS):
        op.drop_column(table, name)
