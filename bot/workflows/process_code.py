"""Looks at codes: applies `advance` to each, queues what is to be said, and says when to look again. Those that wait at
the same moment are read and written set by set, in one transaction."""

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
from bot.domain.stays.advance import CodeStep, Facts, Notification, NotificationKind, advance
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


_OfStay = tuple[AccessCode, Sequence[AccessCode]]
"""A code, and all of its stay."""


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
    """Those of the stay, at least."""
    used: bool


@retry_if_stale
async def process_code(ports: Ports, code_ids: str) -> None:
    """Safe to run at any time and any number of times; if another worker was faster, nothing happens. `code_ids`: one,
    or several that wait together, with commas between them; those that are no code's are left out."""
    wanted = code_ids.split(",")
    async with ports.store() as uow:
        # The stays are held from the first look: what was said already is read from messages that nobody adds to
        # meanwhile.
        of_stays = await uow.codes.of_stays_for_update(wanted)
        of_each = [[code for code in codes if code.id in wanted] for codes in of_stays.values()]
        await _advance(ports, uow, [(mine[0], of_stays[mine[0].request_id]) for mine in of_each])
        for mine in of_each:
            if mine[1:]:
                await advance_codes(ports, uow, mine[0].request_id, [code.id for code in mine[1:]])


async def advance_code(
    ports: Ports, uow: UnitOfWork, code: AccessCode, codes: Sequence[AccessCode], *, made: Pin | None = None
) -> None:
    """What becomes of it by now, in a transaction that holds its stay. `codes`: all of the stay. `made`: its PIN, which
    nobody has written yet, nor what else is new about the code."""
    await _advance(ports, uow, [(code, codes)], made)


async def _advance(ports: Ports, uow: UnitOfWork, looked_at: Sequence[_OfStay], made: Pin | None = None) -> None:
    """Each of another stay, with all codes of that. `made`: of the only one."""
    now, cases = ports.clock.now(), await _cases(uow, looked_at)
    if made is not None and not cases:
        await uow.codes.save(looked_at[0][0], made)
        return
    heard, steps = await _heard(ports, uow, cases), list[tuple[_Case, CodeStep]]()
    for case in cases:
        facts = _facts(ports, case, now, heard)
        steps.append((case, advance(case.code, facts, now, ports.policy, case.lock.zoneinfo)))
    # An unchanged row is not written: the new version would make Stale whoever has just read it.
    moved = [
        replace(case.code, status=step.status, due_at=step.due_at)
        for case, step in steps
        if step.path or step.due_at != case.code.due_at or made is not None
    ]
    await (uow.codes.save_all(moved) if made is None else uow.codes.save(moved[0], made))
    said = [message for case, step in steps for message in await _said(ports, uow, case, step)]
    await uow.enqueue_all(said)
    for case, step in steps:
        if step.replace:
            uow.nudge(Subject.REPLACE, case.code.id)
        # Not before its time: a mint that backs off, or is in another worker's hands, comes when its `due_at` says.
        if step.status is CodeStatus.MINTING and (step.due_at or now) <= now:
            uow.nudge(Subject.MINT, case.code.id)


async def _said(ports: Ports, uow: UnitOfWork, case: _Case, step: CodeStep) -> Sequence[Message]:
    """What is to be sent of it. Its card, the audit log and alerts are seen to here."""
    said = list[Message]()
    if step.path:
        await want_card(ports, uow, case.request.id)
        await uow.audit.note(ports.clock.now(), "clock", step.status.value, case.code.id)
        said += await _history(ports, uow, case, step.path)
    if step.status is CodeStatus.WITHDRAWN and case.used:
        said += await _history(ports, uow, case, (CodeStatus.ACTIVE,))  # somebody used it all the same
    if step.status is CodeStatus.FAILED:
        said += await _history(ports, uow, case, (CodeStatus.FAILED,))  # the mint said so, not the time
    for notification in step.tell:
        said += await _tell(ports, uow, case, notification)
    return said


async def advance_codes(ports: Ports, uow: UnitOfWork, request_id: str, code_ids: Collection[str]) -> None:
    """Those of this stay, which the transaction holds."""
    for code_id in code_ids:
        codes = await uow.codes.of_request(request_id)  # as the one before has left them
        for code in codes:
            if code.id == code_id:
                await advance_code(ports, uow, code, codes)


def _facts(ports: Ports, case: _Case, now: datetime, heard: Mapping[str, datetime]) -> Facts:
    delivered = {m.phrase for m in case.messages if m.status is MessageStatus.DELIVERED}
    return Facts(
        already_sent=frozenset(m.topic for m in case.messages),
        texted=any(m.phrase == Phrase.PIN.value and m.left_us for m in case.messages),
        used=case.used,
        reminded=Phrase.REMINDER.value in delivered,
        replaces_alone=may_replace_alone(case.codes, case.code.id, ports.rules),
        heard_from_lock=_tells(ports, case.lock) and not _since_it_began(case, heard),
        text_at=text_at(case.code, case.codes, now),
        promised_at=promised_at(case.code, case.said),
    )


def _tells(ports: Ports, lock: Lock) -> bool:
    """Whether it would have told us of an opening."""
    return ports.options.hears_locks and lock.reports_openings


def _since_it_began(case: _Case, heard: Mapping[str, datetime]) -> bool:
    """Whether it has told of one that may have been with this PIN."""
    newest = heard.get(_actor(case.lock))
    return newest is not None and newest > case.code.window.starts_at - CLOCKS_DIFFER


async def _heard(ports: Ports, uow: UnitOfWork, cases: Sequence[_Case]) -> Mapping[str, datetime]:
    """When each of their locks last told of an opening that names no PIN."""
    asked = [case for case in cases if _tells(ports, case.lock)]
    if not asked:
        return {}
    since = min(case.code.window.starts_at for case in asked) - CLOCKS_DIFFER
    return await uow.audit.newest({_actor(case.lock) for case in asked}, OPENED_UNNAMED, since)


def _actor(lock: Lock) -> str:
    return f"lock:{lock.id}"


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


async def _cases(uow: UnitOfWork, looked_at: Sequence[_OfStay]) -> list[_Case]:
    """Without those of which no stay, guest or lock is left."""
    if not looked_at:
        return []
    ids = [code.request_id for code, _ in looked_at]
    requests, guests = await _stays(uow, ids)
    doors = {each.lock_id for _, codes in looked_at for each in codes}
    locks, said_of = await uow.locks.get_many(doors), await uow.messages.of_requests(ids)
    cases = list[_Case]()
    for code, codes in looked_at:
        request, its_guest, lock = requests.get(code.request_id), guests.get(code.request_id), locks.get(code.lock_id)
        if request is None or its_guest is None or lock is None:
            continue
        said = said_of.get(code.request_id, ())
        messages = tuple(m for m in said if code.id in m.code_ids)
        codes = [code if each.id == code.id else each for each in codes]
        used = bool(await uow.codes.evidence(code.id))
        cases.append(_Case(code, request, its_guest, lock, messages, said, codes, locks, used))
    return cases


async def _stays(uow: UnitOfWork, ids: Sequence[str]) -> tuple[Mapping[str, AccessRequest], Mapping[str, Guest]]:
    """A single one is read together with its guest."""
    if len(ids) > 1:
        return await uow.requests.get_many(ids), await uow.guests.of_stays(ids)
    request, guest = await uow.requests.get(ids[0]), await uow.guests.of_stay(ids[0])
    return {ids[0]: request} if request else {}, {ids[0]: guest} if guest else {}


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
