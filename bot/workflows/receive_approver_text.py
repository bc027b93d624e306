"""A text from an approver without chat: `OK 482193`, `NO 482193 reason`. The code says about which request; who may
decide it, and what comes of it, is settled by the very decision that a click makes. Guesses are audited and slowed
down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.conversation.guest_texts.approver_texts import ToApprover, answer, question
from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.refusals.limit_alerts import raise_limit_alert
from bot.conversation.replies.sms_verdicts import SmsVerdict, understand_verdict
from bot.conversation.team.alert_words import KINDS
from bot.conversation.team.drafts import alert_facts
from bot.domain.approvals.limits import LimitKind
from bot.domain.approvals.sms_approvers import (
    DAY,
    HOUR,
    MOST_HINTS,
    MOST_WRONG_A_DAY,
    SmsApprover,
    SmsCode,
    slowed,
    with_phone,
)
from bot.domain.hiding import hide_digits
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.alerts import Alert
from bot.ports import Ports, UnitOfWork
from bot.ports.links import visits_of
from bot.ports.stale import retry_if_stale

WRONG, SLOWED, REPLAYED, UNREAD = "sms_wrong_code", "sms_slowed", "sms_code_again", "sms_not_understood"
VOIDED = "sms_codes_void"


class Decide(Protocol):
    """`bot.workflows.decide_request`, given by whoever listens: workflows do not call each other."""

    async def __call__(
        self, ports: Ports, request_id: str, approver: str, *, approved: bool, reason: str | None = None, seen: int = 0
    ) -> AccessRequest: ...


class TakeAlert(Protocol):
    """`bot.workflows.take_alert`, given in the same way."""

    async def __call__(self, ports: Ports, alert_id: str, person: str) -> Alert: ...


@dataclass(frozen=True, slots=True)
class SmsHeard:
    """`sid` is the vendor's id of this very text: the same one has one effect. `carrier_answers`: the words are the
    carrier's, which answers them by itself."""

    sid: str
    phone: Phone
    words: str
    carrier_answers: bool = False


async def receive_approver_text(ports: Ports, heard: SmsHeard, decide: Decide, take: TakeAlert) -> bool:
    """False where this is not an approver's number, or a guest who is an approver says something else."""
    approver = with_phone(ports.rules.phones, heard.phone)
    if approver is None:
        return False
    verdict = understand_verdict(heard.words)
    if verdict is None:
        return await _say_how(ports, heard, approver)
    claimed = await _claim(ports, heard, approver, verdict)
    if claimed is None:
        return True
    code, seen = claimed
    if code.alert_id is not None:
        await _alert(ports, heard, approver, code, code.alert_id, take if verdict.approved else None)
        return True
    reason = hide_digits(verdict.reason) if verdict.reason else None
    named = code.request_id or ""
    try:
        request = await decide(ports, named, approver.id, approved=verdict.approved, reason=reason, seen=seen)
    except Refusal as refusal:
        await _refused(ports, heard, approver, code, refusal)
    else:
        await _done(ports, heard, approver, request)
    return True


@retry_if_stale
async def _say_how(ports: Ports, heard: SmsHeard, approver: SmsApprover) -> bool:
    now = ports.clock.now()
    async with ports.store() as uow:
        # Before the delivery is counted: a guest's text goes on to `receive_guest_text`, which counts it itself.
        if await uow.guests.by_phone(heard.phone) is not None:
            return False
        if await uow.deliveries.first("sms", heard.sid, now):
            await uow.limits.for_update(approver.id, now)
            hints = await uow.audit.count(approver.id, UNREAD, now - HOUR)
            if hints < MOST_HINTS and not heard.carrier_answers:
                await uow.enqueue(answer(ports.new_id(), heard.sid, ToApprover.HOW_TO, approver, {}, now))
            await uow.audit.note(now, approver.id, UNREAD, approver.id)
    return True


@retry_if_stale
async def _claim(
    ports: Ports, heard: SmsHeard, approver: SmsApprover, verdict: SmsVerdict
) -> tuple[SmsCode, int] | None:
    """The code, taken for this text alone, and how often the request's window had been changed; None where there is
    nothing to decide, and they have been told why."""
    now = ports.clock.now()
    async with ports.store() as uow:
        # Text and code are used up before anybody decides: delivered twice, the same text must not decide twice.
        if not await uow.deliveries.first("sms", heard.sid, now) or await _slowed(ports, uow, heard, approver):
            return None
        code = await uow.sms_codes.find(approver.id, verdict.code)
        # The stay before the code: stays come before approvers' codes in the one order of rows.
        request = await _request(uow, code) if code else None
        if code is None or (request is None and code.alert_id is None):
            await _guessed(ports, uow, heard, approver)
            return None
        # One guarded update: of two texts with the same code at once only one goes on.
        if not await uow.sms_codes.use(code.id, now):
            await uow.audit.note(now, approver.id, REPLAYED, code.request_id or code.id)
            await _not_again(ports, uow, heard, approver, code, request)
            return None
        if request is None or code.alert_id is not None:
            return code, 0
        if request.status is RequestStatus.PENDING and request.granted != code.window:
            await _ask_anew(ports, uow, approver, request)
            return None
        return code, request.amendments


