"""Booking systems whose bookings become stays: how each is known, which doors its listings are, and what it said."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booking_sources",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("credentials", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "listings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(length=26), nullable=False),
        sa.Column("listing", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("lock_ids", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["booking_sources.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_listings_source_id"), "listings", ["source_id"], unique=False)
    op.create_table(
        "bookings",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("source_id", sa.String(length=26), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("external_mark", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("root_id", sa.String(), nullable=True),
        sa.Column("spoken_by", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unmet", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["booking_sources.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("one_booking_per_external_id", "bookings", ["source_id", "external_mark"], unique=True)
    op.create_index(op.f("ix_bookings_due_at"), "bookings", ["due_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_bookings_due_at"), table_name="bookings")
    op.drop_index("one_booking_per_external_id", table_name="bookings")
    op.drop_table("bookings")
    op.drop_index(op.f("ix_listings_source_id"), table_name="listings")
    op.drop_table("listings")
    op.drop_table("booking_sources")
