"""Somebody says "I have it": one person owns an alert, its ladder ends, and the others who were called hear of it."""

from dataclasses import replace

from bot.conversation.guest_texts.approver_texts import ToApprover, alert_text
from bot.conversation.team.drafts import alert_facts, note_to
from bot.conversation.team.notices import NoticeKind
from bot.conversation.team.settled import taken_key
from bot.domain.approvals.policy import Groups, called_about_no_stay, called_by_text, deciders
from bot.domain.approvals.sms_approvers import by_sms
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Medium, Message, MessageStatus
from bot.domain.messages.morning import NO_ZONE, house_zone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.alerts import LOOK_AGAIN, Alert, AlertKind
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow
from bot.ports import Ports, UnitOfWork
from bot.ports.links import visit_of_alert
from bot.ports.stale import retry_if_stale

_UNHEARD = (MessageStatus.QUEUED, MessageStatus.DROPPED, MessageStatus.REFUSED)


@retry_if_stale
async def take_alert(ports: Ports, alert_id: str, person: str) -> Alert:
    """The alert with its owner. Raises a Refusal where it is not theirs to take, has an owner, or is over. Whoever has
    it already may press again: the same click is delivered twice now and then."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        alert = await uow.alerts.get(alert_id, for_update=True)
        if alert is None:
            raise Refusal(Reason.ALERT_OVER)
        request, lock = await _about(uow, alert)
        if person not in _whose(ports, request, lock, groups):
            raise Refusal(Reason.NOT_YOUR_ALERT)
        if not alert.is_open:
            raise Refusal(Reason.ALERT_OVER)
        if alert.acknowledged_by == person:
            return alert
        if alert.acknowledged_by is not None:
            # Of no door it is the house's clock; where that has none either, UTC is said as such.
            named = ports.options.zone
            zone = lock.zoneinfo if lock else house_zone(named, ()) if named != NO_ZONE else None
            raise Refusal(Reason.ALERT_TAKEN, {"who": alert.acknowledged_by, "at": alert.acknowledged_at}, zone=zone)
        taken = replace(alert, acknowledged_by=person, acknowledged_at=now, due_at=now + LOOK_AGAIN)
        saved = await uow.alerts.save(taken)
        await uow.audit.note(now, person, "alert_taken", alert.id)
        for message in await _announced(ports, uow, saved):
            await uow.enqueue(message)
    return saved


async def _about(uow: UnitOfWork, alert: Alert) -> tuple[AccessRequest | None, Lock | None]:
    request = await uow.requests.get(alert.request_id) if alert.request_id else None
    return request, await uow.locks.get(alert.lock_id or request.lock_id) if request else None


def _whose(ports: Ports, request: AccessRequest | None, lock: Lock | None, groups: Groups) -> frozenset[str]:
    """Who may take it: whoever is told of it, on whichever step."""
    if request is None or lock is None:
        return called_about_no_stay(ports.rules, groups)
    who = deciders(ports.rules, request, lock.known_as, groups, backup_called=True)
    return who.approvers | {one.id for one in called_by_text(ports.rules, lock.known_as)} | {request.requester}


async def _of_stay(uow: UnitOfWork, alert: Alert) -> tuple[Guest | None, Lock | None, AccessWindow | None]:
    """Of an alert about a PIN, or about a request that has none yet."""
    code = await uow.codes.get(alert.code_id) if alert.code_id else None
    if code is not None:
        return await uow.guests.of_stay(code.request_id), await uow.locks.get(code.lock_id), code.window
    bare = alert.kind in (AlertKind.UNSEEN, AlertKind.VISIT)
    request = await uow.requests.get(alert.request_id) if bare and alert.request_id else None
    lock = await uow.locks.get(request.lock_id) if request else None
    if request is None or lock is None:
        return None, None, None
    visit = await visit_of_alert(uow, alert, lock.zoneinfo)
    return await uow.guests.of_stay(request.id), lock, visit[0] if visit else request.granted


async def _announced(ports: Ports, uow: UnitOfWork, alert: Alert) -> list[Message]:
    """Every notice of it says who has it; the others who were called read so in a message of their own."""
    now, owner = ports.clock.now(), alert.acknowledged_by or ""
    known = [m for notice in alert.notices if (m := await uow.messages.get(notice)) is not None]
    owned = {"owner": owner, "owned_at": now.isoformat(), "workspace": alert.workspace}
    found = []
    for asked in known:
        if asked.medium is Medium.SLACK:
            facts = {"of": asked.id, **owned}
            key = taken_key(asked.id)
            found.append(
                note_to(ports.new_id(), key, NoticeKind.TAKEN, asked.recipient, facts, alert.request_id, None, now)
            )
    about = alert_facts(alert, *await _of_stay(uow, alert), known)
    if not about:
        return found
    about |= {"kind": alert.kind.value, **owned}
    called = [m for m in known if ("calls" in m.facts or "copy" in m.facts) and m.status not in _UNHEARD]
    for other in sorted({m.recipient for m in called} - {owner}):
        key, new_id = f"alert:{alert.id}:{alert.episode}:taken:{other}", ports.new_id()
        if by_sms(other):
            texted = about | {"who": owner}
            found.append(alert_text(new_id, key, ToApprover.ALERT_TAKEN, other, texted, now, alert.request_id))
        else:
            found.append(
                note_to(new_id, key, NoticeKind.ALERT_TAKEN, other, about, alert.request_id, alert.code_id, now)
            )
    return found
