"""Limits that all processes keep together; a code of an approver that no longer counts; buckets are forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "limits",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("in_step", sa.BigInteger(), nullable=False),
        sa.Column("room", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("ix_limits_in_step", "limits", ["in_step"])
    op.create_index("ix_rate_limit_buckets_in_step", "rate_limit_buckets", ["in_step"])
    op.add_column("sms_codes", sa.Column("void_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_sms_codes_approver", "sms_codes", ["approver"])


def downgrade() -> None:
    op.drop_index("ix_sms_codes_approver", "sms_codes")
    op.drop_column("sms_codes", "void_at")
    op.drop_index("ix_rate_limit_buckets_in_step", "rate_limit_buckets")
    op.drop_table("limits")
