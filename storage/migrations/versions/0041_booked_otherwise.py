"""The time that a source names, where no lock takes that."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_COLUMNS = ("booked_starts_at", "booked_ends_at")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("access_requests", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("access_requests", name)