async def _not_again(
    ports: Ports, uow: UnitOfWork, heard: SmsHeard, approver: SmsApprover, code: SmsCode, request: AccessRequest | None
) -> None:
    """Why this code does nothing: it was used before, or is void."""
    void = code.void_at is not None and code.used_at is None
    if code.alert_id is not None or request is None:
        phrase = ToApprover.VOID_CODE if void else ToApprover.ALERT_OVER
        await _answer_alert(ports, uow, heard, approver, code, phrase)
    elif void and request.status is RequestStatus.PENDING:
        await _answer(ports, uow, heard, approver, request, ToApprover.VOID_CODE)
    else:
        await _truth(ports, uow, heard, approver, request)


async def _guessed(ports: Ports, uow: UnitOfWork, heard: SmsHeard, approver: SmsApprover) -> None:
    """A code that we never gave. The last one that a day allows makes all that are open void, and the team hears."""
    now = ports.clock.now()
    await uow.audit.note(now, approver.id, WRONG, approver.id)
    await uow.enqueue(answer(ports.new_id(), heard.sid, ToApprover.UNKNOWN_CODE, approver, {}, now))
    if await uow.audit.count(approver.id, WRONG, now - DAY) < MOST_WRONG_A_DAY:
        return
    about = await uow.requests.get_many(await uow.sms_codes.void_all(approver.id, now))
    await uow.audit.note(now, approver.id, VOIDED, approver.id, requests=str(len(about)))
    said = {"person": approver.id, "most": str(MOST_WRONG_A_DAY)}
    for workspace in sorted({request.workspace for request in about.values()}) or [""]:
        await raise_limit_alert(ports, uow, LimitKind.SMS_CODES, f"sms_codes:{approver.id}", said, workspace)


async def _request(uow: UnitOfWork, code: SmsCode) -> AccessRequest | None:
    """What the code is about, in our hands; None for one that takes an alert about no stay."""
    return await uow.requests.get(code.request_id, for_update=True) if code.request_id else None


async def _slowed(ports: Ports, uow: UnitOfWork, heard: SmsHeard, approver: SmsApprover) -> bool:
    """Told once an hour; a right code does not help either, or guessing would go on."""
    now = ports.clock.now()
    # Counted one text after the other: of sixty at once each would see only what was there before all of them.
    await uow.limits.for_update(approver.id, now)
    an_hour, a_day = [await uow.audit.count(approver.id, WRONG, now - back) for back in (HOUR, DAY)]
    if not slowed(an_hour, a_day):
        return False
    if not await uow.audit.count(approver.id, SLOWED, now - HOUR):
        await uow.enqueue(answer(ports.new_id(), heard.sid, ToApprover.SLOW_DOWN, approver, {}, now))
    await uow.audit.note(now, approver.id, SLOWED, approver.id)
    return True


async def _ask_anew(ports: Ports, uow: UnitOfWork, approver: SmsApprover, request: AccessRequest) -> None:
    """The window is not the one that their text asked about: nobody approves what they have not seen."""
    now = ports.clock.now()
    guest, lock = await uow.guests.of_stay(request.id), await uow.locks.get(request.lock_id)
    if guest is None or lock is None:
        return
    visits = await visits_of(uow, request)
    anew = question(ports.new_id(), ToApprover.CHANGED, approver, request, guest, lock, now, None, visits)
    if await uow.enqueue(anew):
        await uow.words.keep(anew.id, await uow.sms_codes.issue(request.id, approver.id, request.granted, now))


@retry_if_stale
async def _done(ports: Ports, heard: SmsHeard, approver: SmsApprover, request: AccessRequest) -> None:
    said = {RequestStatus.APPROVED: ToApprover.APPROVED, RequestStatus.DENIED: ToApprover.DENIED}
    async with ports.store() as uow:
        await _answer(ports, uow, heard, approver, request, said.get(request.status, ToApprover.ONE_MORE))


