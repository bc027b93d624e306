"""Hands messages over: a text to a guest's phone, or a notice to chat.

Claimed by a guarded update and committed before the call. A call whose outcome is unknown is looked up at the vendor
before it is tried again, so the same thing is never said twice.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
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
from bot.conversation.team.history import LINE, Event, history
from bot.conversation.team.notices import FROM_WORKSPACE, NoticeKind, notice
from bot.conversation.team.settled import settled, taken
from bot.domain.approvals.sms_approvers import phone_of
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Medium, Message, MessageStatus, Route
from bot.domain.messages.notice import Posted
from bot.domain.messages.rate_limits import Bucket, Permit
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import newest_like
from bot.domain.stays.text_times import ANSWER_GOOD, good_until, send_at, still_true
from bot.ports import Gone, Misconfigured, Ports, ProviderError, Rejected, Text, UnitOfWork
from bot.ports.house import workspace_name
from bot.ports.stale import retry_if_stale
from bot.workflows.send_message.arrivals import read_morning
from bot.workflows.send_message.by_source import addressed, contact_facts
from bot.workflows.send_message.claims import SendClaim, bucket_of
from bot.workflows.send_message.overtaken import CHANGES, is_changing, worth_sending
from bot.workflows.send_message.pace import hold_back, places
from bot.workflows.send_message.recording import alarm_of, drop, record, record_error, tell_bucket, touch

_TOGETHER_SECONDS = 0.25
"""What comes back within so long is recorded together."""

_THREAD_WAIT = timedelta(seconds=30)
"""A reply behind another looks again after this, should the nudge of the one before it be lost; and so does what
settles a notice that is still to be posted."""


class _NoLongerTheirs(Exception):
    """The text has not gone out, and the number that it was for is not the stay's any more."""


async def send_message(ports: Ports, message_ids: str) -> None:
    """One attempt. `message_ids`: one, or several that wait together, with commas between them. Safe to repeat; a
    vendor's trouble only moves the next look."""
    claims = await _claim(ports, message_ids.split(","))
    going = {asyncio.create_task(_hand_over(ports, claim)): claim for claim in claims}
    bugs = list[BaseException]()
    try:
        while going:
            # What is slow keeps nothing waiting that went through.
            done, _ = await asyncio.wait(going, timeout=_TOGETHER_SECONDS if len(going) > 1 else None)
            done = done or (await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED))[0]
            ended = [(going.pop(task), task) for task in done]
            bugs += [bug for _, task in ended if (bug := task.exception())]
            gone = [(claim, task.result()) for claim, task in ended if task.exception() is None]
            if sent := [(claim, ref) for claim, ref in gone if ref is not None]:
                await record(ports, sent)
    finally:
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
    if bugs:
        raise bugs[0]


