"""Alerts: what needs a person, since when, and who has it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("climbs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_id", sa.String(length=26), nullable=True),
        sa.Column("code_id", sa.String(length=26), nullable=True),
        sa.Column("lock_id", sa.String(length=26), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["access_requests.id"]),
        sa.ForeignKeyConstraint(["code_id"], ["access_codes.id"]),
        sa.ForeignKeyConstraint(["lock_id"], ["locks.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(op.f("ix_alerts_due_at"), "alerts", ["due_at"], unique=False)
    op.create_index(op.f("ix_alerts_request_id"), "alerts", ["request_id"], unique=False)
    op.create_index(op.f("ix_alerts_code_id"), "alerts", ["code_id"], unique=False)
    op.create_index(op.f("ix_alerts_lock_id"), "alerts", ["lock_id"], unique=False)
    op.create_index("open_alerts", "alerts", ["solved_at"], unique=False)
    with op.batch_alter_table("sms_codes") as codes:
        codes.add_column(sa.Column("alert_id", sa.String(length=26), nullable=True))
        codes.create_foreign_key("sms_codes_alert_id_fkey", "alerts", ["alert_id"], ["id"])
        codes.create_index(op.f("ix_sms_codes_alert_id"), ["alert_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sms_codes") as codes:
        codes.drop_index(op.f("ix_sms_codes_alert_id"))
        codes.drop_constraint("sms_codes_alert_id_fkey", type_="foreignkey")
        codes.drop_column("alert_id")
    op.drop_table("alerts")
