"""Approvers' codes are kept sealed beside their marks: without them a change of keys could not make the marks anew, and
an approver's own code was unknown to us."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sms_codes", sa.Column("code", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("sms_codes", "code")
