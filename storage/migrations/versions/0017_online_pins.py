"""Online PINs: digits of people's own choice at locks with a bridge."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "online_pins",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("lock_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("pin", sa.String(), nullable=False),
        sa.Column("pin_mark", sa.String(), nullable=False),
        sa.Column("next_pin", sa.String(), nullable=True),
        sa.Column("next_mark", sa.String(), nullable=True),
        sa.Column("ref", sa.String(), nullable=True),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.Column("tried", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("told_late", sa.Boolean(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lock_id"], ["locks.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_online_pins_lock_id"), "online_pins", ["lock_id"], unique=False)
    op.create_index(op.f("ix_online_pins_due_at"), "online_pins", ["due_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_online_pins_due_at"), table_name="online_pins")
    op.drop_index(op.f("ix_online_pins_lock_id"), table_name="online_pins")
    op.drop_table("online_pins")
