"""Who gave a stay up, who deleted its PIN at the lock, and which messages are replies under the card."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NEW = {
    "access_requests": ("given_up_by", "given_up_at"),
    "access_codes": ("given_up_by", "given_up_at", "deleted_who", "deleted_at", "deleted_said_by"),
}


def upgrade() -> None:
    for table, names in _NEW.items():
        for name in names:
            kind = sa.DateTime(timezone=True) if name.endswith("_at") else sa.String()
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column("messages", sa.Column("in_thread", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("messages", "in_thread")
    for table, names in _NEW.items():
        for name in reversed(names):
            op.drop_column(table, name)
