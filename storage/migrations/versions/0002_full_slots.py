"""What providers said was full although our ledger had a place."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "full_slots",
        sa.Column("lock_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("slot_key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lock_id"], ["locks.id"]),
        sa.PrimaryKeyConstraint("lock_id", "kind", "slot_key"),
    )


def downgrade() -> None:
    op.drop_table("full_slots")
