"""What vendors tell one process that the operator has to mend, every other can say, too: the web process is asked,
and the worker is told."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("processes", sa.Column("problems", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("processes", "problems")
