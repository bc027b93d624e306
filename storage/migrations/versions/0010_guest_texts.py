"""A guest's language and who said so; what guests are told about a lock."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NEW = {
    "guests": ("language", "language_told_by"),
    "locks": ("guest_name", "wake", "end_key", "contact", "contact_phone"),
}


def upgrade() -> None:
    for table, names in _NEW.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.String(), nullable=True))


def downgrade() -> None:
    for table, names in _NEW.items():
        for name in reversed(names):
            op.drop_column(table, name)
