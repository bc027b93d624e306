"""Accounts at the locks' provider, the links that connect them, and which bridge and account a lock is on."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_table(
        "account_links",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=True),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_account_links_due_at"), "account_links", ["due_at"], unique=False)
    op.create_index(op.f("ix_remote_orders_ref"), "remote_orders", ["ref"], unique=False)
    op.add_column("locks", sa.Column("bridge_ref", sa.String(), nullable=True))
    op.add_column("locks", sa.Column("pin_trouble_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("locks", sa.Column("aliases", sa.String(), nullable=False, server_default=""))
    op.add_column("locks", sa.Column("tags", sa.String(), nullable=False, server_default=""))
    op.add_column("locks", sa.Column("check_in", sa.String(), nullable=True))
    op.add_column("locks", sa.Column("check_out", sa.String(), nullable=True))


def downgrade() -> None:
    for name in ("check_out", "check_in", "tags", "aliases"):
        op.drop_column("locks", name)
    op.drop_index(op.f("ix_remote_orders_ref"), table_name="remote_orders")
    op.drop_column("locks", "pin_trouble_at")
    op.drop_column("locks", "bridge_ref")
    op.drop_index(op.f("ix_account_links_due_at"), table_name="account_links")
    op.drop_table("account_links")
    op.drop_table("accounts")
