"""Looks at one alert: ends it where the facts say that nobody is needed any more, else tells those whose turn it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.team.alert_words import had_it
from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind, text_state
from bot.conversation.team.settled import settling_key
from bot.domain.approvals.policy import Groups, deciders
from bot.domain.approvals.sms_approvers import in_chat
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Medium, Message, MessageStatus
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.alerts import Alert, AlertFacts, Ending, Rung, advance_alert, needed_at, outcome_of
from bot.domain.stays.guests import Guest
from bot.ports import Ports, UnitOfWork
from bot.ports.stale import retry_if_stale

_UNHEARD = (MessageStatus.QUEUED, MessageStatus.DROPPED, MessageStatus.REFUSED)
_THEY_HEAR_ANYWAY = (Ending.MADE, Ending.USED)
"""Whoever asked for a stay is told of these by the stay itself."""


@dataclass(frozen=True, slots=True)
class _AlertCase:
    """`code` is the one that the alert is about; `codes` are all of its stay."""

    alert: Alert
    request: AccessRequest | None
    lock: Lock | None
    guest: Guest | None
    codes: tuple[AccessCode, ...]
    messages: tuple[Message, ...]
    facts: AlertFacts

    @property
    def code(self) -> AccessCode | None:
        return self.facts.code


@retry_if_stale
async def process_alert(ports: Ports, alert_id: str) -> None:
    """Safe to run at any time and any number of times: who was told is kept with the alert, and messages have keys."""
    # Groups before the transaction: they may have to be asked for at the chat.
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        alert = await uow.alerts.get(alert_id, for_update=True)
        if alert is None or not alert.is_open:
            return
        case = await _case(uow, alert)
        outcome = outcome_of(alert, case.facts, now)
        if outcome is not None:
            await _end(ports, uow, case, outcome)
            return
        zone = case.lock.zoneinfo if case.lock else ZoneInfo(ports.options.zone)
        needed = needed_at(alert.kind, case.code, alert.climbs_from)
        step = advance_alert(alert, now, needed, ports.policy.quiet, zone)
        more = [message for rung in step.rungs for message in _calls(ports, case, rung, groups)]
        queued = [message.id for message in more if await uow.enqueue(message)]
        rung = max((alert.rung, *step.rungs))
        after = replace(alert, rung=rung, due_at=step.due_at, notices=(*alert.notices, *queued))
        for climbed in step.rungs:
            await uow.audit.note(now, "clock", "alert_called", alert.id, rung=climbed.name.lower())
        if after != alert:
            await uow.alerts.save(after)


async def _case(uow: UnitOfWork, alert: Alert) -> _AlertCase:
    request = await uow.requests.get(alert.request_id) if alert.request_id else None
    lock = await uow.locks.get(alert.lock_id) if alert.lock_id else None
    if request is None:
        return _AlertCase(alert, None, lock, None, (), (), AlertFacts())
    codes = tuple(await uow.codes.of_request(request.id))
    code = next((one for one in codes if one.id == alert.code_id), None)
    guest = await uow.guests.get(code.guest_id if code else request.guest_id)
    messages = tuple(await uow.messages.of_request(request.id))
    used = [seen.at for seen in await uow.codes.evidence(code.id)] if code else []
    facts = AlertFacts(
        code,
        newest=code is None or code.id == codes[-1].id,
        used_at=max(used, default=None),
        delivered=_delivered(alert, messages),
        opted_out=guest is not None and guest.opted_out_at is not None,
        given_up=request.given_up is not None,
    )
    return _AlertCase(alert, request, lock, guest, codes, messages, facts)


def _delivered(alert: Alert, messages: tuple[Message, ...]) -> bool:
    """The text itself, or one of the same words that was sent after it."""
    text = next((m for m in messages if m.id == alert.about), None)
    return text is not None and any(
        m.phrase == text.phrase and m.code_id == text.code_id and m.id >= text.id
        for m in messages
        if m.status is MessageStatus.DELIVERED
    )


def _calls(ports: Ports, case: _AlertCase, rung: Rung, groups: Groups) -> list[Message]:
    """The messages of one rung: each of its people once in an episode, and nobody who was told before."""
    if rung is not Rung.APPROVERS or case.request is None or case.lock is None:
        return []
    who = deciders(ports.rules, case.request, case.lock.called, groups, backup_called=True)
    people = in_chat(who.approvers) - {case.request.requester}
    return [message for person in sorted(people) if (message := _call(ports, case, person)) is not None]


def _call(ports: Ports, case: _AlertCase, person: str) -> Message | None:
    """The newest notice of the alert once more, to one person, with what is true now."""
    alert, now = case.alert, ports.clock.now()
    newest = next((m for m in reversed(case.messages) if m.id in alert.notices and m.medium is Medium.SLACK), None)
    if newest is None:
        return None
    facts = {name: said for name, said in newest.facts.items() if name != "copy"}
    facts |= {"calls": "approver", "since": alert.since.isoformat()}
    if "text" in facts and alert.code_id is not None:
        facts["text"] = text_state(case.messages, alert.code_id) or facts["text"]
    key = f"alert:{alert.id}:{alert.episode}:{person}"
    word = NoticeKind(newest.phrase)
    return note_to(ports.new_id(), key, word, person, facts, alert.request_id, alert.code_id, now)


async def _end(ports: Ports, uow: UnitOfWork, case: _AlertCase, outcome: Ending) -> None:
    """The notices say what solved it; who was called hears it, too."""
    alert, now = case.alert, ports.clock.now()
    answer = had_it(outcome, alert.acknowledged_by)
    notices = [m for m in case.messages if m.id in alert.notices]
    for asked in notices:
        if asked.medium is Medium.SLACK:
            facts = {"of": asked.id, "answer": answer}
            key = settling_key(asked.id)
            await uow.enqueue(
                note_to(ports.new_id(), key, NoticeKind.SETTLED, asked.recipient, facts, alert.request_id, None, now)
            )
    # Of what goes on they hear by an alert of its own.
    if outcome is not Ending.GONE_ON:
        for message in _ended(ports, case, notices, outcome):
            await uow.enqueue(message)
    await uow.alerts.save(replace(alert, solved_at=now, outcome=outcome, due_at=None))
    await uow.audit.note(now, "clock", "alert_over", alert.id, outcome=outcome.value)


def _ended(ports: Ports, case: _AlertCase, notices: list[Message], outcome: Ending) -> list[Message]:
    alert, now = case.alert, ports.clock.now()
    if case.guest is None or case.lock is None or case.code is None:
        return []
    facts: Mapping[str, str] = stay_facts(case.guest, case.lock, case.code.window) | {
        "kind": alert.kind.value,
        "outcome": outcome.value,
    }
    called = {m.recipient for m in notices if m.facts.get("calls") and m.status not in _UNHEARD}
    if outcome not in _THEY_HEAR_ANYWAY:
        called |= {m.recipient for m in notices if m.facts.get("copy") and m.status not in _UNHEARD}
    key = f"alert:{alert.id}:over"
    return [
        note_to(ports.new_id(), f"{key}:{p}", NoticeKind.ALERT_SOLVED, p, facts, alert.request_id, alert.code_id, now)
        for p in sorted(called)
    ]
