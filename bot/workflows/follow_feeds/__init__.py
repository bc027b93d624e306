"""Reads a calendar when its time has come, and hands what it says to `take_stay`, as a program would by the API.

First what was read is written down, with what is to be made of it; then that is done, each step whole by itself and
safe to repeat; last it is noted as done. Whatever comes between, the next reading does what is left. One calendar of a
door is read at a time, so that two that name the same stay agree on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.conversation.calendars.names import nobodys_name
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources import following
from bot.domain.sources.feed_bookings import bookings
from bot.domain.sources.feeds import WHOLE_EVERY, Feed, FeedProblem
from bot.domain.sources.following import EMPTY_COUNTS_AT, CalendarStay, Entries, FeedPlan
from bot.domain.sources.source_stays import SourceKey, SourceStay, StayWords
from bot.ports import Ports, Stale, UnitOfWork
from bot.ports.feeds import FeedAnswer, FeedReader, FeedUnreadable
from bot.ports.stale import retry_if_stale
from bot.workflows.follow_feeds.telling import look_at_refusals, tell_of_refusal, watch_feed
from bot.workflows.take_stay import cancel_stay, take_stay

log = structlog.get_logger(__name__)

MOST_ASKED = 5
"""Of the stays that one reading brings, so many are asked about at once: a calendar that is added names hundreds."""

LEASE = timedelta(minutes=5)
"""A calendar that is new may name hundreds of stays, each of which takes a moment."""


@dataclass(frozen=True, slots=True)
class _HeldFeed:
    """A calendar in our hands, and its door."""

    feed: Feed
    lock: Lock


async def read_feed(ports: Ports, feed_id: str) -> None:
    """Safe to repeat, and at any time. Where as many are being read as may be, this one waits for the clock to come
    again, and keeps no worker's hand from other work."""
    if ports.calendars is None or ports.calendars.hands.locked():
        return
    async with ports.calendars.hands:
        case = await _claim(ports, feed_id)
        if case is not None:
            await _read(ports, ports.calendars, case)


async def _read(ports: Ports, calendars: FeedReader, case: _HeldFeed) -> None:
    feed, now = case.feed, ports.clock.now()
    whole = feed.whole_at is None or now - feed.whole_at >= WHOLE_EVERY
    tags = {} if whole else {"etag": feed.etag, "modified": feed.modified}
    try:
        answer = await calendars.read(feed.address, now, **tags)
    except FeedUnreadable as error:
        await _failed(ports, case, error.problem)
        return
    plan = await _write_down(ports, case, answer)
    if plan is not None:
        done = await _make(ports, calendars, case, plan)
        await _note_done(ports, case, done)
        if done.made or done.gone:
            await look_at_refusals(ports, case.lock.id)


@retry_if_stale
async def _claim(ports: Ports, feed_id: str) -> _HeldFeed | None:
    """None where it is not its time, or somebody reads a calendar of this door."""
    now, wall = ports.clock.now(), ports.clock.wall()
    async with ports.store() as uow:
        found = await uow.feeds.get(feed_id)
        if found is None or found.due_at > now:
            return None
        await uow.locks.for_update(found.lock_id)
        lock = await uow.locks.get(found.lock_id)
        of_door = await uow.feeds.of_lock(found.lock_id)
        if lock is None or any(one.claimed_until is not None and one.claimed_until > wall for one in of_door):
            return None
        mine = next((one for one in of_door if one.id == feed_id and one.due_at <= now), None)
        if mine is None:
            return None
        return _HeldFeed(await uow.feeds.put(replace(mine, claimed_until=wall + LEASE, due_at=now + LEASE)), lock)


async def _ours(uow: UnitOfWork, case: _HeldFeed) -> dict[str, Feed] | None:
    """The calendars of this door and unit, by id; None where this one was taken away, or is in another's hands by
    now."""
    await uow.locks.for_update(case.lock.id)
    found = {one.id: one for one in await uow.feeds.of_lock(case.lock.id) if one.unit == case.feed.unit}
    mine = found.get(case.feed.id)
    return found if mine is not None and mine.claimed_until == case.feed.claimed_until else None


@retry_if_stale
async def _failed(ports: Ports, case: _HeldFeed, problem: FeedProblem) -> None:
    """What is known stays as it is: that nobody answers cancels nothing."""
    now = ports.clock.now()
    async with ports.store() as uow:
        found = await _ours(uow, case)
        if found is None:
            return
        mine = found[case.feed.id]
        after = replace(mine, read_at=now, problem=problem, failures=mine.failures + 1, claimed_until=None)
        await watch_feed(ports, uow, after, case.lock)
        await uow.feeds.put(replace(after, due_at=after.next_reading(now)))
    if case.feed.problem is not problem:  # an outage is logged once
        log.warning("a calendar could not be read", feed=case.feed.id, why=problem.value)


