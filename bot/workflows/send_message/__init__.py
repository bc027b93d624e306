"""Hands one message over: a text to a guest's phone, or a notice to chat.

Claimed by a guarded update and committed before the call. A call whose outcome is unknown is looked up at the vendor
before it is tried again, so the same thing is never said twice.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.conversation.guest_texts.approver_texts import (
    ToApprover,
    good_for_approver,
    is_to_approver,
    named,
    to_approver,
)
from bot.conversation.guest_texts.drafts import only, with_contact
from bot.conversation.guest_texts.kinds import kind_of_text
from bot.conversation.guest_texts.phrases import NEEDS_PIN, SEALED, WITH_PAGE, Phrase, sms
from bot.conversation.team.delivery import OPTED_OUT
from bot.conversation.team.drafts import not_delivered, raise_unseen, unread
from bot.conversation.team.history import LINE, Event, history, reply, text_facts, told_in_thread
from bot.conversation.team.notices import FROM_WORKSPACE, NoticeKind, notice
from bot.conversation.team.settled import settled, settling_key, taken
from bot.domain.approvals.sms_approvers import phone_of
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Attempt, Medium, Message, MessageStatus, Route
from bot.domain.messages.notice import Posted
from bot.domain.messages.rate_limits import Bucket
from bot.domain.messages.retrying import next_look
from bot.domain.pins import Phone, Pin
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.alerts import passed_over
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import newest_like
from bot.domain.stays.text_times import ANSWER_GOOD, good_until, send_at, still_true
from bot.ports import (
    Gone,
    Misconfigured,
    OptedOut,
    OutcomeUnknown,
    Ports,
    ProviderError,
    Rejected,
    Subject,
    Text,
    Unavailable,
    UnitOfWork,
)
from bot.ports.house import workspace_name
from bot.ports.stale import retry_if_stale
from bot.workflows.send_message.after_error import after_error
from bot.workflows.send_message.arrivals import read_morning
from bot.workflows.send_message.by_source import addressed, contact_facts
from bot.workflows.send_message.overtaken import CHANGES, is_changing, worth_sending
from bot.workflows.send_message.pace import hold_back

_THREAD_WAIT = timedelta(seconds=30)
"""A reply behind another looks again after this, should the nudge of the one before it be lost; and so does what
settles a notice that is still to be posted."""


@dataclass(frozen=True, slots=True)
class _SendClaim:
    """A message in our hands. `tried` says that an earlier attempt may have gone through. `under`: the card whose
    thread it belongs to. `asked`: the notice that it settles. `line`: the reply that it changes. `sealed`: words that
    belong into it and lay under a seal. `workspace`: where it was asked for, and `place` how people call that."""

    message: Message
    tried: bool
    phone: Phone | None = None
    pins: tuple[Pin, ...] = ()
    sealed: str | None = None
    known: frozenset[str] = frozenset()
    good_for: timedelta | None = None
    under: Posted | None = None
    asked: Message | None = None
    line: Message | None = None
    workspace: str = ""
    place: Mapping[str, str] = field(default_factory=dict)
    only_look: bool = False
    """The stay has another number now: what may have gone out is looked for, and nothing is sent."""
    page: str = ""
    """The address of the guest's page, where the text names it."""
    contact: Mapping[str, str] = field(default_factory=dict)
    """Whom guests of its source ask, where the rules say so."""


class _NoLongerTheirs(Exception):
    """The text has not gone out, and the number that it was for is not the stay's any more."""


async def send_message(ports: Ports, message_id: str) -> None:
    """One attempt. Safe to repeat; a vendor's trouble only moves the next look."""
    claim = await _claim(ports, message_id)
    if claim is None:
        return
    try:
        ref = await (_text(ports, claim) if claim.message.medium is Medium.SMS else _post(ports, claim))
    except ProviderError as error:
        # A transaction of its own: all posts heed the bucket, so it hears of the error even where the message moved on.
        await _tell_bucket(ports, claim, error)
        await _record_error(ports, claim, error)
    except _NoLongerTheirs:
        await _drop(ports, claim)
    else:
        await _record(ports, claim, ref)


