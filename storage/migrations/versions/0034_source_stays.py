"""Stays that come by themselves, each under the name that its source gives it, and tokens of the programs that send
them."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_stays",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("external_mark", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(length=26), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["access_requests.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("one_stay_per_external_id", "source_stays", ["source", "external_mark"], unique=True)
    op.create_index(op.f("ix_source_stays_due_at"), "source_stays", ["due_at"], unique=False)
    op.create_index(op.f("ix_source_stays_request_id"), "source_stays", ["request_id"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )


def downgrade() -> None:
    op.drop_table("api_tokens")
    op.drop_index(op.f("ix_source_stays_request_id"), table_name="source_stays")
    op.drop_index(op.f("ix_source_stays_due_at"), table_name="source_stays")
    op.drop_index("one_stay_per_external_id", table_name="source_stays")
    op.drop_table("source_stays")
