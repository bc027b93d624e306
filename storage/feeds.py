"""The repository of calendars that are read for a door."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, delete

from bot.domain.sources import following
from bot.domain.sources.feeds import Feed, FeedProblem, Platform
from bot.domain.sources.source_stays import NEW
from storage.programs import FeedRow
from storage.repository import Repository, all_columns, table
from storage.seals import Seals
from storage.transaction import Transaction

F = FeedRow
_T = table(F).c
_ALL = all_columns(F).order_by(_T.id)
_OF_LOCK = _ALL.where(_T.lock_id == bindparam("lock_id"))
_REMOVED = delete(table(F)).where(_T.id == bindparam("of"))


class FeedRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals

    async def get(self, feed_id: str) -> Feed | None:
        row = await self._read(F, feed_id)
        return self._feed(row) if row else None

    async def all(self) -> Sequence[Feed]:
        return [self._feed(row) for row in await self._transaction.rows(_ALL)]

    async def of_lock(self, lock_id: str) -> Sequence[Feed]:
        return [self._feed(row) for row in await self._transaction.rows(_OF_LOCK, lock_id=lock_id)]

    async def put(self, feed: Feed) -> Feed:
        changes = {
            "etag": feed.etag,
            "modified": feed.modified,
            "read_at": feed.read_at,
            "good_at": feed.good_at,
            "changed_at": feed.changed_at,
            "whole_at": feed.whole_at,
            "problem": feed.problem.value if feed.problem else None,
            "failures": feed.failures,
            "empties": feed.empties,
            "known": self._seals.seal(json.dumps(following.as_json(feed.entries))),
            "due_at": feed.due_at,
            "claimed_until": feed.claimed_until,
        }
        if feed.version != NEW:
            await self._guarded(F, feed.id, feed.version, changes)
            return replace(feed, version=feed.version + 1)
        fixed = {"id": feed.id, "lock_id": feed.lock_id, "platform": feed.platform.value, "added_at": feed.added_at}
        fixed |= {"unit": feed.unit}
        await self._add(F, {**fixed, "address": self._seals.seal(feed.address), "version": 0, **changes})
        return replace(feed, version=0)

    async def erase(self, key: str) -> None:
        """What any calendar has said of the guest of this stay; that it was erased is kept. Raises Stale."""
        for feed in await self.all():
            left = following.erased(feed.entries, key)
            if left != feed.entries:
                await self.put(replace(feed, entries=left))

    async def remove(self, feed_id: str) -> None:
        await self._transaction.write(_REMOVED, {"of": feed_id})

    def _feed(self, row: Any) -> Feed:
        return Feed(
            id=row.id,
            lock_id=row.lock_id,
            platform=Platform(row.platform),
            unit=row.unit,
            address=self._seals.open(row.address),
            added_at=row.added_at,
            due_at=row.due_at,
            etag=row.etag,
            modified=row.modified,
            read_at=row.read_at,
            good_at=row.good_at,
            changed_at=row.changed_at,
            whole_at=row.whole_at,
            problem=FeedProblem(row.problem) if row.problem else None,
            failures=row.failures,
            empties=row.empties,
            entries=following.from_json(json.loads(self._seals.open(row.known))),
            claimed_until=row.claimed_until,
            version=row.version,
        )