@retry_if_stale
async def _claim(ports: Ports, message_id: str) -> _SendClaim | None:
    now, wall = ports.clock.now(), ports.clock.wall()
    async with ports.store() as uow:
        message = await uow.messages.get(message_id, for_update=True)
        if message is None or not _may_go(message, now, wall):
            return None
        asked = await uow.messages.get(message.facts["of"]) if message.phrase in CHANGES else None
        morning = await read_morning(ports, uow, message) if message.phrase == NoticeKind.MORNING.value else {}
        # Before a turn is taken: what is dropped must use up no permit of the chat.
        if morning is None or not await worth_sending(uow, message, asked):
            await uow.messages.save(replace(message, status=MessageStatus.DROPPED, due_at=None))
            return None
        about = await _text_about(ports, uow, message)
        if about is not None and not await _goes_now(ports, uow, message, about):
            return None
        page = await _page(ports, uow, message, about)
        under = await _thread(uow, message)
        line = await uow.messages.get(message.facts[LINE]) if LINE in message.facts else None
        waits = asked is not None and (asked.vendor_ref is None or await is_changing(uow, message, asked))
        if waits or (message.in_thread and under is None):
            await uow.messages.save(replace(message, due_at=now + _THREAD_WAIT))
            return None
        request = await uow.requests.get(message.request_id) if message.request_id else None
        home = request.workspace if request else message.facts.get("workspace", "")
        message = await addressed(ports, uow, message, request, asked)
        turn = wall
        if message.medium is Medium.SMS and message.attempts == 0:
            # Counted once: a second try, or a look for what became of the first, is the same text.
            turn = wall + (await hold_back(ports, uow, message, request, about.guest if about else None, now) - now)
        elif message.medium is Medium.SLACK:
            # The bucket last: every post needs its row, so nothing is waited for behind it.
            turn = await uow.rate_limits.take(_bucket(ports, message, under, home), message.id, wall)
        if turn > wall:
            # A turn is machine time and `due_at` the time that people live by: only the wait is carried over.
            await uow.messages.save(replace(message, due_at=now + (turn - wall)))
            # A reply is the next in its thread: it would make itself due again, at once and until its turn.
            if message.medium is Medium.SMS:
                await _touch(ports, uow, message)
            return None
        good_for = about.until - now if about is not None else None
        claim = await _take(ports, uow, message, about.still if about else ())
        if morning:
            claim = replace(claim, message=replace(claim.message, facts={**message.facts, **morning}))
        # Drawn, not kept: how a workspace is called, and whether there are several, may change until then.
        where = await workspace_name(ports, uow, home)
        place = {FROM_WORKSPACE: where} if where else {}
        contact = contact_facts(ports, request, about.lock if about else None)
        claim = replace(claim, only_look=about is not None and about.moved, page=page, contact=contact)
        return replace(claim, under=under, asked=asked, line=line, good_for=good_for, workspace=home, place=place)


def _may_go(message: Message, now: datetime, wall: datetime) -> bool:
    if message.status not in (MessageStatus.QUEUED, MessageStatus.SENDING):
        return False
    # As of a mint: no nudge overrides `due_at`, and a lease is machine time.
    return (message.due_at or now) <= now and (message.claimed_until or wall) <= wall


def _bucket(ports: Ports, message: Message, under: Posted | None, home: str) -> Bucket:
    update = message.phrase in CHANGES or LINE in message.facts
    return ports.chat.bucket(under.channel if under else message.recipient, update=update, workspace=home)


async def _thread(uow: UnitOfWork, message: Message) -> Posted | None:
    """The card to reply to; None while it is not posted, or an older reply is still to come."""
    if not message.in_thread or message.request_id is None:
        return None
    card, first = await uow.cards.get(message.request_id), await uow.messages.next_in_thread(message.request_id)
    if card is None or card.ts is None or first is None or first.id != message.id:
        return None
    return Posted(card.channel, card.ts)


