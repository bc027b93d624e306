"""The next visits of a wish that repeats become stays: approved as it was, with a place at the lock, and from there on
like any other stay. One that is over by the time it is looked at is not made late, and people are told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.drafts import note_to, of_visit
from bot.conversation.team.notices import NoticeKind
from bot.conversation.times import show_window
from bot.domain.locks.lock import Lock, together
from bot.domain.planning.stay_plan import plan_stay
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.series import TRIED_EVERY, Series
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.reserving import reserve_all
from bot.domain.windows import AccessWindow
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.planned_doors import planned_doors
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def process_series(ports: Ports, series_id: str) -> None:
    """Safe to run at any time and any number of times: a visit and its turn are written together, or neither is."""
    now, lead = ports.clock.now(), ports.policy.mint_lead
    async with ports.store() as uow:
        series = await uow.series.get(series_id)
        if series is None or series.due_at is None or series.due_at > now:
            return
        newest = await uow.requests.get(series.newest_id)
        locks = await uow.locks.of_stay(newest) if newest else ()
        if newest is None or newest.erased_at is not None or not locks:
            # Nobody is left whom it would be for.
            await uow.series.put(series.ended("clock", now))
            return
        await uow.locks.for_update(*newest.lock_ids)
        zone, missed = together(locks).zoneinfo, list[AccessWindow]()
        stands = await _stands(uow, newest, now)
        while series.goes_on and (not stands or (series.next_at(zone, lead) or now) <= now):
            window = series.next(zone)
            if window.ends_at <= now:
                series, missed = series.without_stay(), [*missed, window]
                continue
            try:
                newest = await _stay(ports, uow, series, newest, locks, now)
            except Refusal as refusal:
                await _tell_refused(ports, uow, series, newest, locks, refusal)
                series = replace(series, due_at=min(now + TRIED_EVERY, window.ends_at))
                break
            series, stands = series.with_stay(newest.id), True
        else:
            series = series.begun(zone, lead)
        if missed:
            await _tell_missed(ports, uow, newest, locks, missed)
        await uow.series.put(series)


async def _stands(uow: UnitOfWork, request: AccessRequest, now: datetime) -> bool:
    """Whether there still is something of this visit to come."""
    codes = await uow.codes.of_request(request.id)
    return any(code.given_up is None and now < code.window.ends_at for code in codes)


async def _stay(
    ports: Ports, uow: UnitOfWork, series: Series, before: AccessRequest, locks: Sequence[Lock], now: datetime
) -> AccessRequest:
    """Raises a Refusal where a door does not take it."""
    guest, first = await uow.guests.of_stay(before.id), await uow.requests.get(series.id)
    if guest is None or first is None:
        raise Refusal(Reason.UNKNOWN_LOCK)
    zone = together(locks).zoneinfo
    window, noticed = series.next(zone), series.visits.noticed(series.done, zone)
    doors, held = await planned_doors(uow, locks, now)
    planned = plan_stay(window, doors, now=now, noticed=noticed)
    request = replace(
        before,
        id=ports.new_id(),
        asked=window,
        granted=planned.whole.granted,
        kind=planned.whole.kind,
        created_at=now,
        decision=first.decision,
        visit=series.done + 1,
        approvals=(),
        review=first.review,
        amendment=None,
        voided=(),
        given_up=None,
        due_at=None,
        version=0,
    )
    await uow.requests.add(request)
    for code in reserve_all(request, planned, held, ports.new_id, now, ports.policy):
        await uow.codes.add(code)
        if code.mint_at <= now:
            uow.nudge(Subject.CODE, code.id)
    await uow.audit.note(now, "clock", "visit", request.id, series=series.id, number=str(series.done + 1))
    # That it had no place may have been an alert, which is about the stay before it.
    for alert in await uow.alerts.open_of(before.id):
        await uow.alerts.save(replace(alert, due_at=now))
        uow.nudge(Subject.ALERT, alert.id)
    return request


async def _tell_refused(
    ports: Ports,
    uow: UnitOfWork,
    series: Series,
    before: AccessRequest,
    locks: Sequence[Lock],
    refusal: Refusal,
) -> None:
    """Once for a visit, since it is tried again until it is over; and once its PIN is due, somebody has to act."""
    zone, now = together(locks).zoneinfo, ports.clock.now()
    window, about = series.next(zone), f"{series.id}.{series.done}"
    facts = {"why": sentence(refusal, zone=zone)}
    if now < window.starts_at - ports.policy.mint_lead:
        await _tell(ports, uow, before, locks, window, (NoticeKind.VISIT_REFUSED, f"visit:{about}:refused", facts))
        return
    guest = await uow.guests.of_stay(before.id)
    if guest is None:
        return
    facts |= stay_facts(guest, together(locks), window)
    key, channel = f"visit:{about}:due", ports.options.approvals_channel
    notice = note_to(ports.new_id(), key, NoticeKind.VISIT_REFUSED, channel, facts, before.id, None, now)
    await uow.raise_alert(*of_visit(notice, about, locks[0], before.requester, ports.new_id))


async def _tell_missed(
    ports: Ports, uow: UnitOfWork, before: AccessRequest, locks: Sequence[Lock], missed: Sequence[AccessWindow]
) -> None:
    zone = together(locks).zoneinfo
    facts = {"visits": "\n".join(show_window(window, zone) for window in missed)}
    key = f"{before.series_id}:missed:{missed[0].starts_at.isoformat()}"
    await _tell(ports, uow, before, locks, missed[0], (NoticeKind.VISITS_MISSED, key, facts))


async def _tell(
    ports: Ports,
    uow: UnitOfWork,
    of: AccessRequest,
    locks: Sequence[Lock],
    window: AccessWindow,
    said: tuple[NoticeKind, str, dict[str, str]],
) -> None:
    """The channel, and whoever asked for it."""
    guest, now = await uow.guests.of_stay(of.id), ports.clock.now()
    if guest is None:
        return
    kind, key, more = said
    facts = stay_facts(guest, together(locks), window) | more
    for address in (ports.options.approvals_channel, of.requester):
        notice = note_to(ports.new_id(), f"{key}:{address}", kind, address, facts, of.id, None, now)
        await uow.enqueue(notice)
