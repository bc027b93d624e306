"""A PIN whose deadline went by without a word is not known to be dead: `missed` becomes `unconfirmed`.

Those whose stay is over have ended; nothing is said about them any more.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_CODES = sa.table(
    "access_codes",
    sa.column("status", sa.String()),
    sa.column("due_at", sa.DateTime(timezone=True)),
    sa.column("ends_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    missed = _CODES.c.status == "missed"
    over = _CODES.c.ends_at <= datetime.now(UTC)
    op.execute(sa.update(_CODES).where(missed, over).values(status="ended", due_at=None))
    op.execute(sa.update(_CODES).where(missed).values(status="unconfirmed", due_at=_CODES.c.ends_at))


def downgrade() -> None:
    past = _CODES.c.status.in_(("unconfirmed", "expired"))
    op.execute(sa.update(_CODES).where(past).values(status="missed", due_at=None))
