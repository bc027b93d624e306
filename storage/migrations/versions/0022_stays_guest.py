"""The guest's name and language are each stay's own; the row of a number keeps what is the number's.

Back again a number takes both from its newest stay, an approved one first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_STAYS = sa.table(
    "access_requests", *map(sa.column, ("id", "guest_id", "status", "guest_name", "language", "language_chosen_by"))
)
_GUESTS = sa.table("guests", *map(sa.column, ("id", "name", "language", "language_chosen_by")))
_NEW = {
    "guest_name": ("name", ""),
    "language": ("language", "en"),
    "language_chosen_by": ("language_chosen_by", "nobody"),
}
"""A stay's column: the number's from which it comes, and what a number without one has."""


def upgrade() -> None:
    for name, (before, default) in _NEW.items():
        op.add_column("access_requests", sa.Column(name, sa.String(), nullable=False, server_default=default))
        theirs = sa.select(_GUESTS.c[before]).where(_GUESTS.c.id == _STAYS.c.guest_id).scalar_subquery()
        op.execute(sa.update(_STAYS).values({name: sa.func.coalesce(theirs, default)}))
    for before, _ in _NEW.values():
        op.drop_column("guests", before)


def downgrade() -> None:
    op.add_column("guests", sa.Column("name", sa.String(), nullable=False, server_default=""))
    op.add_column("guests", sa.Column("language", sa.String(), nullable=True))
    op.add_column("guests", sa.Column("language_chosen_by", sa.String(), nullable=True))
    approved_first = sa.case((_STAYS.c.status == "approved", 0), else_=1)
    for name, (before, default) in _NEW.items():
        stays = sa.select(_STAYS.c[name]).where(_STAYS.c.guest_id == _GUESTS.c.id)
        newest = stays.order_by(approved_first, _STAYS.c.id.desc()).limit(1).scalar_subquery()
        op.execute(sa.update(_GUESTS).values({before: sa.func.coalesce(newest, default)}))
    for name in _NEW:
        op.drop_column("access_requests", name)
