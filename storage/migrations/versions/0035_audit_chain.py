"""Every line of the audit log holds the hash of the one before. Those that are there are chained here, in the order in
which they were written; how is `storage.audit_chain` as it was then."""

import hashlib
import json
import secrets
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

BATCH = 2000
NOTHING_BEFORE = "0" * 64
NEW = ("salt", "digest", "previous", "chain")

ENTRIES = sa.table(
    "audit_entries",
    sa.column("id", sa.Integer()),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("actor", sa.String()),
    sa.column("what", sa.String()),
    sa.column("subject", sa.String()),
    sa.column("facts", sa.JSON()),
    *(sa.column(name, sa.String()) for name in NEW),
)
HEAD = sa.table(
    "audit_head", sa.column("id", sa.Integer()), sa.column("last", sa.Integer()), sa.column("chain", sa.String())
)


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for name in NEW:
        op.add_column("audit_entries", sa.Column(name, sa.String(), nullable=True))
    last, chain = _chain(op.get_bind())
    op.bulk_insert(HEAD, [{"id": 1, "last": last, "chain": chain}])
    with op.batch_alter_table("audit_entries") as batch_op:
        for name in NEW[1:]:
            batch_op.alter_column(name, existing_type=sa.String(), nullable=False)


def _chain(connection: sa.Connection) -> tuple[int, str]:
    last, chain = 0, NOTHING_BEFORE
    named: dict[str, sa.BindParameter[str]] = {name: sa.bindparam(f"new_{name}") for name in NEW}
    fill = ENTRIES.update().where(ENTRIES.c.id == sa.bindparam("of")).values(**named)
    read = ENTRIES.select().where(ENTRIES.c.id > sa.bindparam("after")).order_by(ENTRIES.c.id).limit(BATCH)
    while page := connection.execute(read, {"after": last}).all():
        filled = []
        for row in page:
            salt = secrets.token_hex(16)
            digest, previous = _hash([salt, dict(row.facts)]), chain
            at = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at.astimezone(UTC)
            moment = at.isoformat(timespec="microseconds")
            chain = _hash([previous, row.id, moment, row.actor, row.what, row.subject, digest])
            new = {"salt": salt, "digest": digest, "previous": previous, "chain": chain}
            filled.append({"of": row.id, **{f"new_{name}": value for name, value in new.items()}})
        connection.execute(fill, filled)
        last = page[-1].id
    return last, chain


def _hash(value: object) -> str:
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(written.encode("ascii")).hexdigest()


def downgrade() -> None:
    with op.batch_alter_table("audit_entries") as batch_op:
        for name in NEW:
            batch_op.drop_column(name)
    op.drop_table("audit_head")
