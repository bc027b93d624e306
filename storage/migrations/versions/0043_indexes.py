"""What is asked at every look at the Home tab, at every list and in the morning is found by an index, however much has
ended; and the short id of a stay is a column."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_PENDING, _CORRECTION = sa.text("status = 'pending'"), sa.text("what = 'guest_corrected'")
_PLAIN = (
    ("access_requests", "granted_ends_at"),
    ("access_requests", "short_id"),
    ("access_codes", "starts_at"),
    ("access_codes", "ends_at"),
)


def upgrade() -> None:
    op.add_column("access_requests", sa.Column("short_id", sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE access_requests SET short_id = substr(id, length(id) - 4)")
    for table, column in _PLAIN:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index(
        "pending_requests", "access_requests", ["granted_starts_at"], sqlite_where=_PENDING, postgresql_where=_PENDING
    )
    op.create_index("commands_of_door", "remote_commands", ["lock_id", "asked_at"])
    op.create_index("corrections", "audit_entries", ["id"], sqlite_where=_CORRECTION, postgresql_where=_CORRECTION)


def downgrade() -> None:
    op.drop_index("corrections", "audit_entries")
    op.drop_index("commands_of_door", "remote_commands")
    op.drop_index("pending_requests", "access_requests")
    for table, column in reversed(_PLAIN):
        op.drop_index(op.f(f"ix_{table}_{column}"), table)
    op.drop_column("access_requests", "short_id")
