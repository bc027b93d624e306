"""The guest's name and language are each stay's own; the row of a number keeps what is the number's. Looks at numbers.

Back again a number takes both from its newest stay, an approved one first; looks at numbers are forgotten.
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
_CODES = sa.table("access_codes", sa.column("id"), sa.column("request_id"))
_REVEALS = sa.table("reveals", sa.column("code_id"), sa.column("request_id"))
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
    with op.batch_alter_table("reveals") as reveals:
        reveals.add_column(sa.Column("request_id", sa.String(length=26), nullable=True))
        reveals.alter_column("code_id", existing_type=sa.String(length=26), nullable=True)
    looked_at = sa.select(_CODES.c.request_id).where(_CODES.c.id == _REVEALS.c.code_id).scalar_subquery()
    op.execute(sa.update(_REVEALS).values(request_id=looked_at))
    with op.batch_alter_table("reveals") as reveals:
        reveals.alter_column("request_id", existing_type=sa.String(length=26), nullable=False)
        reveals.create_foreign_key("fk_reveals_request_id", "access_requests", ["request_id"], ["id"])
        reveals.create_index("ix_reveals_request_id", ["request_id"])


def downgrade() -> None:
    op.execute(sa.delete(_REVEALS).where(_REVEALS.c.code_id.is_(None)))
    with op.batch_alter_table("reveals") as reveals:
        reveals.drop_index("ix_reveals_request_id")
        reveals.drop_constraint("fk_reveals_request_id", type_="foreignkey")
        reveals.drop_column("request_id")
        reveals.alter_column("code_id", existing_type=sa.String(length=26), nullable=False)
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
