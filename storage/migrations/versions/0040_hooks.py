"""Programs that are called when something happens."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_TIMES = ("due_at", "taken_at", "ended_at", "claimed_until")
_COUNTS = ("done", "tries", "missed", "version")


def upgrade() -> None:
    op.create_table(
        "hooks",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _TIMES),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index(op.f("ix_hooks_due_at"), "hooks", ["due_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_hooks_due_at"), table_name="hooks")
    op.drop_table("hooks")