_REFUSED: Mapping[Reason, ToApprover] = {
    Reason.SLOT_FULL: ToApprover.NO_PLACE,
    Reason.LOCK_FULL: ToApprover.NO_PLACE,
    Reason.NOT_AN_APPROVER: ToApprover.NOT_YOURS,
    Reason.APPROVED_BY_YOU: ToApprover.USED,
    Reason.ALERT_TAKEN: ToApprover.ALERT_TAKEN,
    Reason.NOT_YOUR_ALERT: ToApprover.NOT_YOURS,
}


@retry_if_stale
async def _refused(ports: Ports, heard: SmsHeard, approver: SmsApprover, code: SmsCode, refusal: Refusal) -> None:
    async with ports.store() as uow:
        request = await _request(uow, code)
        if request is None:
            return
        if refusal.reason is Reason.ALREADY_DECIDED:
            await _truth(ports, uow, heard, approver, request)
            return
        if refusal.reason is Reason.CHANGED_MEANWHILE:
            await _ask_anew(ports, uow, approver, request)
            return
        # Nothing was decided, so the code is good again; an approval that they have given stays given.
        if refusal.reason is not Reason.APPROVED_BY_YOU:
            await uow.sms_codes.give_back(code.id)
        await _answer(ports, uow, heard, approver, request, _REFUSED.get(refusal.reason, ToApprover.NOT_DONE))


async def _truth(ports: Ports, uow: UnitOfWork, heard: SmsHeard, approver: SmsApprover, request: AccessRequest) -> None:
    """What has become of the request meanwhile, and by whom."""
    if request.status is RequestStatus.PENDING:
        await _answer(ports, uow, heard, approver, request, ToApprover.USED)
        return
    by, at = (request.given_up.by, request.given_up.at) if request.given_up else ("", None)
    if request.decision is not None and request.given_up is None:
        by, at = request.decision.approver, request.decision.at
    more = {"status": request.status.value, "who": by} | ({"at": at.isoformat()} if at else {})
    await _answer(ports, uow, heard, approver, request, ToApprover.ALREADY, more)


async def _alert(
    ports: Ports, heard: SmsHeard, approver: SmsApprover, code: SmsCode, alert_id: str, take: TakeAlert | None
) -> None:
    """They take what needs a person; without `take` they leave it to others, and may think better of it."""
    phrase = ToApprover.ALERT_YOURS if take else ToApprover.ALERT_LEFT
    try:
        if take is not None:
            await take(ports, alert_id, approver.id)
    except Refusal as refusal:
        phrase = _REFUSED.get(refusal.reason, ToApprover.ALERT_OVER)
    await _alert_answered(ports, heard, approver, code, phrase)


@retry_if_stale
async def _alert_answered(
    ports: Ports, heard: SmsHeard, approver: SmsApprover, code: SmsCode, phrase: ToApprover
) -> None:
    async with ports.store() as uow:
        await _request(uow, code)  # the stay before the code
        if phrase is ToApprover.ALERT_LEFT:
            await uow.sms_codes.give_back(code.id)
        await _answer_alert(ports, uow, heard, approver, code, phrase)


async def _answer_alert(
    ports: Ports, uow: UnitOfWork, heard: SmsHeard, approver: SmsApprover, code: SmsCode, phrase: ToApprover
) -> None:
    alert = await uow.alerts.get(code.alert_id or "")
    request = await _request(uow, code)
    if alert is None:
        return
    if phrase is ToApprover.VOID_CODE and not alert.climbs:
        phrase = ToApprover.ALERT_OVER
    if phrase is ToApprover.ALERT_OVER and alert.is_open and alert.acknowledged_by is not None:
        phrase = ToApprover.ALERT_YOURS if alert.acknowledged_by == approver.id else ToApprover.ALERT_TAKEN
    who = {"who": alert.acknowledged_by or ""}
    if request is not None:
        await _answer(ports, uow, heard, approver, request, phrase, who | {"what": KINDS[alert.kind]})
        return
    notices = [m for one in alert.notices if (m := await uow.messages.get(one)) is not None]
    facts = alert_facts(alert, None, None, None, notices) | who
    await uow.enqueue(answer(ports.new_id(), heard.sid, phrase, approver, facts, ports.clock.now()))


async def _answer(
    ports: Ports,
    uow: UnitOfWork,
    heard: SmsHeard,
    approver: SmsApprover,
    request: AccessRequest,
    phrase: ToApprover,
    more: Mapping[str, str] | None = None,
) -> None:
    guest, lock = await uow.guests.of_stay(request.id), await uow.locks.get(request.lock_id)
    if guest is None or lock is None:
        return
    facts = stay_facts(guest, lock, request.granted) | {
        "requester": request.requester,
        "workspace": request.workspace,
        **(more or {}),
    }
    await uow.enqueue(answer(ports.new_id(), heard.sid, phrase, approver, facts, ports.clock.now()))