@dataclass(frozen=True, slots=True)
class _About:
    """What a text to a guest is about, and until when its words are true. `code` is None where it is about no stay;
    `still` are those of its codes about which its words are still true. `moved`: the stay has another number now."""

    guest: Guest | None
    until: datetime
    code: AccessCode | None = None
    lock: Lock | None = None
    still: tuple[str, ...] = ()
    moved: bool = False


async def _text_about(ports: Ports, uow: UnitOfWork, message: Message) -> _About | None:
    """None for what is no text."""
    if message.medium is not Medium.SMS:
        return None
    if is_to_approver(message.phrase):
        return _About(None, good_for_approver(message))
    guest = await uow.guests.get(message.recipient)
    code = await uow.codes.get(message.code_id) if message.code_id else None
    lock = await uow.locks.get(code.lock_id) if code else None
    if code is None or lock is None:
        return _About(guest, message.created_at + ANSWER_GOOD)
    codes, kind, used = await uow.codes.of_request(code.request_id), kind_of_text(message), set()
    for each in (one for one in codes if one.id in message.code_ids):
        if each.status is CodeStatus.ACTIVE or await uow.codes.evidence(each.id):
            used.add(each.id)
    still = tuple(
        each.id
        for each in codes
        if each.id in message.code_ids and still_true(kind, each, newest_like(codes, each), used=each.id in used)
    )
    until = good_until(kind, code, message.created_at, ports.policy, lock.zoneinfo, used=code.id in used)
    return _About(guest, until, code, lock, still, moved=code.guest_id != message.recipient)


async def _goes_now(ports: Ports, uow: UnitOfWork, message: Message, about: _About) -> bool:
    """What has stopped being true is dropped, what would wake people waits, and who wants no texts gets none."""
    now, kind, code = ports.clock.now(), kind_of_text(message), about.code
    # A number that was corrected may be a stranger's: it gets nothing more, however the text came to wait.
    astray = about.moved and message.status is MessageStatus.QUEUED
    if astray or now >= about.until or (code is not None and not about.still):
        await uow.messages.save(replace(message, status=MessageStatus.DROPPED, due_at=None))
        await _touch(ports, uow, message)
        return False
    if message.status is not MessageStatus.QUEUED:
        return True  # it may have gone: it is looked up first, whatever would hold it back now
    if about.guest is not None and about.guest.opted_out_at is not None:
        refused = replace(message, status=MessageStatus.REFUSED, problem=OPTED_OUT, due_at=None, claimed_until=None)
        await uow.messages.save(refused)
        await _touch(ports, uow, refused)
        await _alarm(ports, uow, refused)
        return False
    if message.planned and code is not None and about.lock is not None:
        goes_at = send_at(kind, code.window, now, ports.policy, about.lock.zoneinfo)
        if goes_at > now:
            await uow.messages.save(replace(message, due_at=goes_at))
            await _touch(ports, uow, message)
            return False
    return True


async def _page(ports: Ports, uow: UnitOfWork, message: Message, about: _About | None) -> str:
    wanted = about is not None and about.lock is not None and about.lock.guest_info.page
    if not (wanted and message.phrase in WITH_PAGE and message.request_id and ports.options.pages):
        return ""
    return ports.options.pages + await uow.pages.token_of(message.request_id)


