"""A pending request whose time has come lapses, and its requester is told."""

from dataclasses import replace

from bot.conversation.drafts import note_to, stay_facts
from bot.conversation.history import Event, reply
from bot.conversation.notices import Word
from bot.domain.access_requests import RequestStatus
from bot.ports import Ports, Subject


async def attend_request(ports: Ports, request_id: str) -> None:
    now = ports.clock.now()
    async with ports.store() as work:
        request = await work.requests.get(request_id)
        if request is None or request.status is not RequestStatus.PENDING:
            return
        if request.due_at is None or request.due_at > now:
            return
        await work.requests.save(replace(request, status=RequestStatus.LAPSED, due_at=None))
        guest, lock = await work.guests.get(request.guest_id), await work.locks.get(request.lock_id)
        if guest is not None and lock is not None:
            facts = stay_facts(guest, lock, request.granted)
            message = note_to(
                ports.new_id(), f"{request.id}:decided", Word.LAPSED, request.requester, facts, request.id, None, now
            )
            await work.messages.queue(message)
            work.nudge(Subject.MESSAGE, message.id)
        channel = ports.house.approvals_channel
        await work.say(reply(ports.new_id(), "lapsed", Event.LAPSED, request.id, channel, now))
        await work.cards.want(request.id, channel, now)
        await work.audit.note(now, "clock", "lapsed", request.id)
        work.nudge(Subject.CARD, request.id)
