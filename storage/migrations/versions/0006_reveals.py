"""Who looks at a PIN, in which window, and until when it is shown."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reveals",
        sa.Column("id", sa.String(length=26), primary_key=True),
        sa.Column("code_id", sa.String(length=26), sa.ForeignKey("access_codes.id"), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False, unique=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=True),
        sa.Column("hidden_at", _INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", _INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_reveals_code_id", "reveals", ["code_id"])
    op.create_index("ix_reveals_due_at", "reveals", ["due_at"])


def downgrade() -> None:
    op.drop_table("reveals")
