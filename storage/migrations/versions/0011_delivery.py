"""How often and by which sender a text was tried, and which guests want no texts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("guests", sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("messages", sa.Column("way", sa.String(), nullable=False, server_default="first"))
    op.add_column("messages", sa.Column("earlier", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("messages", sa.Column("looks", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in ("looks", "earlier", "way"):
        op.drop_column("messages", name)
    op.drop_column("guests", "opted_out_at")
