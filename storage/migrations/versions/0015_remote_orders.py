"""Orders to bridges: a door is to be unlocked or locked from afar."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remote_orders",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("lock_id", sa.String(length=26), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lock_id"], ["locks.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_remote_orders_lock_id"), "remote_orders", ["lock_id"], unique=False)
    op.create_index(op.f("ix_remote_orders_due_at"), "remote_orders", ["due_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_remote_orders_due_at"), table_name="remote_orders")
    op.drop_index(op.f("ix_remote_orders_lock_id"), table_name="remote_orders")
    op.drop_table("remote_orders")
