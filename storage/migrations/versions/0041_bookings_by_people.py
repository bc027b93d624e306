"""The time that a source names, where no lock takes that; and the link by which a guest says whom to text."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_COLUMNS = ("booked_starts_at", "booked_ends_at")
_MARK = "ix_source_stays_link_mark"


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("access_requests", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("source_stays", sa.Column("link", sa.String(), nullable=True))
    op.add_column("source_stays", sa.Column("link_mark", sa.String(), nullable=True))
    op.create_index(op.f(_MARK), "source_stays", ["link_mark"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f(_MARK), table_name="source_stays")
    for name in ("link_mark", "link"):
        op.drop_column("source_stays", name)
    for name in _COLUMNS:
        op.drop_column("access_requests", name)
