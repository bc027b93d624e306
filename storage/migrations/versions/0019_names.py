"""The field's names for tables and columns; nothing of a stay, a lock or a guest is lost.

The pace at the chat and the signs of life are known anew within a minute, so those tables are made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_COMMANDS = "remote_commands"


def upgrade() -> None:
    op.alter_column("locks", "pin_trouble_at", new_column_name="pin_error_at")
    op.alter_column("guests", "language_told_by", new_column_name="language_chosen_by")
    op.execute("UPDATE guests SET language_chosen_by = 'operator' WHERE language_chosen_by = 'house'")
    op.alter_column("inbox", "letter", new_column_name="command")
    _rename("remote_orders", _COMMANDS)
    op.alter_column(_COMMANDS, "deed", new_column_name="action")
    for table in ("pulses", "turns", "lanes"):
        op.drop_table(table)
    op.create_table(
        "rate_limit_buckets",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("in_step", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("shut_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_until", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "rate_limit_permits",
        sa.Column("who", sa.String(), primary_key=True),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_rate_limit_permits_at", "rate_limit_permits", ["at"])
    op.create_table(
        "heartbeats",
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def _rename(before: str, after: str) -> None:
    """With its indexes: their names follow the table's."""
    columns = ("lock_id", "due_at", "ref")
    for column in columns:
        op.drop_index(f"ix_{before}_{column}", table_name=before, if_exists=True)
    op.rename_table(before, after)
    for column in columns:
        op.create_index(f"ix_{after}_{column}", after, [column], unique=False)


def downgrade() -> None:
    op.drop_table("heartbeats")
    op.drop_table("rate_limit_permits")
    op.drop_table("rate_limit_buckets")
    op.create_table(
        "lanes",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("in_step", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("shut_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_until", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "turns",
        sa.Column("who", sa.String(), primary_key=True),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_turns_at", "turns", ["at"])
    op.create_table(
        "pulses",
        sa.Column("part", sa.String(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.alter_column(_COMMANDS, "action", new_column_name="deed")
    _rename(_COMMANDS, "remote_orders")
    op.alter_column("inbox", "command", new_column_name="letter")
    op.execute("UPDATE guests SET language_chosen_by = 'house' WHERE language_chosen_by = 'operator'")
    op.alter_column("guests", "language_chosen_by", new_column_name="language_told_by")
    op.alter_column("locks", "pin_error_at", new_column_name="pin_trouble_at")
