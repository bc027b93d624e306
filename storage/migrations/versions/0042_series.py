"""Wishes that repeat, and of which of them a stay is a visit."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("visits", sa.JSON(), nullable=False),
        sa.Column("newest_id", sa.String(length=26), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["access_requests.id"]),
        sa.ForeignKeyConstraint(["newest_id"], ["access_requests.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_series_due_at"), "series", ["due_at"], unique=False)
    op.create_index(op.f("ix_series_newest_id"), "series", ["newest_id"], unique=False)
    op.add_column("access_requests", sa.Column("series_id", sa.String(length=26), nullable=True))
    op.add_column("access_requests", sa.Column("visit", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_access_requests_series_id"), "access_requests", ["series_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_access_requests_series_id"), table_name="access_requests")
    op.drop_column("access_requests", "visit")
    op.drop_column("access_requests", "series_id")
    op.drop_index(op.f("ix_series_newest_id"), table_name="series")
    op.drop_index(op.f("ix_series_due_at"), table_name="series")
    op.drop_table("series")
