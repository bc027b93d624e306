"""A card knows when it was updated and what it shows: it is updated at most once a second, and never for nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cards", sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cards", sa.Column("digest", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("cards", "digest")
    op.drop_column("cards", "updated_at")
