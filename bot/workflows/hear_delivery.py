"""A vendor tells how far a text has come. States only move forward, whatever order they arrive in."""

from dataclasses import dataclass, replace

from bot.conversation.drafts import not_delivered
from bot.conversation.history import Event, quoted, reply, told_in_thread
from bot.domain.messages import Message, MessageStatus, later
from bot.ports import Ports, Subject, UnitOfWork


@dataclass(frozen=True, slots=True)
class Report:
    """`message_id` is ours, from the report's own address; `problem` is in plain words, without the vendor's."""

    sid: str
    status: MessageStatus
    message_id: str | None = None
    problem: str | None = None


async def hear_delivery(ports: Ports, report: Report) -> None:
    now = ports.clock.now()
    async with ports.store() as work:
        if not await work.deliveries.first("sms_status", f"{report.sid}:{report.status.value}", now):
            return
        message = await _message(work, report)
        if message is None:
            return
        status = later(message.status, report.status)
        if status is message.status and message.vendor_ref == report.sid:
            return
        await work.messages.save(
            replace(
                message,
                status=status,
                vendor_ref=report.sid,
                problem=report.problem if status is MessageStatus.UNDELIVERED else None,
                due_at=None,
                claimed_until=None,
            )
        )
        await _tell(ports, work, message, report, status)


async def _message(work: UnitOfWork, report: Report) -> Message | None:
    """Ours by the vendor's reference, else by the id in the address; never one that already has another reference."""
    found = await work.messages.by_vendor_ref(report.sid)
    if found is None and report.message_id is not None:
        found = await work.messages.get(report.message_id)
    if found is None or found.vendor_ref not in (None, report.sid):
        return None
    return await work.messages.get(found.id, hold=True)


async def _tell(ports: Ports, work: UnitOfWork, message: Message, report: Report, status: MessageStatus) -> None:
    await _keep_history(ports, work, message, report, status)
    if message.request_id is None or message.code_id is None:
        return
    now, channel = ports.clock.now(), ports.house.approvals_channel
    await work.cards.want(message.request_id, channel, now)
    work.nudge(Subject.CARD, message.request_id)
    work.nudge(Subject.CODE, message.code_id)
    code = await work.codes.get(message.code_id)
    guest = await work.guests.get(message.recipient)
    lock = await work.locks.get(code.lock_id) if code else None
    if status is not MessageStatus.UNDELIVERED or code is None or guest is None or lock is None:
        return
    problem = report.problem or "The carrier did not say why."
    alarm = not_delivered(ports.new_id(), message, guest, lock, code, channel, problem, now)
    if await work.messages.queue(alarm):
        work.nudge(Subject.MESSAGE, alarm.id)


_EVENTS = {MessageStatus.DELIVERED: Event.DELIVERED, MessageStatus.UNDELIVERED: Event.UNDELIVERED}


async def _keep_history(
    ports: Ports, work: UnitOfWork, message: Message, report: Report, status: MessageStatus
) -> None:
    """A report can be faster than our own record of the sending: "texted" is said first, and once, by whoever comes."""
    if message.request_id is None or not told_in_thread(message.phrase):
        return
    facts = {"phrase": message.phrase, "problem": report.problem or "", **quoted(message)}
    for event in (Event.TEXTED, _EVENTS.get(status)):
        if event is not None:
            key, at = f"{event.value}:{message.id}", ports.clock.now()
            channel = ports.house.approvals_channel
            await work.say(reply(ports.new_id(), key, event, message.request_id, channel, at, facts))
