"""Which calendars are read: added, listed, taken away. The operator does that; approvers see how they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.conversation.typed.lock_names import lock_names, near_lock, only_lock
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Reason, Refusal
from bot.domain.signs import one_line
from bot.domain.sources.feed_bookings import bookings
from bot.domain.sources.feeds import Feed, Platform
from bot.ports import Ports, Subject
from bot.ports.feeds import FeedUnreadable
from bot.ports.stale import retry_if_stale
from bot.workflows.follow_feeds.telling import KIND, look_at_alert

OPERATOR = "operator"
LONGEST_UNIT = 40
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Added:
    """`found`: so many bookings were named when it was tried."""

    feed: Feed
    lock: Lock
    found: int


async def add_feed(ports: Ports, door: str, address: str, platform: Platform, unit: str = "") -> Added:
    """Reads it once before it is kept. Raises a Refusal for a door that is not there, for what is no
    calendar, and for one that is read already."""
    now, lock = ports.clock.now(), await _door(ports, door)
    if ports.calendars is None:
        raise RuntimeError("nothing reads calendars here")
    try:
        answer = await ports.calendars.read(address, now)
    except FeedUnreadable as error:
        raise Refusal(Reason.FEED_UNREADABLE, {"problem": error.problem.value, "detail": error.detail}) from None
    feed = Feed(ports.new_id(), lock.id, platform, address.strip(), now, now, one_line(unit)[:LONGEST_UNIT])
    await _keep(ports, feed)
    return Added(feed, lock, len(bookings(platform, answer.events or ())))


@retry_if_stale
async def _keep(ports: Ports, feed: Feed) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.locks.for_update(feed.lock_id)
        if any(one.address == feed.address for one in await uow.feeds.of_lock(feed.lock_id)):
            raise Refusal(Reason.FEED_KNOWN)
        await uow.feeds.put(feed)
        await uow.audit.note(now, OPERATOR, "feed_added", feed.id, platform=feed.platform.value, lock=feed.lock_id)
        uow.nudge(Subject.FEED, feed.id)


@retry_if_stale
async def remove_feed(ports: Ports, feed_id: str) -> None:
    """It is read no more. Its stays stand: people withdraw those that are to go."""
    now = ports.clock.now()
    async with ports.store() as uow:
        found = await uow.feeds.get(feed_id)
        if found is None:
            return
        await uow.locks.for_update(found.lock_id)
        await uow.feeds.remove(feed_id)
        alert = await uow.alerts.by_key(f"{KIND.value}:{feed_id}", None)
        if alert is not None and alert.is_open:
            await look_at_alert(ports, uow, alert)
        await uow.audit.note(now, OPERATOR, "feed_removed", feed_id, platform=found.platform.value)


async def show_feeds(ports: Ports, person: str) -> Sequence[tuple[Feed, Lock]]:
    """Raises a Refusal for whoever is no approver of anything."""
    if person not in await ports.approvers():
        raise Refusal(Reason.NOT_AN_APPROVER)
    return await list_feeds(ports)


@retry_if_stale
async def list_feeds(ports: Ports) -> Sequence[tuple[Feed, Lock]]:
    async with ports.store() as uow:
        feeds = await uow.feeds.all()
        locks = await uow.locks.get_many({one.lock_id for one in feeds})
    return [(one, locks[one.lock_id]) for one in feeds if one.lock_id in locks]


@retry_if_stale
async def read_soon(ports: Ports, feed_ids: Sequence[str]) -> None:
    """At the next moment."""
    now = ports.clock.now()
    async with ports.store() as uow:
        for feed_id in feed_ids:
            found = await uow.feeds.get(feed_id)
            if found is not None and found.due_at > now:
                await uow.feeds.put(replace(found, due_at=now))
            uow.nudge(Subject.FEED, feed_id)


@retry_if_stale
async def _door(ports: Ports, typed: str) -> Lock:
    """By name, another name, or id. Raises a Refusal that says what there is."""
    async with ports.store() as uow:
        locks = await uow.locks.all()
    names, match = lock_names(locks), only_lock(typed.split(), lock_names(locks))
    found = typed if match is None else match.locks[0].id if len(match.locks) == 1 else ""
    one = next((lock for lock in locks if lock.id == found), None)
    if one is None:
        near = near_lock(typed.split(), names)
        known = tuple(each.name for each in (match.locks if match else names))
        hint = near.locks[0].name if near and match is None else ""
        raise Refusal(Reason.UNKNOWN_LOCK, {"name": typed, "did_you_mean": hint, "known": known[:_SHOWN]})
    return one