async def _take(ports: Ports, uow: UnitOfWork, message: Message, still: tuple[str, ...]) -> _SendClaim:
    """`still`: of a text to a guest, the codes about which it is still true."""
    now = ports.clock.now()
    held = await uow.messages.save(
        replace(
            message,
            status=MessageStatus.SENDING,
            attempts=message.attempts + 1,
            # Of the first try: a look-up has to reach back to whatever may have gone through.
            tried_at=message.tried_at or now,
            claimed_until=ports.clock.wall() + ports.options.lease,
            due_at=now + ports.options.lease,
        )
    )
    # By the status before this claim: QUEUED says that every earlier try certainly failed.
    claim = _SendClaim(held, tried=message.status is MessageStatus.SENDING)
    if message.medium is not Medium.SMS:
        return claim
    guest = await uow.guests.get(message.recipient)
    # In the order of the text's own doors; what has stopped being true is left out of it.
    named = [each for each in message.code_ids if each in still] if message.phrase in NEEDS_PIN else []
    found = [await uow.codes.pin(each) for each in named]
    if len(message.code_ids) > 1 and named:
        held = replace(held, facts=only(held.facts, named))
        claim = replace(claim, message=held)
    # The same words may have gone out before, as by a resend: a look-up must not take that text for this one.
    known = await uow.messages.refs_to(message.recipient) if claim.tried else frozenset()
    sealed = await uow.words.open(message.id)
    phone = guest.phone if guest else phone_of(ports.rules.phones, message.recipient)
    pins = tuple(pin for pin in found if pin is not None)
    return replace(claim, phone=phone, pins=pins, sealed=sealed, known=known)


async def _text(ports: Ports, claim: _SendClaim) -> str:
    message = claim.message
    if claim.phone is None or message.tried_at is None:
        raise Rejected("there is no number to text any more")
    # Only a lasting no leaves a name empty: Unavailable goes on to the caller, and the text is tried again later.
    names, home = {}, claim.workspace or claim.message.facts.get("workspace", "")
    for person in named(claim.message):
        try:
            names[person] = await ports.chat.name(person, workspace=home)
        except (Misconfigured, Rejected):
            names[person] = ""
    body = _words(ports, claim, names)
    over = message.facts.get("over", "") if message.way is Route.REPLY else ""
    text = Text(message.id, claim.phone, body, message.tried_at, message.way, claim.good_for, over)
    found = await ports.texter.find(text, claim.known) if claim.tried else None
    if found is None and claim.only_look:
        raise _NoLongerTheirs
    return found or await ports.texter.send(text)


def _words(ports: Ports, claim: _SendClaim, names: Mapping[str, str]) -> str:
    message = claim.message
    if is_to_approver(message.phrase):
        return to_approver(ToApprover(message.phrase), {**message.facts, **claim.place}, claim.sealed, names)
    phrase = Phrase(message.phrase)
    if phrase not in SEALED:
        facts: Mapping[str, str] = {**message.facts, **claim.contact}
        pins = claim.pins
        facts = with_contact(facts, ports.options.contact)
        facts = {**facts, "page": claim.page} if claim.page else facts
        # What answers a guest leaves from the address that they wrote to.
        one_way = ports.options.one_way and message.way is not Route.REPLY
        return sms(phrase, facts, pins[0] if pins else None, ports.options.wording, pins[1:], one_way=one_way)
    if claim.sealed is None:
        raise Rejected("the words have been erased")
    return claim.sealed


async def _post(ports: Ports, claim: _SendClaim) -> str:
    message, under = claim.message, claim.under
    (where, thread), home = (under.channel, under.ts) if under else (message.recipient, None), claim.workspace
    if claim.asked is not None and claim.asked.vendor_ref is not None:  # done twice it says the same
        shown = taken if message.phrase == NoticeKind.TAKEN.value else settled
        asked = replace(claim.asked, facts={**claim.asked.facts, **claim.place})
        post, words = Posted(where, claim.asked.vendor_ref), shown(asked, message.facts)
        await ports.chat.update(post, words, post_id=claim.asked.id, workspace=home)
        return f"{message.phrase} {claim.asked.vendor_ref}"
    if claim.line is not None and claim.line.vendor_ref is not None:
        post, words = Posted(where, claim.line.vendor_ref), history(Event(message.phrase), message.facts)
        with suppress(Gone):  # somebody has deleted the line, so it is said anew
            await ports.chat.update(post, words, post_id=claim.line.id, workspace=home)
            return f"{message.phrase} {claim.line.vendor_ref}"
    if claim.tried and message.tried_at is not None:
        since = message.tried_at
        found = await ports.chat.find(where, post_id=message.id, since=since, thread=thread, workspace=home)
        if found is not None:
            return found.ts
    facts = {**message.facts, **claim.place}
    words = history(Event(message.phrase), message.facts) if under else notice(NoticeKind(message.phrase), facts)
    return (await ports.chat.post(where, words, post_id=message.id, thread=thread, workspace=home)).ts


