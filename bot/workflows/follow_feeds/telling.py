"""What people are told of a calendar: that one of its bookings cannot be a stay, and that it has been silent."""

from dataclasses import replace

from bot.conversation.calendars.names import NAMES, nobodys_name
from bot.conversation.calendars.words import feed_facts
from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.drafts import note_to, raise_waiting
from bot.conversation.team.notices import NoticeKind
from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT
from bot.domain.approvals.by_source import lock_for, terms_of
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.feeds import Feed, Platform
from bot.domain.sources.following import OF_CALENDAR, CalendarStay, mark
from bot.domain.sources.names import as_requester
from bot.domain.sources.source_stays import looks_so_far, window_at
from bot.domain.stays.alerts import CLIMBS, Alert, AlertKind, Rung
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.house import house
from bot.ports.stale import retry_if_stale

KIND = AlertKind.FEED_SILENT


@retry_if_stale
async def tell_of_refusal(ports: Ports, lock: Lock, wanted: CalendarStay, refusal: Refusal) -> None:
    """Once for the same words, and once more by an alert two days and one day before it begins: they are tried again at
    every reading. That a limit is reached is told by itself."""
    if refusal.reason is Reason.TOO_MANY:
        return
    here = lock_for(ports.rules, as_requester(wanted.source), lock)
    window, _ = window_at(here, wanted.starts_at, wanted.ends_at, CHECK_IN, CHECK_OUT)
    facts = {
        "guest": wanted.name or nobodys_name(wanted.source),
        "door": lock.name,
        "zone": lock.zone,
        "source": NAMES[Platform(wanted.source)],
        "starts_at": window.starts_at.isoformat(),
        "ends_at": window.ends_at.isoformat(),
        "why": sentence(refusal, zone=lock.zoneinfo),
    }
    now, terms = ports.clock.now(), terms_of(ports.rules, as_requester(wanted.source), lock)
    channel = terms.channel or ports.options.approvals_channel
    async with ports.store() as uow:
        facts["workspace"] = next((one.id for one in await house(ports, uow)), "")
        near = looks_so_far(window.starts_at, now)
        key = f"feed_refused:{lock.id}:{wanted.digest}:{near}"
        notice = note_to(ports.new_id(), key, NoticeKind.FEED_REFUSED, channel, facts, None, None, now)
        if near:
            about, what = (
                f"{OF_CALENDAR}:{lock.id}:{mark(wanted.key)}",
                f"A booking from {facts['source']} at {lock.name}",
            )
            await raise_waiting(uow, about, notice, what, ports.new_id)
        else:
            await uow.enqueue(notice)


@retry_if_stale
async def look_at_refusals(ports: Ports, lock_id: str) -> None:
    """Something was done of what its calendars say."""
    async with ports.store() as uow:
        for alert in await uow.alerts.open_of_kind(AlertKind.BOOKING_WAITS):
            if alert.key.startswith(f"{OF_CALENDAR}:{lock_id}:"):
                await look_at_alert(ports, uow, alert)


async def watch_feed(ports: Ports, uow: UnitOfWork, feed: Feed, lock: Lock) -> None:
    """Raises the alert that a calendar has been silent, once as long as it is, or ends it. Whoever calls holds the
    door."""
    now, key = ports.clock.now(), f"{KIND.value}:{feed.id}"
    known = await uow.alerts.by_key(key, None)
    is_open = known is not None and known.is_open
    if feed.is_silent(now) and not is_open:
        channel, facts = ports.options.approvals_channel, feed_facts(feed, lock)
        said = (f"{key}:{now.isoformat()}", NoticeKind.FEED_SILENT, channel, facts, None, None, now)
        alert = Alert(ports.new_id(), key, KIND, now, now, now + CLIMBS[Rung.APPROVERS])
        await uow.raise_alert(alert, (note_to(ports.new_id(), *said),))
    elif known is not None and is_open and not feed.is_silent(now):
        await look_at_alert(ports, uow, known)


async def look_at_alert(ports: Ports, uow: UnitOfWork, alert: Alert) -> None:
    await uow.alerts.save(replace(alert, due_at=ports.clock.now()))
    uow.nudge(Subject.ALERT, alert.id)
