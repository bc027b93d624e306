"""Alerts about no stay, such as a text from a number that nobody knows: the workspace they belong to, and codes by
which somebody without chat takes one. Going back forgets those codes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_CODES = sa.table("sms_codes", sa.column("request_id"))


def upgrade() -> None:
    op.add_column("alerts", sa.Column("workspace", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("sms_codes") as codes:
        codes.alter_column("request_id", existing_type=sa.String(length=26), nullable=True)


def downgrade() -> None:
    op.execute(sa.delete(_CODES).where(_CODES.c.request_id.is_(None)))
    with op.batch_alter_table("sms_codes") as codes:
        codes.alter_column("request_id", existing_type=sa.String(length=26), nullable=False)
    op.drop_column("alerts", "workspace")
