"""Windows that an approver changed, and which of them an approval was of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NEW = ("amended_by", "amended_at", "amended_starts_at", "amended_ends_at", "kind_asked")
_COPY_UP = """
INSERT INTO decisions_new (request_id, approver, approved, at, reason)
SELECT request_id, approver, approved, at, reason FROM decisions
"""
_COPY_DOWN = """
INSERT INTO decisions_old (request_id, approver, approved, at, reason)
SELECT request_id, approver, approved, at, reason FROM decisions
WHERE amendment = (SELECT amendments FROM access_requests WHERE access_requests.id = decisions.request_id)
"""


def upgrade() -> None:
    for name in _NEW:
        kind = sa.DateTime(timezone=True) if name.endswith("_at") else sa.String()
        op.add_column("access_requests", sa.Column(name, kind, nullable=True))
    op.add_column("access_requests", sa.Column("amendments", sa.Integer(), nullable=False, server_default="0"))
    _decisions("decisions_new", sa.Column("amendment", sa.Integer(), nullable=False, server_default="0"))
    op.execute(_COPY_UP)
    op.drop_table("decisions")
    op.rename_table("decisions_new", "decisions")


def downgrade() -> None:
    """Approvals that an amendment has overtaken have no place in the older table."""
    _decisions("decisions_old")
    op.execute(_COPY_DOWN)
    op.drop_table("decisions")
    op.rename_table("decisions_old", "decisions")
    for name in ("amendments", *reversed(_NEW)):
        op.drop_column("access_requests", name)


def _decisions(name: str, *more: sa.Column[int]) -> None:
    """A table with another key: SQLite cannot change the one that is there."""
    op.create_table(
        name,
        sa.Column("request_id", sa.String(length=26), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        *more,
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["access_requests.id"]),
        sa.PrimaryKeyConstraint("request_id", "approver", *(column.name for column in more)),
    )
