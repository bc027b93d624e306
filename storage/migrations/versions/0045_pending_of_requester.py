"""How much of a person's waits is asked at every ask of theirs: it is counted without a look at what was decided."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_PENDING = sa.text("status = 'pending'")


def upgrade() -> None:
    op.create_index(
        "pending_of_requester",
        "access_requests",
        ["requester", "granted_starts_at", "status"],  # the last for SQLite, which else looks at each row for it
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )


def downgrade() -> None:
    op.drop_index("pending_of_requester", "access_requests")
