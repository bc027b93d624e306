"""What came of handing a message over, and what that lets go on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.team.drafts import not_delivered, raise_unseen, unread
from bot.conversation.team.history import Event, reply, text_facts, told_in_thread
from bot.conversation.team.notices import NoticeKind
from bot.conversation.team.settled import settling_key
from bot.domain.messages.message import Attempt, Medium, Message, MessageStatus
from bot.domain.messages.retrying import next_look
from bot.domain.stays.alerts import passed_over
from bot.domain.stays.text_times import ANSWER_GOOD
from bot.ports import (
    Misconfigured,
    OptedOut,
    OutcomeUnknown,
    Ports,
    ProviderError,
    Rejected,
    Subject,
    Unavailable,
    UnitOfWork,
)
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card
from bot.workflows.process_code import advance_codes
from bot.workflows.send_message.after_error import after_error
from bot.workflows.send_message.claims import SendClaim, bucket_of


@retry_if_stale
async def record(ports: Ports, sent: Sequence[tuple[SendClaim, str]]) -> None:
    """What went through together; to each what its vendor calls it. Reports can be faster than this: one that failed
    already, or has arrived, stays as they have it."""
    async with ports.store() as uow:
        messages, now = await uow.messages.for_update([claim.message.id for claim, _ in sent]), ports.clock.now()
        after = [
            replace(_as_sent(messages[claim.message.id], claim, ref, now), claimed_until=None)
            for claim, ref in sent
            if claim.message.id in messages and ref not in messages[claim.message.id].earlier_refs
        ]
        saved = await uow.messages.save_all(after)
        await _let_others_go(ports, uow, saved)
        for message in saved:
            await _go_on(ports, uow, message)
        for claim, _ in sent:
            if claim.probes:
                await uow.rate_limits.answered(bucket_of(ports, claim.message, claim.under, claim.workspace))


async def _go_on(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    await _keep_history(ports, uow, message)
    if message.medium is Medium.SMS and message.request_id is not None and message.code_id is not None:
        await want_card(ports, uow, message.request_id)
        await advance_codes(ports, uow, message.request_id, message.code_ids)
    if message.phrase == NoticeKind.APPROVAL_REMINDER.value and message.request_id is not None:
        for alert in await uow.alerts.open_of(message.request_id):
            await uow.alerts.save(replace(alert, due_at=ports.clock.now()))
            uow.nudge(Subject.ALERT, alert.id)


def _as_sent(message: Message, claim: SendClaim, ref: str, now: datetime) -> Message:
    if message.status is MessageStatus.SENDING:
        due = next_look(0, now) if message.medium is Medium.SMS else None
        return replace(message, status=MessageStatus.SENT, vendor_ref=ref, problem=None, due_at=due)
    # Gone out twice after all, and a report was faster: both references are kept, so that reports of both are known.
    if message.vendor_ref not in (None, ref):
        return replace(message, earlier=(*message.earlier, Attempt(ref, "", now, claim.message.way)))
    return replace(message, vendor_ref=ref)


async def touch(ports: Ports, uow: UnitOfWork, message: Message) -> None:
    """What becomes of a text changes what its codes' card says, and what they have to be looked at for."""
    await _let_others_go(ports, uow, [message])
    if message.medium is Medium.SMS and message.code_id and message.request_id:
        now = ports.clock.now()
        await want_card(ports, uow, message.request_id)
        for code_id in message.code_ids:
            await uow.schedule_now(code_id, now)


async def _let_others_go(ports: Ports, uow: UnitOfWork, messages: Sequence[Message]) -> None:
    """A reply lets the next go, and a notice what was to change it: whoever answers in the very moment in which it is
    posted is faster than this. `messages`: of one stay."""
    stay = next((one.request_id for one in messages if one.in_thread), None)
    keys = [settling_key(one.id) for one in messages if one.medium is Medium.SLACK and not one.in_thread]
    if stay is None and not keys:
        return
    now = ports.clock.now()
    for waiting in await uow.messages.behind(stay, keys):
        # One that is due already is on its way to a worker.
        if waiting.status is MessageStatus.QUEUED and (waiting.due_at is None or waiting.due_at > now):
            await uow.messages.save(replace(waiting, due_at=now))
            uow.nudge(Subject.MESSAGE, waiting.id)


async def _keep_history(ports: Ports, uow: UnitOfWork, message: Message, event: Event = Event.TEXTED) -> None:
    if message.medium is not Medium.SMS or message.request_id is None or not told_in_thread(message.phrase):
        return
    key, channel, now = f"{event.value}:{message.id}", ports.options.approvals_channel, ports.clock.now()
    facts = text_facts(message, now, ports.options.zone)
    await uow.enqueue(reply(ports.new_id(), key, event, message.request_id, channel, now, facts))


@retry_if_stale
async def drop(ports: Ports, claim: SendClaim) -> None:
    async with ports.store() as uow:
        message = await uow.messages.get(claim.message.id, for_update=True)
        if message is None or message.status is not MessageStatus.SENDING or message.attempts != claim.message.attempts:
            return
        dropped = replace(message, status=MessageStatus.DROPPED, due_at=None, claimed_until=None)
        await uow.messages.save(dropped)
        await touch(ports, uow, dropped)


@retry_if_stale
async def record_error(ports: Ports, claim: SendClaim, error: ProviderError) -> None:
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
            await touch(ports, uow, after)
        if after.status is MessageStatus.REFUSED:
            await _keep_history(ports, uow, after, Event.UNDELIVERED)
        if after.status is MessageStatus.REFUSED or isinstance(error, Misconfigured):
            await alarm_of(ports, uow, after)
        if after.status is MessageStatus.QUEUED and after.way is not message.way:
            uow.nudge(Subject.MESSAGE, after.id)
        if (
            isinstance(error, Rejected)
            and after.status is not MessageStatus.REFUSED
            and message.in_thread
            and message.request_id is not None
        ):
            # the card may be gone: shown again, it is posted anew where it is
            await want_card(ports, uow, message.request_id)


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
async def tell_bucket(ports: Ports, claim: SendClaim, error: ProviderError) -> None:
    if claim.message.medium is not Medium.SLACK:
        return
    bucket = bucket_of(ports, claim.message, claim.under, claim.workspace)
    async with ports.store() as uow:
        if isinstance(error, Unavailable | OutcomeUnknown):
            await uow.rate_limits.failed(bucket, ports.clock.wall(), getattr(error, "retry_after", None))
        else:
            await uow.rate_limits.answered(bucket)


async def alarm_of(ports: Ports, uow: UnitOfWork, message: Message) -> None:
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