@retry_if_stale
async def _record(ports: Ports, claim: _SendClaim, ref: str) -> None:
    """Reports can be faster than this: one that failed already, or has arrived, stays as they have it."""
    async with ports.store() as uow:
        message = await uow.messages.get(claim.message.id, for_update=True)
        if message is not None and ref not in message.earlier_refs:
            message = _as_sent(message, claim, ref, ports.clock.now())
            await uow.messages.save(replace(message, claimed_until=None))
            await _keep_history(ports, uow, message)
            await _touch(ports, uow, message)
            if message.phrase == NoticeKind.APPROVAL_REMINDER.value and message.request_id is not None:
                for alert in await uow.alerts.open_of(message.request_id):
                    await uow.alerts.save(replace(alert, due_at=ports.clock.now()))
                    uow.nudge(Subject.ALERT, alert.id)
        if claim.message.medium is Medium.SLACK:
            await uow.rate_limits.answered(_bucket(ports, claim.message, claim.under, claim.workspace))


def _as_sent(message: Message, claim: _SendClaim, ref: str, now: datetime) -> Message:
    if message.status is MessageStatus.SENDING:
        due = next_look(0, now) if message.medium is Medium.SMS else None
        return replace(message, status=MessageStatus.SENT, vendor_ref=ref, problem=None, due_at=due)
    # Gone out twice after all, and a report was faster: both references are kept, so that reports of both are known.
    if message.vendor_ref not in (None, ref):
        return replace(message, earlier=(*message.earlier, Attempt(ref, "", now, claim.message.way)))
    return replace(message, vendor_ref=ref)


