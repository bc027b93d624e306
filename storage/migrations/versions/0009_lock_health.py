"""How a lock is, as its provider last told: battery, line, and when that was."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("locks", sa.Column("battery_level", sa.Float(), nullable=True))
    op.add_column("locks", sa.Column("battery_word", sa.String(), nullable=True))
    op.add_column("locks", sa.Column("online", sa.Boolean(), nullable=True))
    op.add_column("locks", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("seen_at", "online", "battery_word", "battery_level"):
        op.drop_column("locks", name)
