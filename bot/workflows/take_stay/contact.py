"""A stay whose source names no number waits until somebody says whom to text: its source, or an approver. The channel
is asked at once, and two days and one day before it begins by an alert."""

from dataclasses import replace

from bot.conversation.team.drafts import note_to, of_waiting
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.by_source import terms_of
from bot.domain.locks.lock import Lock, together
from bot.domain.sources.source_stays import SourceStay, looks_so_far, next_look
from bot.domain.stays.alerts import AlertKind
from bot.domain.windows import AccessWindow
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.house import house
from bot.ports.stale import retry_if_stale
from bot.workflows.take_stay.understanding import window_at


@retry_if_stale
async def wait_for_contact(ports: Ports, stay: SourceStay, window: AccessWindow, asks: bool) -> None:
    """`asks`: people are asked at once. What begins soon is asked about in any case."""
    now = ports.clock.now()
    async with ports.store() as uow:
        locks = await uow.locks.get_many(stay.said.lock_ids)
        if asks or looks_so_far(window.starts_at, now):
            await _ask_people(ports, uow, stay, tuple(locks[each] for each in stay.said.lock_ids), window)
        await uow.audit.note(now, stay.key.requester, "contact_missing", stay.id)
        await uow.source_stays.put(replace(stay, due_at=next_look(window.starts_at, now)))


@retry_if_stale
async def remind_of_contact(ports: Ports, stay_id: str) -> None:
    """Safe to repeat. What has a number by now, was cancelled, or has begun is asked about no more."""
    now = ports.clock.now()
    async with ports.store() as uow:
        stay = await uow.source_stays.get(stay_id)
        if stay is None or stay.due_at is None or stay.due_at > now:
            return
        found = await uow.locks.get_many(stay.said.lock_ids)
        locks = tuple(found[each] for each in stay.said.lock_ids if each in found)
        due_at = None
        if stay.waits_for_contact and locks:
            window, _ = window_at(ports.rules, stay.key, locks[0], stay.said.starts_at, stay.said.ends_at)
            if now < window.starts_at:
                await _ask_people(ports, uow, stay, locks, window)
                due_at = next_look(window.starts_at, now)
        await uow.source_stays.put(replace(stay, due_at=due_at))


async def _ask_people(
    ports: Ports, uow: UnitOfWork, stay: SourceStay, locks: tuple[Lock, ...], window: AccessWindow
) -> None:
    now, lock = ports.clock.now(), together(locks)
    channel = terms_of(ports.rules, stay.key.requester, locks[0]).channel or ports.options.approvals_channel
    facts = {"guest": stay.said.guest_name, "door": lock.name, "zone": lock.zone, "source": stay.key.source}
    facts |= {"starts_at": window.starts_at.isoformat(), "ends_at": window.ends_at.isoformat(), "stay": stay.id}
    # In the house's own workspace, where there are several.
    facts |= {"workspace": next((one.id for one in await house(ports, uow)), "")}
    key = f"contact:{stay.id}:{stay.version}"
    notice = note_to(ports.new_id(), key, NoticeKind.CONTACT_MISSING, channel, facts, None, None, now)
    if looks_so_far(window.starts_at, now):
        what = f"A stay from {stay.key.source} at {lock.name}"
        kind = AlertKind.NO_NUMBER
        await uow.raise_alert(*of_waiting(kind, f"{kind.value}:{stay.id}", notice, what, ports.new_id))
    else:
        await uow.enqueue(notice)


@retry_if_stale
async def look_at_alert(ports: Ports, key: str) -> None:
    """Nobody may be needed any more: `process_alert` says so."""
    async with ports.store() as uow:
        alert = await uow.alerts.by_key(key, None)
        if alert is not None and alert.is_open:
            await uow.alerts.save(replace(alert, due_at=ports.clock.now()))
            uow.nudge(Subject.ALERT, alert.id)
