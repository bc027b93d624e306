"""Looks at one alert: ends it where the facts say that nobody is needed any more, else tells those whose turn it is."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.guest_texts.approver_texts import ToApprover, alert_text
from bot.conversation.team.alert_words import had_it
from bot.conversation.team.drafts import alert_facts, note_to
from bot.conversation.team.notices import NoticeKind, text_state
from bot.conversation.team.settled import GONE_ON, settling_key
from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT
from bot.domain.approvals.by_source import lock_for
from bot.domain.approvals.named_locks import without_lock
from bot.domain.approvals.policy import Groups, called_about_no_stay, called_by_text, deciders
from bot.domain.approvals.sms_approvers import by_sms, in_chat
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Medium, Message, MessageStatus
from bot.domain.sources.bookings import begins_about, begins_at, over_anywhere
from bot.domain.sources.following import OF_CALENDAR, mark, plan
from bot.domain.sources.source_stays import looks_so_far, window_at
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.alerts import (
    OF_LOCKS,
    OF_SOURCES,
    OVER_AFTER,
    Alert,
    AlertFacts,
    AlertKind,
    Ending,
    Rung,
    advance_alert,
    needed_at,
    outcome_of,
    rule_key,
    still,
)
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import newest_like
from bot.domain.windows import AccessWindow
from bot.ports import Ports, UnitOfWork
from bot.ports.links import visit_of_alert
from bot.ports.stale import retry_if_stale

_UNHEARD = (MessageStatus.QUEUED, MessageStatus.DROPPED, MessageStatus.REFUSED)
_CALL = NoticeKind.APPROVAL_REMINDER.value
_THEY_HEAR_ANYWAY = (Ending.MADE, Ending.USED)
"""Whoever asked for a stay is told of these by the stay itself."""


@dataclass(frozen=True, slots=True)
class _AlertCase:
    """`code` is the one that the alert is about; `codes` are all of its stay, and so are `messages`, which of an alert
    about no stay are its notices."""

    alert: Alert
    request: AccessRequest | None
    lock: Lock | None
    guest: Guest | None
    codes: tuple[AccessCode, ...]
    messages: tuple[Message, ...]
    facts: AlertFacts
    starts_at: datetime | None = None
    """When the first stay begins that hangs on a lock, or the one that nobody can decide."""
    visit: AccessWindow | None = None
    """Of one that is no stay yet."""

    @property
    def code(self) -> AccessCode | None:
        return self.facts.code

    @property
    def window(self) -> AccessWindow | None:
        """Of the stay that it is about."""
        if self.visit is not None or self.code is not None:
            return self.visit or (self.code.window if self.code else None)
        return self.request.granted if self.request is not None and self.alert.kind is AlertKind.UNSEEN else None

    @property
    def text_facts(self) -> dict[str, str]:
        """What texts about it need; empty where too little is known."""
        return alert_facts(self.alert, self.guest, self.lock, self.window, self.messages)


@retry_if_stale
async def process_alert(ports: Ports, alert_id: str) -> None:
    """Safe to run at any time and any number of times: who was told is kept with the alert, and messages have keys."""
    # Groups before the transaction: they may have to be asked for at the chat.
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        alert = await uow.alerts.get(alert_id, for_update=True)
        if alert is None or not alert.is_open:
            return
        case = await _case(ports, uow, alert, now)
        outcome = outcome_of(alert, case.facts, now)
        if outcome is not None:
            await _end(ports, uow, case, outcome)
            return
        zone = case.lock.zoneinfo if case.lock else ZoneInfo(ports.options.zone)
        needed = case.starts_at or needed_at(alert.kind, case.code, alert.climbs_from)
        step = advance_alert(alert, now, needed, ports.policy.quiet, zone)
        queued = [id_ for rung in step.rungs for id_ in await _climb(ports, uow, case, rung, groups)]
        rung = max((alert.rung, *step.rungs))
        after = replace(alert, rung=rung, due_at=step.due_at, notices=(*alert.notices, *queued))
        for climbed in step.rungs:
            await uow.audit.note(now, "clock", "alert_called", alert.id, rung=climbed.name.lower())
        if after != alert:
            await uow.alerts.save(after)


async def _case(ports: Ports, uow: UnitOfWork, alert: Alert, now: datetime) -> _AlertCase:
    request = await uow.requests.get(alert.request_id) if alert.request_id else None
    lock = await uow.locks.get(alert.lock_id) if alert.lock_id else None
    if alert.kind in OF_LOCKS:
        return await _of_a_lock(uow, alert, lock, now)
    if alert.kind is AlertKind.RULE_WITHOUT_LOCK:
        return await _of_a_rule(ports, uow, alert)
    if alert.kind is AlertKind.FEED_SILENT:
        return await _of_a_calendar(ports, uow, alert)
    if alert.kind in OF_SOURCES:
        return await _of_a_source(ports, uow, alert)
    if request is None:
        return await _of_no_stay(uow, alert)
    codes = tuple(await uow.codes.of_request(request.id))
    code = next((one for one in codes if one.id == alert.code_id), None)
    guest = await uow.guests.of_stay(request.id)
    messages = tuple(await uow.messages.of_request(request.id))
    if alert.kind is AlertKind.UNSEEN:
        facts = AlertFacts(gone=await _is_unseen(uow, request, messages))
        return _AlertCase(alert, request, lock, guest, codes, messages, facts, request.granted.starts_at)
    if lock is not None and (visit := await visit_of_alert(uow, alert, lock.zoneinfo)):
        facts = AlertFacts(gone=visit[1] and now < visit[0].ends_at)
        return _AlertCase(alert, request, lock, guest, codes, messages, facts, visit[0].starts_at, visit[0])
    used = [seen.at for seen in await uow.codes.evidence(code.id)] if code else []
    facts = AlertFacts(
        code,
        newest=code is None or newest_like(codes, code).id == code.id,
        used_at=max(used, default=None),
        delivered=_delivered(alert, messages),
        opted_out=guest is not None and guest.opted_out_at is not None,
        given_up=request.given_up is not None,
    )
    return _AlertCase(alert, request, lock, guest, codes, messages, facts)


async def _is_unseen(uow: UnitOfWork, request: AccessRequest, messages: tuple[Message, ...]) -> bool:
    """It waits for a decision, and its card, or the last that calls its approvers, could not be posted."""
    card = await uow.cards.get(request.id)
    calls = [m for m in messages if m.phrase == _CALL and m.attempts > 0]
    unposted = bool(calls) and calls[-1].status is not MessageStatus.SENT
    return request.status is RequestStatus.PENDING and (card is None or card.ts is None or unposted)


async def _of_a_lock(uow: UnitOfWork, alert: Alert, lock: Lock | None, now: datetime) -> _AlertCase:
    """`named`: it had stays when people heard of it."""
    notices = tuple([m for one in alert.notices if (m := await uow.messages.get(one)) is not None])
    stays = await uow.requests.at_lock(lock.id, now) if lock else []
    had = any(m.facts.get("count", "0") != "0" for m in notices)
    starts = min((stay.granted.starts_at for stay in stays), default=None)
    gone, forgotten = lock is not None and still(alert.kind, lock), lock is not None and lock.forgotten_at is not None
    facts = AlertFacts(named=had, gone=gone, hanging=len(stays), forgotten=forgotten)
    return _AlertCase(alert, None, lock, None, (), notices, facts, starts)


async def _of_a_rule(ports: Ports, uow: UnitOfWork, alert: Alert) -> _AlertCase:
    """While no lock is known nothing can be said of it."""
    notices = tuple([m for one in alert.notices if (m := await uow.messages.get(one)) is not None])
    locks = await uow.locks.all()
    gone = not locks or alert.key in map(rule_key, without_lock(ports.rules, locks))
    return _AlertCase(alert, None, None, None, (), notices, AlertFacts(gone=gone))


async def _of_a_calendar(ports: Ports, uow: UnitOfWork, alert: Alert) -> _AlertCase:
    notices = tuple([m for one in alert.notices if (m := await uow.messages.get(one)) is not None])
    feed = await uow.feeds.get(alert.about)
    gone = feed is not None and feed.is_silent(ports.clock.now())
    return _AlertCase(alert, None, None, None, (), notices, AlertFacts(gone=gone))


async def _of_a_source(ports: Ports, uow: UnitOfWork, alert: Alert) -> _AlertCase:
    """What waits for somebody to say whom to text, or for a door or room, until it is over."""
    notices = tuple([m for one in alert.notices if (m := await uow.messages.get(one)) is not None])
    now, starts_at, waits = ports.clock.now(), None, False
    if alert.kind is AlertKind.NO_NUMBER:
        stay = await uow.source_stays.get(alert.about)
        lock = await uow.locks.get(stay.said.lock_ids[0]) if stay is not None else None
        if stay is not None and lock is not None:
            here, said = lock_for(ports.rules, stay.key.requester, lock), stay.said
            window, _ = window_at(here, said.starts_at, said.ends_at, CHECK_IN, CHECK_OUT)
            starts_at, waits = window.starts_at, stay.waits_for_contact and now < window.ends_at
    elif alert.key.startswith(OF_CALENDAR):
        feeds = await uow.feeds.of_lock(alert.key.split(":")[1])
        wanted = [one for one in plan({one.id: one.entries for one in feeds}).wanted if mark(one.key) == alert.about]
        waits = any(now < over_anywhere(one.ends_at) for one in wanted)
        starts_at = min((begins_at(one.starts_at) for one in wanted), default=None)
    else:
        kept = await uow.bookings.get(alert.about)
        if kept is not None and kept.words is not None:
            # What has just come of it is still to be looked at: nobody knows yet that it waits no more.
            starts_at, waits = begins_about(kept.words, now), now < kept.over_at
    # What was moved is told of again two days before it begins; a day more, as of a day nobody knows on which clock.
    waits = waits and starts_at is not None and looks_so_far(starts_at - timedelta(days=1), now) > 0
    return _AlertCase(alert, None, None, None, (), notices, AlertFacts(gone=waits), starts_at)


async def _of_no_stay(uow: UnitOfWork, alert: Alert) -> _AlertCase:
    notices = tuple([m for one in alert.notices if (m := await uow.messages.get(one)) is not None])
    texts = [m for m in notices if m.phrase == NoticeKind.UNKNOWN_TEXT.value and m.facts["text"] == m.id]
    unnamed = [text for text in texts if not await uow.deliveries.seen("sender", text.id)]
    facts = AlertFacts(named=bool(texts) and not unnamed, heard_at=max((m.created_at for m in texts), default=None))
    return _AlertCase(alert, None, None, None, (), notices, facts)


def _delivered(alert: Alert, messages: tuple[Message, ...]) -> bool:
    """The text itself, or one of the same words that was sent after it."""
    text = next((m for m in messages if m.id == alert.about), None)
    return text is not None and any(
        m.phrase == text.phrase and m.code_id == text.code_id and m.id >= text.id
        for m in messages
        if m.status is MessageStatus.DELIVERED
    )


async def _climb(ports: Ports, uow: UnitOfWork, case: _AlertCase, rung: Rung, groups: Groups) -> list[str]:
    """Calls the people of one rung, each once in an episode; the ids of what was queued."""
    if rung is Rung.PHONES:
        return await _text_phones(ports, uow, case)
    people = in_chat(_approvers(ports, case, groups)) - {case.request.requester if case.request else ""}
    calls = [message for person in sorted(people) if (message := _call(ports, case, person)) is not None]
    return [message.id for message in calls if await uow.enqueue(message)]


def _approvers(ports: Ports, case: _AlertCase, groups: Groups) -> frozenset[str]:
    if case.request is None:
        return called_about_no_stay(ports.rules, groups)
    if case.lock is None:
        return frozenset()
    return deciders(ports.rules, case.request, case.lock.known_as, groups, backup_called=True).approvers


async def _text_phones(ports: Ports, uow: UnitOfWork, case: _AlertCase) -> list[str]:
    """With a code of their own each, by which they take it."""
    alert, now, queued = case.alert, ports.clock.now(), list[str]()
    facts = case.text_facts | {"calls": "phone", "alert": alert.id, "since": alert.since.isoformat()}
    window = case.request.granted if case.request else AccessWindow(alert.since, alert.since + OVER_AFTER)
    for one in called_by_text(ports.rules, case.lock.known_as if case.lock else ()) if case.text_facts else ():
        key = f"alert:{alert.id}:{alert.episode}:{one.id}"
        text = alert_text(ports.new_id(), key, ToApprover.ALERT, one.id, facts, now, alert.request_id)
        if await uow.enqueue(text):
            code = await uow.sms_codes.issue(alert.request_id, one.id, window, now, alert.id)
            await uow.words.keep(text.id, code)
            queued.append(text.id)
    return queued


def _call(ports: Ports, case: _AlertCase, person: str) -> Message | None:
    """The newest notice of the alert once more, to one person, with what is true now."""
    alert, now = case.alert, ports.clock.now()
    newest = next((m for m in reversed(case.messages) if m.id in alert.notices and m.medium is Medium.SLACK), None)
    if newest is None:
        return None
    facts = {name: said for name, said in newest.facts.items() if name != "copy"}
    facts |= {"calls": "approver", "since": alert.since.isoformat()}
    if "text" in facts and alert.code_id is not None:
        facts["text"] = text_state(case.messages, alert.code_id, ZoneInfo(facts["zone"])) or facts["text"]
    key = f"alert:{alert.id}:{alert.episode}:{person}"
    word = NoticeKind(newest.phrase)
    return note_to(ports.new_id(), key, word, person, facts, alert.request_id, alert.code_id, now)


async def _end(ports: Ports, uow: UnitOfWork, case: _AlertCase, outcome: Ending) -> None:
    """The notices say what solved it; who was called hears it, too."""
    alert, now = case.alert, ports.clock.now()
    answer = had_it(outcome, alert.kind, alert.acknowledged_by)
    if outcome is Ending.GONE_ON and case.code is not None:
        answer = GONE_ON.get(case.code.status, answer)
    notices = [m for m in case.messages if m.id in alert.notices]
    for asked in notices:
        if asked.medium is Medium.SLACK:
            facts = {"of": asked.id, "answer": answer, "workspace": alert.workspace}
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
    if not case.text_facts:
        return []
    facts = case.text_facts | {"kind": alert.kind.value, "outcome": outcome.value}
    heard = [m for m in notices if m.status not in _UNHEARD]
    called = {m.recipient for m in heard if "calls" in m.facts}
    if outcome not in _THEY_HEAR_ANYWAY:
        called |= {m.recipient for m in heard if "copy" in m.facts}
    found = []
    for who in sorted(called):
        key, new_id = f"alert:{alert.id}:{alert.episode}:over:{who}", ports.new_id()
        if by_sms(who):
            found.append(alert_text(new_id, key, ToApprover.ALERT_OVER, who, facts, now, alert.request_id))
        else:
            word = NoticeKind.ALERT_SOLVED
            found.append(note_to(new_id, key, word, who, facts, alert.request_id, alert.code_id, now))
    return found