@retry_if_stale
async def _write_down(ports: Ports, case: _HeldFeed, answer: FeedAnswer) -> FeedPlan | None:
    """What is to be made of it, once it is written."""
    now = ports.clock.now()
    async with ports.store() as uow:
        found = await _ours(uow, case)
        if found is None:
            return None
        mine = _after(found[case.feed.id], answer, case.lock, now)
        known = {one.id: mine.entries if one.id == mine.id else one.entries for one in found.values()}
        sources = {one.id: one.platform.value for one in found.values()}
        assigned = following.assign(known, sources, mine.scope, now)
        if assigned[mine.id] != found[mine.id].entries:
            mine = replace(mine, changed_at=now)
        await watch_feed(ports, uow, mine, case.lock)
        await _put(uow, {**found, mine.id: mine}, assigned, mine.id)
        return following.plan(assigned)


def _after(feed: Feed, answer: FeedAnswer, lock: Lock, now: datetime) -> Feed:
    """With what was read. An empty calendar counts only when it comes once more."""
    read = replace(feed, read_at=now, good_at=now, problem=None, failures=0)
    if answer.events is None:
        entries = following.follow(feed.entries, following.unchanged(feed.entries), now, lock.zoneinfo)
        # Unchanged since what counted last: an empty one that was ignored meanwhile is not the first of a row.
        return replace(read, entries=entries, empties=feed.empties if feed.empties >= EMPTY_COUNTS_AT else 0)
    empties = 0 if answer.events or answer.unreadable else feed.empties + 1
    if empties and feed.entries and empties < EMPTY_COUNTS_AT:
        return replace(read, empties=empties)
    found = bookings(feed.platform, answer.events)
    entries = following.follow(feed.entries, found, now, lock.zoneinfo, answer.unreadable)
    return replace(read, entries=entries, empties=empties, whole_at=now, etag=answer.etag, modified=answer.modified)


async def _put(uow: UnitOfWork, feeds: Mapping[str, Feed], entries: Mapping[str, Entries], always: str) -> None:
    for feed_id, feed in feeds.items():
        if feed_id == always or entries[feed_id] != feed.entries:
            await uow.feeds.put(replace(feed, entries=entries[feed_id]))


@dataclass(frozen=True, slots=True)
class _Done:
    """By key: the digest of what was made of a stay; those that were given up; those whose guest was erased."""

    made: Mapping[str, str]
    gone: frozenset[str]
    erased: frozenset[str]


async def _make(ports: Ports, calendars: FeedReader, case: _HeldFeed, plan: FeedPlan) -> _Done:
    by = f"calendar {case.feed.id[-5:]}"
    made, gone, erased = dict[str, str](), set[str](), set[str]()
    for source, key in plan.gone:
        try:
            await cancel_stay(ports, SourceKey(source, key), by)
        except Stale:
            continue  # people have it in hand, again and again: the next reading does it
        except Refusal as refusal:
            if refusal.reason is not Reason.UNKNOWN_STAY:
                raise
            # Nothing was made of it before it was gone.
        gone.add(key)
    new = 0
    for wanted in sorted(plan.wanted, key=lambda one: following.instant(one.starts_at, case.lock.zoneinfo)):
        before = await _known(ports, SourceKey(wanted.source, wanted.key))
        new += before is None
        if before is not None and before.said.erased:
            erased.add(wanted.key)
            continue
        try:
            async with calendars.at_leisure():
                await _take(ports, case, wanted, before, by, asks=new <= MOST_ASKED)
        except Stale:
            continue
        except Refusal as refusal:
            await tell_of_refusal(ports, case.lock, wanted, refusal)
        else:
            made[wanted.key] = wanted.digest
    return _Done(made, frozenset(gone), frozenset(erased))


@retry_if_stale
async def _known(ports: Ports, key: SourceKey) -> SourceStay | None:
    async with ports.store() as uow:
        return await uow.source_stays.by_key(key)


async def _take(
    ports: Ports, case: _HeldFeed, wanted: CalendarStay, before: SourceStay | None, by: str, *, asks: bool
) -> None:
    """A name that is left out takes none away, and a number that is none is left out: people are asked for it."""
    name = wanted.name or (before.said.guest_name if before else nobodys_name(wanted.source))
    words = StayWords(
        name,
        wanted.phone,
        (case.lock.id,),
        wanted.starts_at,
        wanted.ends_at,
        email=wanted.email,
        note="; ".join(part for part in (case.feed.unit, wanted.note) if part) or None,
    )
    key = SourceKey(wanted.source, wanted.key)
    try:
        await take_stay(ports, key, words, by, asks=asks, may_differ=True)
    except Refusal as refusal:
        if refusal.reason is not Reason.BAD_PHONE:
            raise
        await take_stay(ports, key, replace(words, phone=None), by, asks=asks, may_differ=True)


@retry_if_stale
async def _note_done(ports: Ports, case: _HeldFeed, done: _Done) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        found = await _ours(uow, case)
        if found is None:
            return
        mine = found[case.feed.id]
        after = {one.id: _done_with(one.entries, done) for one in found.values()}
        released = replace(mine, claimed_until=None, due_at=mine.next_reading(now))
        await _put(uow, {**found, mine.id: released}, after, mine.id)


def _done_with(entries: Entries, done: _Done) -> Entries:
    for key, digest in done.made.items():
        entries = following.made(entries, key, digest)
    for key in done.gone:
        entries = following.given_up(entries, key)
    for key in done.erased:
        entries = following.erased(entries, key)
    return entries
