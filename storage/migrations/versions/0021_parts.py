"""One request for several doors, and for a new PIN every 24 hours: what was asked for, and which of it a code is for.

Every code of before is for the one door and the one stretch that there were; what replaced another keeps its part.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("access_requests", sa.Column("more_locks", sa.String(), nullable=False, server_default=""))
    op.add_column("access_requests", sa.Column("chain", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("access_codes", sa.Column("part", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("access_codes", "part")
    op.drop_column("access_requests", "chain")
    op.drop_column("access_requests", "more_locks")