async def _touch(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """A text changes what its code's card says, and the PIN's text moves the code along; a reply lets the next go, and
    a notice what was to change it: whoever answers in the very moment in which it is posted is faster than this."""
    if message.in_thread:
        await _free(ports, uow, await uow.messages.next_in_thread(message.request_id or ""))
    elif message.medium is Medium.SLACK:
        await _free(ports, uow, await uow.messages.by_key(settling_key(message.id)))
    if message.medium is Medium.SMS and message.code_id and message.request_id:
        now = ports.clock.now()
        await uow.cards.want(message.request_id, ports.options.approvals_channel, now)
        for code_id in message.code_ids:
            await uow.schedule_now(code_id, now)
        uow.nudge(Subject.CARD, message.request_id)


async def _free(ports: Ports, uow: UnitOfWork, waiting: Message | None) -> None:
    if waiting is not None and waiting.status is MessageStatus.QUEUED:
        await uow.messages.save(replace(waiting, due_at=ports.clock.now()))
        uow.nudge(Subject.MESSAGE, waiting.id)


async def _keep_history(ports: Ports, uow: UnitOfWork, message: Message, event: Event = Event.TEXTED) -> None:
    if message.medium is not Medium.SMS or message.request_id is None or not told_in_thread(message.phrase):
        return
    key, channel, now = f"{event.value}:{message.id}", ports.options.approvals_channel, ports.clock.now()
    facts = text_facts(message, now, ports.options.zone)
    await uow.enqueue(reply(ports.new_id(), key, event, message.request_id, channel, now, facts))


@retry_if_stale
async def _drop(ports: Ports, claim: _SendClaim) -> None:
    async with ports.store() as uow:
        message = await uow.messages.get(claim.message.id, for_update=True)
        if message is None or message.status is not MessageStatus.SENDING or message.attempts != claim.message.attempts:
            return
        dropped = replace(message, status=MessageStatus.DROPPED, due_at=None, claimed_until=None)
        await uow.messages.save(dropped)
        await _touch(ports, uow, dropped)


@retry_if_stale
async def _record_error(ports: Ports, claim: _SendClaim, error: ProviderError) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        message = await uow.messages.get(claim.message.id, for_update=True)
        # The lease ran out and another has it in hand, or a report was faster: this error is old.
        if message is None or message.status is not MessageStatus.SENDING or message.attempts != claim.message.attempts:
            return
        good_for = claim.good_for or ANSWER_GOOD
        after = after_error(ports, message, error, now, tried=claim.tried, good_for=good_for)
        await uow.messages.save(after)
        # Tried every five minutes for as long as it takes to mend: said once.
        if not isinstance(error, Misconfigured) or message.attempts == 1:
            await uow.audit.note(now, "vendor", type(error).__name__, message.id, said=str(error))
        if isinstance(error, Misconfigured) and message.medium is Medium.SLACK:
            await _go_another_way(ports, uow, message, str(error))
        if isinstance(error, OptedOut):
            await uow.guests.opt_out(message.recipient, now)
        if after.status is MessageStatus.REFUSED or (after.problem and message.medium is Medium.SMS):
            await _touch(ports, uow, after)
        if after.status is MessageStatus.REFUSED:
            await _keep_history(ports, uow, after, Event.UNDELIVERED)
        if after.status is MessageStatus.REFUSED or isinstance(error, Misconfigured):
            await _alarm(ports, uow, after)
        if after.status is MessageStatus.QUEUED and after.way is not message.way:
            uow.nudge(Subject.MESSAGE, after.id)
        if (
            isinstance(error, Rejected)
            and after.status is not MessageStatus.REFUSED
            and message.in_thread
            and message.request_id is not None
        ):
            # the card may be gone: shown again, it is posted anew where it is
            await uow.cards.want(message.request_id, ports.options.approvals_channel, now)
            uow.nudge(Subject.CARD, message.request_id)


async def _go_another_way(ports: Ports, uow: UnitOfWork, message: Message, problem: str) -> None:
    """What the channel does not take is for those who come after it: of an alert, and of a request that waits."""
    now = ports.clock.now()
    if "alert" in message.facts and "calls" not in message.facts and "copy" not in message.facts:
        alert = await uow.alerts.get(message.facts["alert"], for_update=True)
        if alert is not None and (after := passed_over(alert, now)) != alert:
            await uow.alerts.save(after)
            uow.nudge(Subject.ALERT, alert.id)
    if message.phrase == NoticeKind.APPROVAL_REMINDER.value and message.request_id is not None:
        await raise_unseen(ports, uow, message.request_id, problem)


@retry_if_stale
async def _tell_bucket(ports: Ports, claim: _SendClaim, error: ProviderError) -> None:
    if claim.message.medium is not Medium.SLACK:
        return
    bucket = _bucket(ports, claim.message, claim.under, claim.workspace)
    async with ports.store() as uow:
        if isinstance(error, Unavailable | OutcomeUnknown):
            await uow.rate_limits.failed(bucket, ports.clock.wall(), getattr(error, "retry_after", None))
        else:
            await uow.rate_limits.answered(bucket)


async def _alarm(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """A text that no vendor will ever take: staff hear of it at once."""
    code = await uow.codes.get(message.code_id) if message.code_id else None
    guest = await uow.guests.of_stay(code.request_id) if code and message.medium is Medium.SMS else None
    lock = await uow.locks.get(code.lock_id) if code else None
    if code is None or guest is None or lock is None:
        return
    now, channel = ports.clock.now(), ports.options.approvals_channel
    draft = not_delivered(ports.new_id(), message, guest, lock, code, channel, message.problem or "", now)
    request = await uow.requests.get(code.request_id)
    if request is not None:
        quiet = ports.policy.quiet
        await uow.raise_alert(*unread(draft, code, lock, request.requester, quiet, ports.new_id))
