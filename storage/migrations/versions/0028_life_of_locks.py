"""Where a lock's zone comes from, which one its stays still go by, and whether its provider has it still."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_MOMENTS = ("listed_at", "missing_since", "gone_at", "zone_changed_at", "forgotten_at")
_WORDS = ("vendor_zone", "zone_before", "account_ref")


def upgrade() -> None:
    # Empty: nobody kept it so far. The next reading of the locks finds out.
    op.add_column("locks", sa.Column("zone_source", sa.String(), nullable=False, server_default=""))
    op.add_column("locks", sa.Column("missed_lists", sa.Integer(), nullable=False, server_default="0"))
    for name in _WORDS:
        op.add_column("locks", sa.Column(name, sa.String(), nullable=True))
    for name in _MOMENTS:
        op.add_column("locks", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in (*_MOMENTS, *_WORDS, "missed_lists", "zone_source"):
        op.drop_column("locks", name)
