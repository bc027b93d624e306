"""Which processes have the database open, and which keys they know; requests whose signature did not fit."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "processes",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("parts", sa.String(), nullable=False),
        sa.Column("key_ids", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "refused_webhooks",
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("vendor"),
    )


def downgrade() -> None:
    op.drop_table("refused_webhooks")
    op.drop_table("processes")
