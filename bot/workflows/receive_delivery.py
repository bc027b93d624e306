"""A vendor tells how far a text has come, or is asked where it stays silent. States only move forward, whatever order
they arrive in; a definite failure is answered by `bot.domain.messages.retrying`."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation.guest_texts.approver_texts import good_for_approver, is_to_approver
from bot.conversation.guest_texts.kinds import kind_of_text
from bot.conversation.team.drafts import not_delivered, unread
from bot.conversation.team.history import LINE, Event, reply, text_facts, told_in_thread
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import DELIVERED_AT, FINAL, Attempt, Medium, Message, MessageStatus, later
from bot.domain.messages.retrying import Cause, Failure, after_failure, next_look
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.guests import Guest
from bot.domain.stays.text_times import good_until
from bot.ports import Ports, ProviderError, TextInfo, UnitOfWork
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card
from bot.workflows.process_code import advance_codes

_UNSAID = "The carrier did not say why."


@dataclass(frozen=True, slots=True)
class Report:
    """`message_id` is ours, from the report's own address; `problem` is in plain words, without the vendor's."""

    sid: str
    status: MessageStatus
    message_id: str | None = None
    problem: str | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class _Stay:
    """What a text is about."""

    code: AccessCode
    guest: Guest
    lock: Lock
    used: bool


@retry_if_stale
async def receive_delivery(ports: Ports, report: Report) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        # By reference and state: reports repeat and come in any order (facts/slack-twilio.md §3.4).
        if not await uow.deliveries.first("sms_status", f"{report.sid}:{report.status.value}", now):
            return
        message = await _message(uow, report)
        if message is not None:
            await _take_in(ports, uow, message, report)


async def look_for_report(ports: Ports, message_id: str) -> None:
    """Asks the vendor about a text that it does not report on; so many times, as "sent" may be its last word."""
    ref = await _claim_look(ports, message_id)
    if ref is None:
        return
    try:
        seen = await ports.texter.look_up(ref)
    except ProviderError as error:
        await _note_error(ports, message_id, error)
        return
    if seen is not None:
        await _take_in_seen(ports, message_id, ref, seen)


@retry_if_stale
async def _claim_look(ports: Ports, message_id: str) -> str | None:
    """The next look is planned before this one is made: whoever fails in between loses only this one."""
    now = ports.clock.now()
    async with ports.store() as uow:
        message = await uow.messages.get(message_id, for_update=True)
        if message is None or message.status is not MessageStatus.SENT or message.medium is not Medium.SMS:
            return None
        if message.due_at is None or message.due_at > now:
            return None
        looks = message.looks + 1
        await uow.messages.save(replace(message, looks=looks, due_at=next_look(looks, now)))
        return message.vendor_ref


@retry_if_stale
async def _note_error(ports: Ports, message_id: str, error: ProviderError) -> None:
    async with ports.store() as uow:
        await uow.audit.note(ports.clock.now(), "vendor", type(error).__name__, message_id, said=str(error))


@retry_if_stale
async def _take_in_seen(ports: Ports, message_id: str, ref: str, seen: TextInfo) -> None:
    async with ports.store() as uow:
        message = await uow.messages.get(message_id, for_update=True)
        # Tried again meanwhile: what was seen is of an attempt that no longer stands for the message.
        if message is None or message.vendor_ref != ref or seen.status is message.status:
            return
        await uow.audit.note(ports.clock.now(), "clock", "text_looked_up", message_id, status=seen.status.value)
        await _take_in(ports, uow, message, Report(ref, seen.status, message_id, seen.problem, seen.cause))


async def _message(uow: UnitOfWork, report: Report) -> Message | None:
    """Ours by the vendor's reference, else by the id in the address; never one that already has another reference,
    unless it is that of an attempt which failed."""
    found = await uow.messages.by_vendor_ref(report.sid)
    if found is None and report.message_id is not None:
        found = await uow.messages.get(report.message_id)
    if found is None:
        return None
    # `found` was read without a hold: the references are compared on the row as it stands behind its stay.
    held = await uow.messages.get(found.id, for_update=True)
    known = held is not None and (held.vendor_ref in (None, report.sid) or report.sid in held.earlier_refs)
    return held if known else None


async def _take_in(ports: Ports, uow: UnitOfWork, message: Message, report: Report) -> None:
    stay = await _stay(uow, message)
    after = _after(ports, message, report, stay)
    if after is None:
        return
    if after.status is MessageStatus.DELIVERED:
        after = replace(after, facts={**after.facts, DELIVERED_AT: ports.clock.now().isoformat()})
    after = await uow.messages.save(after)
    if report.cause is Cause.OPTED_OUT and stay is not None and stay.guest.opted_out_at is None:
        await uow.guests.opt_out(message.recipient, ports.clock.now())
        # Read anew: the alert below then says that they want no texts, not merely that one failed.
        stay = await _stay(uow, message)
    await _keep_history(ports, uow, after, report)
    if after.request_id is None or after.code_id is None:
        return
    now, channel = ports.clock.now(), ports.options.approvals_channel
    await want_card(ports, uow, after.request_id)
    await advance_codes(ports, uow, after.request_id, after.code_ids)
    if stay is None or not _needs_people(after, stay):
        return
    problem, request = after.problem or _UNSAID, await uow.requests.get(after.request_id)
    draft = not_delivered(ports.new_id(), after, stay.guest, stay.lock, stay.code, channel, problem, now)
    if request is not None:
        quiet = ports.policy.quiet
        await uow.raise_alert(*unread(draft, stay.code, stay.lock, request.requester, quiet, ports.new_id))


async def _stay(uow: UnitOfWork, message: Message) -> _Stay | None:
    code = await uow.codes.get(message.code_id) if message.code_id else None
    guest = await uow.guests.of_stay(code.request_id) if code else None
    lock = await uow.locks.get(code.lock_id) if code else None
    if code is None or guest is None or lock is None:
        return None
    return _Stay(code, guest, lock, bool(await uow.codes.evidence(code.id)))


def _after(ports: Ports, message: Message, report: Report, stay: _Stay | None) -> Message | None:
    """The message as it is now; None when the report is no news."""
    now = ports.clock.now()
    if report.sid in message.earlier_refs:
        # A word about an attempt that was taken for failed: only "it is there after all" is news, and ends the
        # trying.
        if report.status is not MessageStatus.DELIVERED or message.status is MessageStatus.DELIVERED:
            return None
        instead = Attempt(message.vendor_ref, "", message.earlier[-1].at, message.way)
        earlier = (*message.earlier, instead) if message.vendor_ref else message.earlier
        delivered = MessageStatus.DELIVERED
        return replace(
            message,
            status=delivered,
            vendor_ref=report.sid,
            earlier=earlier,
            problem=None,
            due_at=None,
            claimed_until=None,
        )
    status = later(message.status, report.status)
    if status is message.status and message.vendor_ref == report.sid:
        return None
    if status is MessageStatus.UNDELIVERED and message.status is not MessageStatus.UNDELIVERED:
        failure = Failure(report.cause or Cause.REVIEW, report.problem or _UNSAID, report.sid)
        until = _good_until(ports, message, stay, now)
        return after_failure(message, failure, now, until, second_way=ports.texter.second_way)
    problem = message.problem if status is MessageStatus.UNDELIVERED else None
    # A report that is faster than the record of the sending begins the looks in its place.
    due = None if status in FINAL else (message.due_at if message.vendor_ref else next_look(0, now))
    return replace(message, status=status, vendor_ref=report.sid, problem=problem, due_at=due, claimed_until=None)


def _good_until(ports: Ports, message: Message, stay: _Stay | None, now: datetime) -> datetime:
    if is_to_approver(message.phrase):
        return good_for_approver(message)
    if stay is None:
        return now
    zone = stay.lock.zoneinfo
    return good_until(kind_of_text(message), stay.code, message.created_at, ports.policy, zone, used=stay.used)


def _needs_people(message: Message, stay: _Stay) -> bool:
    """At its end without success; or tried again only when the guest may already stand at the door."""
    if message.status is MessageStatus.UNDELIVERED:
        return True
    waits = message.status is MessageStatus.QUEUED and bool(message.earlier)
    return waits and message.due_at is not None and message.due_at >= stay.code.window.starts_at and not stay.used


async def _keep_history(ports: Ports, uow: UnitOfWork, message: Message, report: Report) -> None:
    """A report can be faster than our own record of the sending: "texted" is said first, and once, by whoever comes."""
    if message.request_id is None or not told_in_thread(message.phrase):
        return
    at, channel = ports.clock.now(), ports.options.approvals_channel
    facts = text_facts(message, at, ports.options.zone)
    for event, key in _events(message, report):
        said = reply(ports.new_id(), f"{event.value}:{key}", event, message.request_id, channel, at, facts)
        await uow.enqueue(said)
        if event is Event.TEXTED and not message.earlier:
            # One line, changed where it stands; of a text that failed before, what came since stands below it.
            texted = await uow.messages.by_key(said.key)
            facts |= {LINE: texted.id} if texted else {}


def _events(message: Message, report: Report) -> list[tuple[Event, str]]:
    texted = (Event.TEXTED, message.id)
    if message.status is MessageStatus.DELIVERED:
        return [texted, (Event.DELIVERED, message.id)]
    if report.status is MessageStatus.UNDELIVERED and message.status is not MessageStatus.SENT:
        return [texted, (Event.UNDELIVERED, f"{message.id}:{len(message.earlier)}")]
    return [texted]
