"""An index for the slots of PINs that were deleted at their lock: they are few, and what has ended grows for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_DELETED = sa.text("deleted_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "deleted_codes", "access_codes", ["lock_id", "ends_at"], sqlite_where=_DELETED, postgresql_where=_DELETED
    )


def downgrade() -> None:
    op.drop_index("deleted_codes", "access_codes")
