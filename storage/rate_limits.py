"""The repository of rate limits at the chat: how full each bucket is, and the permits that are kept for somebody."""

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update

from bot.domain.messages.rate_limits import Bucket, BucketState, failed, is_shut, next_permit, went
from storage.repository import Repository, table
from storage.tables import BucketRow, PermitRow

_KEPT = timedelta(hours=1)
"""For those who never came: what they wanted to say was dropped."""

_IDLE = timedelta(days=1)
"""A bucket that nobody used for so long is as a new one."""


_BUCKET, _PERMIT = table(BucketRow), table(PermitRow)
_CHANGED = update(_BUCKET).where(_BUCKET.c.name == bindparam("of"))
# After a success there is nearly always nothing to write, and the row that all share stays free.
_ANSWERED = _CHANGED.where(_BUCKET.c.failures > 0).values(failures=0, shut_until=None)
_KEPT_FOR = (_PERMIT.c.bucket == _BUCKET.c.name) & (_PERMIT.c.who == bindparam("whose"))
_HELD = (
    select(*_BUCKET.c, _PERMIT.c.at)
    .outerjoin_from(_BUCKET, _PERMIT, _KEPT_FOR)
    .where(_BUCKET.c.name == bindparam("of"))
    .with_for_update(key_share=True, of=_BUCKET)
)
_OLD_PERMITS = select(_PERMIT.c.who).where(_PERMIT.c.at < bindparam("before"))
_IDLE_BUCKETS = select(_BUCKET.c.name).where(_BUCKET.c.in_step < bindparam("before"), _BUCKET.c.failures == 0)
_USED = delete(_PERMIT).where(_PERMIT.c.who == bindparam("of"))
_ALL_OF_BUCKET = delete(_PERMIT).where(_PERMIT.c.bucket == bindparam("of"))


class RateLimitRepository(Repository):
    async def take(self, bucket: Bucket, who: str, wall: datetime) -> datetime:
        state, kept = await self._held(bucket, wall, who)
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
        if after != state:
            await self._save(bucket, after)
        return turn

    async def failed(self, bucket: Bucket, wall: datetime, named: float | None) -> None:
        state, _permit = await self._held(bucket, wall)
        await self._save(bucket, failed(state, wall, named))
        await self._transaction.write(_ALL_OF_BUCKET, {"of": bucket.name})
        await self._sweep_up(PermitRow, _OLD_PERMITS, before=wall - _KEPT)

    async def forget(self, now: datetime) -> None:
        await self._sweep_up(BucketRow, _IDLE_BUCKETS, before=now - _IDLE)
        await self._sweep_up(PermitRow, _OLD_PERMITS, before=now - _IDLE)

    async def answered(self, bucket: Bucket) -> None:
        await self._transaction.write(_ANSWERED, {"of": bucket.name})

    async def _held(self, bucket: Bucket, wall: datetime, who: str = "") -> tuple[BucketState, datetime | None]:
        """The bucket's row, made if need be, with the permit that is kept for them; nobody else changes the row until
        the transaction ends."""
        row = await self._transaction.first(_HELD, of=bucket.name, whose=who)
        if row is None:
            await self._add_new(BucketRow, {"name": bucket.name, "in_step": wall, "failures": 0})
            row = await self._transaction.first(_HELD, of=bucket.name, whose=who)
        return (
            (BucketState(row.in_step, row.failures, row.shut_until, row.asked_until), row.at)
            if row
            else (BucketState(wall), None)
        )

    async def _save(self, bucket: Bucket, state: BucketState) -> None:
        await self._transaction.write(_CHANGED, {"of": bucket.name, **asdict(state)})
