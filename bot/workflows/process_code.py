"""Looks at one code: applies `advance`, queues what is to be said, and says when to look again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation.guest_texts.drafts import pin_facts, stay_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.delivery import NO_TEXT_YET
from bot.conversation.team.drafts import alarm, note_to
from bot.conversation.team.history import Event, promised_at, reply
from bot.conversation.team.notices import NoticeKind, text_state
from bot.domain.approvals.policy import may_replace_alone
from bot.domain.locks.lock import Lock, together
from bot.domain.messages.message import Message, MessageStatus
from bot.domain.pins import Pin
from bot.domain.planning.holdings import ledger
from bot.domain.planning.plan import plan
from bot.domain.refusals import Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.advance import Facts, Notification, NotificationKind, advance
from bot.domain.stays.alerts import AlertKind
from bot.domain.stays.companions import companions, text_at
from bot.domain.stays.evidence import OPENED_UNNAMED
from bot.domain.stays.guests import Guest
from bot.domain.stays.withdrawing import CLOCKS_DIFFER
from bot.domain.windows import PinKind
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.links import link_in_text
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card

_TO_GUEST = {
    NotificationKind.PIN: Phrase.PIN,
    NotificationKind.REMINDER: Phrase.REMINDER,
    NotificationKind.ASK_GUEST: Phrase.ASK_USED,
    NotificationKind.EXPIRED_GUEST: Phrase.EXPIRED,
    NotificationKind.ON_ARRIVAL: Phrase.ON_ARRIVAL,
}
_OF_ALL_DOORS = (NotificationKind.PIN, NotificationKind.REMINDER, NotificationKind.ON_ARRIVAL)
_TO_REQUESTER = {NotificationKind.SHARED: NoticeKind.SHARED, NotificationKind.USED: NoticeKind.USED}
_TO_CHANNEL = {
    NotificationKind.DANGER: NoticeKind.DANGER,
    NotificationKind.UNCONFIRMED: NoticeKind.UNCONFIRMED,
    NotificationKind.EXPIRED_STAFF: NoticeKind.EXPIRED,
    NotificationKind.FAILED: NoticeKind.FAILED,
    NotificationKind.NEVER_MINTED: NoticeKind.NEVER_MINTED,
    NotificationKind.NO_SHOW: NoticeKind.NO_SHOW,
    NotificationKind.OVERDUE: NoticeKind.OVERDUE,
    NotificationKind.STILL_NO_PIN: NoticeKind.OVERDUE,
}
_ALERTS = {
    NotificationKind.OVERDUE: AlertKind.OVERDUE,
    NotificationKind.STILL_NO_PIN: AlertKind.OVERDUE,
    NotificationKind.DANGER: AlertKind.DANGER,
    NotificationKind.UNCONFIRMED: AlertKind.UNCONFIRMED,
    NotificationKind.EXPIRED_STAFF: AlertKind.MISSED,
    NotificationKind.FAILED: AlertKind.FAILED,
    NotificationKind.NEVER_MINTED: AlertKind.FAILED,
}
"""These need a person. Whoever asked hears of them, too: they know when the guest comes."""
_IN_THREAD = {
    CodeStatus.READY: Event.MADE,
    CodeStatus.ACTIVE: Event.USED,
    CodeStatus.UNCONFIRMED: Event.UNCONFIRMED,
    CodeStatus.EXPIRED: Event.EXPIRED,
    CodeStatus.FAILED: Event.FAILED,
    CodeStatus.RELEASED: Event.NEVER_MADE,
    CodeStatus.ENDED: Event.ENDED,
}


@dataclass(frozen=True, slots=True)
class _Case:
    code: AccessCode
    request: AccessRequest
    guest: Guest
    lock: Lock
    messages: tuple[Message, ...]
    """Those about the code; `said` are all of the stay."""
    said: Sequence[Message]
    codes: Sequence[AccessCode]
    locks: Mapping[str, Lock]


@retry_if_stale
async def process_code(ports: Ports, code_id: str) -> None:
    """Safe to run at any time and any number of times; if another worker was faster, nothing happens."""
    async with ports.store() as uow:
        # The stay is held from the first look: what was said already is read from messages that nobody adds to
        # meanwhile.
        code = await uow.codes.get(code_id, for_update=True)
        if code is not None:
            await advance_code(ports, uow, code, await uow.codes.of_request(code.request_id))


async def advance_code(
    ports: Ports, uow: UnitOfWork, code: AccessCode, codes: Sequence[AccessCode], *, made: Pin | None = None
) -> None:
    """What becomes of it by now, in a transaction that holds its stay. `codes`: all of the stay. `made`: its PIN, which
    nobody has written yet, nor what else is new about the code."""
    case = await _case(uow, code, codes)
    if case is None:
        if made is not None:
            await uow.codes.save(code, made)
        return
    now, used = ports.clock.now(), bool(await uow.codes.evidence(code.id))
    step = advance(code, await _facts(ports, uow, case, now, used=used), now, ports.policy, case.lock.zoneinfo)
    # An unchanged row is not written: the new version would make Stale whoever has just read it.
    if step.path or step.due_at != code.due_at or made is not None:
        await uow.codes.save(replace(code, status=step.status, due_at=step.due_at), made)
    said = list[Message]()
    if step.path:
        await want_card(ports, uow, case.request.id)
        await uow.audit.note(now, "clock", step.status.value, code.id)
        said += await _history(ports, uow, case, step.path)
    if step.status is CodeStatus.WITHDRAWN and used:
        said += await _history(ports, uow, case, (CodeStatus.ACTIVE,))  # somebody used it all the same
    if step.status is CodeStatus.FAILED:
        said += await _history(ports, uow, case, (CodeStatus.FAILED,))  # the mint said so, not the time
    for notification in step.tell:
        said += await _tell(ports, uow, case, notification)
    await uow.enqueue_all(said)
    if step.replace:
        uow.nudge(Subject.REPLACE, code.id)
    # Not before its time: a mint that backs off, or is in another worker's hands, comes when its `due_at` says.
    if step.status is CodeStatus.MINTING and (step.due_at or now) <= now:
        uow.nudge(Subject.MINT, code.id)


async def advance_codes(ports: Ports, uow: UnitOfWork, request_id: str, code_ids: Collection[str]) -> None:
    """Those of this stay, which the transaction holds."""
    for code_id in code_ids:
        codes = await uow.codes.of_request(request_id)  # as the one before has left them
        for code in codes:
            if code.id == code_id:
                await advance_code(ports, uow, code, codes)


async def _facts(ports: Ports, uow: UnitOfWork, case: _Case, now: datetime, *, used: bool) -> Facts:
    delivered = {m.phrase for m in case.messages if m.status is MessageStatus.DELIVERED}
    return Facts(
        already_sent=frozenset(m.topic for m in case.messages),
        texted=any(m.phrase == Phrase.PIN.value and m.left_us for m in case.messages),
        used=used,
        reminded=Phrase.REMINDER.value in delivered,
        replaces_alone=may_replace_alone(case.codes, case.code.id, ports.rules),
        heard_from_lock=await _silence_tells(ports, uow, case),
        text_at=text_at(case.code, case.codes, now),
        promised_at=promised_at(case.code, case.said),
    )


async def _silence_tells(ports: Ports, uow: UnitOfWork, case: _Case) -> bool:
    """The lock would have told us of an opening, and has told of none that may have been with this PIN."""
    if not (ports.options.hears_locks and case.lock.reports_openings):
        return False
    since = case.code.window.starts_at - CLOCKS_DIFFER
    return not await uow.audit.count(f"lock:{case.lock.id}", OPENED_UNNAMED, since)


async def _tell(ports: Ports, uow: UnitOfWork, case: _Case, notification: Notification) -> Sequence[Message]:
    """What is to be sent of it; an alert is raised here."""
    if _said_by_another(case, notification):
        return ()
    more = await _way_out(ports, uow, case) if notification.kind is NotificationKind.FAILED else {}
    message = await _message(ports, uow, case, notification, more)
    if (kind := _ALERTS.get(notification.kind)) is None:
        return (message,)
    quiet, whom = ports.policy.quiet, case.request.requester
    await uow.raise_alert(*alarm(kind, message, case.code, case.lock, whom, quiet, ports.new_id))
    return ()


async def _case(uow: UnitOfWork, code: AccessCode, codes: Sequence[AccessCode]) -> _Case | None:
    request = await uow.requests.get(code.request_id)
    guest, lock = await uow.guests.of_stay(code.request_id), await uow.locks.get(code.lock_id)
    if request is None or guest is None or lock is None:
        return None
    said = await uow.messages.of_request(code.request_id)
    messages = tuple(m for m in said if code.id in m.code_ids)
    codes = [code if each.id == code.id else each for each in codes]
    locks = await uow.locks.get_many(request.lock_ids) if request.lock_ids != (lock.id,) else {lock.id: lock}
    return _Case(code, request, guest, lock, messages, said, codes, {lock.id: lock, **locks})


def _said_by_another(case: _Case, notification: Notification) -> bool:
    """Whoever asked hears once that the guest has been texted, whatever the number of doors in that text."""
    first = companions(case.code, case.codes)[0]
    return notification.kind is NotificationKind.SHARED and first.id != case.code.id and case.code.replaces is None


async def _companions(uow: UnitOfWork, case: _Case, notification: Notification) -> list[AccessCode]:
    """The codes that a text to the guest is about: those that begin together, as far as this is still to be said."""
    if notification.kind not in _OF_ALL_DOORS:
        return [case.code]
    found = []
    for code in companions(case.code, case.codes):
        ready = code.has_pin or notification.kind is NotificationKind.ON_ARRIVAL
        sent = {m.topic for m in case.said if code.id in m.code_ids}
        used = notification.kind is NotificationKind.REMINDER and bool(await uow.codes.evidence(code.id))
        if code.id == case.code.id or (ready and notification.key not in sent and not used):
            found.append(code)
    return found


async def _history(ports: Ports, uow: UnitOfWork, case: _Case, path: tuple[CodeStatus, ...]) -> Sequence[Message]:
    """A reply under the card for every status passed through that people care about."""
    facts, said = stay_facts(case.guest, case.lock, case.code.window), list[Message]()
    for status in path:
        if (event := _IN_THREAD.get(status)) is None:
            continue
        seen = await uow.codes.evidence(case.code.id) if status is CodeStatus.ACTIVE else ()
        more = {"source": seen[0].source, "by": seen[0].by} if seen else {}
        key, now = f"{status.value}:{case.code.id}", ports.clock.now()
        channel = ports.options.approvals_channel
        said.append(reply(ports.new_id(), key, event, case.request.id, channel, now, facts | more))
    return said


async def _way_out(ports: Ports, uow: UnitOfWork, case: _Case) -> dict[str, str]:
    """Where a PIN could not be made because the lock had no place left: the nearest window that would work."""
    now, lock = ports.clock.now(), case.lock
    known = ledger(await uow.codes.holdings(lock.id, now), await uow.locks.seen_full(lock.id, now))
    one_time = case.code.kind is PinKind.ONE_TIME
    try:
        plan(case.code.window, zone=lock.zoneinfo, now=now, one_time=one_time, ledger=known)
    except Refusal as refusal:
        offers = [offer for offer in refusal.offers if not offer.then]
        offered = {"offer": f"{offers[0].starts_at.isoformat()}/{offers[0].ends_at.isoformat()}"} if offers else {}
        return {"why": sentence(refusal, zone=lock.zoneinfo), **offered}
    return {}


async def _message(
    ports: Ports, uow: UnitOfWork, case: _Case, notification: Notification, more: Mapping[str, str]
) -> Message:
    now, code = ports.clock.now(), case.code
    key = f"{code.id}:{notification.key}"
    if notification.kind in _TO_GUEST:
        codes = await _companions(uow, case, notification)
        doors = [case.locks[each.lock_id] for each in codes]
        facts = pin_facts(case.guest, doors, codes, await link_in_text(uow, code, case.codes, case.request))
        return text_to_guest(ports.new_id(), key, _TO_GUEST[notification.kind], case.guest, facts, code, now)
    lock = case.lock
    if notification.kind is NotificationKind.SHARED:
        # One text has told them of all doors that begin together.
        lock = together([case.locks[each.lock_id] for each in companions(code, case.codes)])
    facts = stay_facts(case.guest, lock, code.window)
    facts |= {"code": code.id, "phone": case.guest.phone.masked(), "mint_at": code.mint_at.isoformat(), **more}
    facts["kind"] = code.kind.value
    facts["text"] = text_state(case.messages, code.id, case.lock.zoneinfo) or NO_TEXT_YET
    word = _TO_REQUESTER.get(notification.kind) or _TO_CHANNEL[notification.kind]
    address = case.request.requester if notification.kind in _TO_REQUESTER else ports.options.approvals_channel
    return note_to(ports.new_id(), key, word, address, facts, code.request_id, code.id, now)