async def _hand_over(ports: Ports, claim: SendClaim) -> str | None:
    """What its vendor calls it; None where it has not gone out."""
    try:
        return await (_text(ports, claim) if claim.message.medium is Medium.SMS else _post(ports, claim))
    except ProviderError as error:
        # A transaction of its own: all posts heed the bucket, so it hears of the error even where the message moved on.
        await tell_bucket(ports, claim, error)
        await record_error(ports, claim, error)
    except _NoLongerTheirs:
        await drop(ports, claim)
    return None


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


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message that may go as soon as it is its turn. `about` is None for a post, `morning` empty for what is no
    morning message."""

    message: Message
    request: AccessRequest | None
    about: _About | None
    page: str
    under: Posted | None
    asked: Message | None
    line: Message | None
    morning: Mapping[str, str]

    @property
    def home(self) -> str:
        return self.request.workspace if self.request else self.message.facts.get("workspace", "")


@retry_if_stale
async def _claim(ports: Ports, message_ids: Sequence[str]) -> list[SendClaim]:
    now, wall = ports.clock.now(), ports.clock.wall()
    async with ports.store() as uow:
        found = await uow.messages.for_update(message_ids)
        may_go = [one for one in found.values() if _may_go(one, now, wall)]
        stays = {stay: await uow.requests.get(stay) for stay in {one.request_id for one in may_go} if stay}
        looked = [await _look(ports, uow, one, stays.get(one.request_id or ""), now) for one in may_go]
        ready = [one for one in looked if one is not None]
        # The buckets last: every post needs their rows, so nothing is waited for behind them.
        await uow.rate_limits.for_update([place for one in ready for place in _places(ports, one)])
        permits = [await _permit(ports, uow, one, now, wall) for one in ready]
        going = [
            (one, permit.probes)
            for one, permit in zip(ready, permits, strict=True)
            if permit.at <= wall or await _wait(ports, uow, one.message, now + (permit.at - wall))
        ]
        taken = await uow.messages.save_all([_taken(ports, one.message, now) for one, _ in going])
        return [
            await _claimed(ports, uow, one, message, now, probes=probes)
            for (one, probes), message in zip(going, taken, strict=True)
        ]


async def _look(
    ports: Ports, uow: UnitOfWork, message: Message, request: AccessRequest | None, now: datetime
) -> _Ready | None:
    """None for what is not to go, or not yet; that is written down."""
    asked = await uow.messages.get(message.facts["of"]) if message.phrase in CHANGES else None
    morning = await read_morning(ports, uow, message) if message.phrase == NoticeKind.MORNING.value else {}
    # Before a turn is taken: what is dropped must use up no permit of the chat.
    if morning is None or not await worth_sending(uow, message, asked):
        await uow.messages.save(replace(message, status=MessageStatus.DROPPED, due_at=None))
        return None
    about = await _text_about(ports, uow, message, request)
    if about is not None and not await _goes_now(ports, uow, message, about):
        return None
    page = await _page(ports, uow, message, about)
    under = await _thread(uow, message)
    line = await uow.messages.get(message.facts[LINE]) if LINE in message.facts else None
    waits = asked is not None and (asked.vendor_ref is None or await is_changing(uow, message, asked))
    if waits or (message.in_thread and under is None):
        await uow.messages.save(replace(message, due_at=now + _THREAD_WAIT))
        return None
    message = await addressed(ports, uow, message, request, asked)
    return _Ready(message, request, about, page, under, asked, line, morning)


async def _permit(ports: Ports, uow: UnitOfWork, one: _Ready, now: datetime, wall: datetime) -> Permit:
    message = one.message
    if message.medium is Medium.SLACK:
        return await uow.rate_limits.take(_bucket(ports, one), message.id, wall)
    if message.attempts:
        return Permit(wall)  # counted once: a second try, or a look for what became of the first, is the same text
    guest = one.about.guest if one.about else None
    return Permit(wall + (await hold_back(ports, uow, message, one.request, guest, now) - now))


def _places(ports: Ports, one: _Ready) -> Sequence[tuple[Bucket, str]]:
    """What has to be taken for it, each bucket with the name of its place there."""
    if one.message.medium is Medium.SLACK:
        return [(_bucket(ports, one), one.message.id)]
    return [] if one.message.attempts else places(ports, one.message, one.request)


def _bucket(ports: Ports, one: _Ready) -> Bucket:
    return bucket_of(ports, one.message, one.under, one.home)


async def _wait(ports: Ports, uow: UnitOfWork, message: Message, due_at: datetime) -> bool:
    """A turn is machine time and `due_at` the time that people live by: only the wait is carried over. False, always:
    it does not go."""
    await uow.messages.save(replace(message, due_at=due_at))
    # A reply is the next in its thread: it would make itself due again, at once and until its turn.
    if message.medium is Medium.SMS:
        await touch(ports, uow, message)
    return False


def _may_go(message: Message, now: datetime, wall: datetime) -> bool:
    if message.status not in (MessageStatus.QUEUED, MessageStatus.SENDING):
        return False
    # As of a mint: no nudge overrides `due_at`, and a lease is machine time.
    return (message.due_at or now) <= now and (message.claimed_until or wall) <= wall


async def _thread(uow: UnitOfWork, message: Message) -> Posted | None:
    """The card to reply to; None while it is not posted, or an older reply is still to come."""
    if not message.in_thread or message.request_id is None:
        return None
    thread = await uow.cards.thread(message.request_id)
    return thread[0] if thread and thread[1] == message.id else None


async def _text_about(ports: Ports, uow: UnitOfWork, message: Message, request: AccessRequest | None) -> _About | None:
    """None for what is no text."""
    if message.medium is not Medium.SMS:
        return None
    if is_to_approver(message.phrase):
        return _About(None, good_for_approver(message))
    theirs = request is not None and request.guest_id == message.recipient
    guest = await (uow.guests.of_stay(request.id) if request and theirs else uow.guests.get(message.recipient))
    codes = await uow.codes.of_request(message.request_id) if message.request_id and message.code_id else ()
    code = next((each for each in codes if each.id == message.code_id), None)
    lock = await uow.locks.get(code.lock_id) if code else None
    if code is None or lock is None:
        return _About(guest, message.created_at + ANSWER_GOOD)
    kind, used = kind_of_text(message), {one.code_id for one in await uow.codes.evidence_of(message.code_ids)}
    used |= {each.id for each in codes if each.status is CodeStatus.ACTIVE}
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
        await touch(ports, uow, message)
        return False
    if message.status is not MessageStatus.QUEUED:
        return True  # it may have gone: it is looked up first, whatever would hold it back now
    if about.guest is not None and about.guest.opted_out_at is not None:
        refused = replace(message, status=MessageStatus.REFUSED, problem=OPTED_OUT, due_at=None, claimed_until=None)
        await uow.messages.save(refused)
        await touch(ports, uow, refused)
        await alarm_of(ports, uow, refused)
        return False
    if message.planned and code is not None and about.lock is not None:
        goes_at = send_at(kind, code.window, now, ports.policy, about.lock.zoneinfo)
        if goes_at > now:
            await uow.messages.save(replace(message, due_at=goes_at))
            await touch(ports, uow, message)
            return False
    return True


async def _page(ports: Ports, uow: UnitOfWork, message: Message, about: _About | None) -> str:
    wanted = about is not None and about.lock is not None and about.lock.guest_info.page
    if not (wanted and message.phrase in WITH_PAGE and message.request_id and ports.options.pages):
        return ""
    return ports.options.pages + await uow.pages.token_of(message.request_id)


def _taken(ports: Ports, message: Message, now: datetime) -> Message:
    return replace(
        message,
        status=MessageStatus.SENDING,
        attempts=message.attempts + 1,
        # Of the first try: a look-up has to reach back to whatever may have gone through.
        tried_at=message.tried_at or now,
        claimed_until=ports.clock.wall() + ports.options.lease,
        due_at=now + ports.options.lease,
    )


async def _claimed(
    ports: Ports, uow: UnitOfWork, one: _Ready, held: Message, now: datetime, *, probes: bool
) -> SendClaim:
    """`held`: the message as it is in our hands."""
    # Drawn, not kept: how a workspace is called, and whether there are several, may change until then.
    where = await workspace_name(ports, uow, one.home)
    claim = SendClaim(
        replace(held, facts={**held.facts, **one.morning}) if one.morning else held,
        # By the status before this claim: QUEUED says that every earlier try certainly failed.
        tried=one.message.status is MessageStatus.SENDING,
        probes=probes,
        under=one.under,
        asked=one.asked,
        line=one.line,
        workspace=one.home,
        place={FROM_WORKSPACE: where} if where else {},
    )
    return await _with_words(ports, uow, claim, one, one.about, now) if one.about is not None else claim


async def _with_words(
    ports: Ports, uow: UnitOfWork, claim: SendClaim, one: _Ready, about: _About, now: datetime
) -> SendClaim:
    """What belongs into a text, and to which number it goes."""
    held = claim.message
    # In the order of the text's own doors; what has stopped being true is left out of it.
    named = [each for each in held.code_ids if each in about.still] if held.phrase in NEEDS_PIN else []
    found = [await uow.codes.pin(each) for each in named]
    if len(held.code_ids) > 1 and named:
        held = replace(held, facts=only(held.facts, named))
    under_seal = held.phrase in SEALED or is_to_approver(held.phrase)
    return replace(
        claim,
        message=held,
        phone=about.guest.phone if about.guest else phone_of(ports.rules.phones, held.recipient),
        pins=tuple(pin for pin in found if pin is not None),
        sealed=await uow.words.open(held.id) if under_seal else None,
        # The same words may have gone out before, as by a resend: a look-up must not take that text for this one.
        known=await uow.messages.refs_to(held.recipient) if claim.tried else frozenset(),
        good_for=about.until - now,
        only_look=about.moved,
        page=one.page,
        contact=contact_facts(ports, one.request, about.lock),
    )


async def _text(ports: Ports, claim: SendClaim) -> str:
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


def _words(ports: Ports, claim: SendClaim, names: Mapping[str, str]) -> str:
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


async def _post(ports: Ports, claim: SendClaim) -> str:
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
