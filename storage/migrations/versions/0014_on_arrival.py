"""PINs that are made when the guest is there."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TABLES = ("access_requests", "access_codes")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("on_arrival", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "on_arrival")
