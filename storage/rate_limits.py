"""The repository of rate limits at the chat: how full each bucket is, and the permits that are kept for somebody."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from bot.domain.messages.rate_limits import Bucket, BucketState, Permit, failed, is_shut, next_permit, went
from bot.ports import Stale
from storage.repository import Repository, table
from storage.statements import any_of
from storage.tables import BucketRow, PermitRow
from storage.transaction import Transaction

_KEPT = timedelta(hours=1)
"""For those who never came: what they wanted to say was dropped."""

_IDLE = timedelta(days=1)
"""A bucket that nobody used for so long is as a new one."""


_BUCKET, _PERMIT = table(BucketRow), table(PermitRow)
# After a success there is nearly always nothing to write, and the row that all share stays free.
_ANSWERED = (
    update(_BUCKET).where(_BUCKET.c.name == bindparam("of"), _BUCKET.c.failures > 0).values(failures=0, shut_until=None)
)
_KEPT_FOR = (_PERMIT.c.bucket == _BUCKET.c.name) & any_of(_PERMIT.c.who, "whose")
# By name: of several, two might wait for each other.
_HELD = (
    select(*_BUCKET.c, _PERMIT.c.who, _PERMIT.c.at)
    .outerjoin_from(_BUCKET, _PERMIT, _KEPT_FOR)
    .where(any_of(_BUCKET.c.name, "names"))
    .order_by(_BUCKET.c.name)
    .with_for_update(key_share=True, of=_BUCKET)
)
_OLD_PERMITS = select(_PERMIT.c.who).where(_PERMIT.c.at < bindparam("before"))
_IDLE_BUCKETS = select(_BUCKET.c.name).where(_BUCKET.c.in_step < bindparam("before"), _BUCKET.c.failures == 0)
_USED = delete(_PERMIT).where(_PERMIT.c.who == bindparam("of"))
_ALL_OF_BUCKET = delete(_PERMIT).where(_PERMIT.c.bucket == bindparam("of"))


class RateLimitRepository(Repository):
    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._held: dict[str, BucketState | None] = {}
        """By name: as they stand in the database, from where nobody else changes them; None where there is none."""
        self._kept: dict[tuple[str, str], datetime | None] = {}
        """Permits, by bucket and whose they are."""
        self._after: dict[str, BucketState] = {}
        """By name: what has become of them, and is still to be written."""

    async def for_update(self, places: Collection[tuple[Bucket, str]]) -> None:
        buckets, whose = {bucket.name for bucket, _ in places}, {who for _, who in places}
        self._held |= dict.fromkeys(buckets)
        self._kept |= {(bucket.name, who): None for bucket, who in places}
        if not places:
            return
        for row in await self._transaction.rows(_HELD, names=sorted(buckets), whose=sorted(whose)):
            self._held[row.name] = BucketState(row.in_step, row.failures, row.shut_until, row.asked_until)
            if row.who is not None:
                self._kept[row.name, row.who] = row.at

    async def take(self, bucket: Bucket, who: str, wall: datetime) -> Permit:
        if bucket.name not in self._held or (bucket.name, who) not in self._kept:
            await self.for_update([(bucket, who)])
        state, kept = self._state(bucket, wall), self._kept[bucket.name, who]
        if is_shut(state, wall):  # it honours no permit: after a failure one goes ahead, alone
            kept = None
        if kept is None:
            turn, after = next_permit(bucket, state, wall)
            if turn > wall and not is_shut(state, wall):
                await self._put(PermitRow, {"who": who, "bucket": bucket.name, "at": turn})
        else:
            turn, after = kept, went(state, wall) if kept <= wall else state
        if turn <= wall and kept is not None:
            await self._transaction.write(_USED, {"of": who})
        if after != state or self._held[bucket.name] is None:
            self._after[bucket.name] = after
        return Permit(turn, probes=state.failures > 0)

    async def failed(self, bucket: Bucket, wall: datetime, named: float | None) -> None:
        await self.for_update([(bucket, "")])
        self._after[bucket.name] = failed(self._state(bucket, wall), wall, named)
        await self.write()
        await self._transaction.write(_ALL_OF_BUCKET, {"of": bucket.name})
        await self._sweep_up(PermitRow, _OLD_PERMITS, before=wall - _KEPT)

    async def write(self) -> None:
        """What was taken. Raises Stale where another has made a bucket first, and taken from it."""
        after, self._after = self._after, {}
        rows = [{"name": name, **_values(state)} for name, state in sorted(after.items())]
        if self._transaction.on_postgresql:
            for new in [row for row in rows if not self._held[row["name"]]]:
                if not await self._add_new(BucketRow, new):
                    raise Stale(f"{BucketRow.__tablename__} {new['name']}")
                rows.remove(new)
        await self._put_all(BucketRow, rows)

    async def forget(self, now: datetime) -> None:
        await self._sweep_up(BucketRow, _IDLE_BUCKETS, before=now - _IDLE)
        await self._sweep_up(PermitRow, _OLD_PERMITS, before=now - _IDLE)

    async def answered(self, bucket: Bucket) -> None:
        await self._transaction.write(_ANSWERED, {"of": bucket.name})

    def _state(self, bucket: Bucket, wall: datetime) -> BucketState:
        return self._after.get(bucket.name) or self._held[bucket.name] or BucketState(wall)


def _values(state: BucketState) -> dict[str, Any]:
    """`dataclasses.asdict` would copy every instant."""
    waits = {"shut_until": state.shut_until, "asked_until": state.asked_until}
    return {"in_step": state.in_step, "failures": state.failures, **waits}
