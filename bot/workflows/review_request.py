"""Somebody else reviews what was approved in an emergency: kept with the request, audited, told in the channel."""

from dataclasses import replace

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import Word
from bot.domain.approvals.policy import check_can_review, deciders
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, Review
from bot.ports import Ports, Subject
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def review_request(ports: Ports, request_id: str, reviewer: str) -> AccessRequest:
    """The request with its review. Raises a Refusal when this person may not, or it was reviewed already."""
    now, groups, channel = ports.clock.now(), await ports.groups(), ports.house.approvals_channel
    async with ports.store() as work:
        request = await work.requests.get(request_id, hold=True)
        if request is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        guest, lock = await work.guests.get(request.guest_id), await work.locks.get(request.lock_id)
        if guest is None or lock is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        who = deciders(ports.rules, request, lock.called, groups, backup_called=True)
        check_can_review(request, reviewer, who)
        saved = await work.requests.save(replace(request, review=Review(reviewer, now)))
        facts = stay_facts(guest, lock, request.granted) | {"reviewer": reviewer, "requester": request.requester}
        key = f"{request.id}:reviewed"
        message = note_to(ports.new_id(), key, Word.REVIEWED, channel, facts, request.id, None, now)
        await work.messages.queue(message)
        await work.cards.want(request.id, channel, now)
        await work.audit.note(now, reviewer, "reviewed", request.id)
        work.nudge(Subject.MESSAGE, message.id)
        work.nudge(Subject.CARD, request.id)
    return saved
