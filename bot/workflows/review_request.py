"""Somebody else reviews what was approved in an emergency: kept with the request, audited, told in the channel."""

from dataclasses import replace

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.deciding import check_can_review
from bot.domain.approvals.policy import deciders_of_all
from bot.domain.locks.lock import together
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, Review
from bot.ports import Ports, Subject
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def review_request(ports: Ports, request_id: str, reviewer: str) -> AccessRequest:
    """The request with its review. Raises a Refusal when this person may not, or it was reviewed already."""
    now, groups, channel = ports.clock.now(), await ports.groups(), ports.options.approvals_channel
    async with ports.store() as uow:
        request = await uow.requests.get(request_id, for_update=True)
        if request is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        guest, locks = await uow.guests.of_stay(request.id), await uow.locks.of_stay(request)
        if guest is None or not locks:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        called = [lock.known_as for lock in locks]
        who = deciders_of_all(ports.rules, request, called, groups, backup_called=True)
        check_can_review(request, reviewer, who)
        saved = await uow.requests.save(replace(request, review=Review(reviewer, now)))
        facts = stay_facts(guest, together(locks), request.granted) | {
            "reviewer": reviewer,
            "requester": request.requester,
        }
        key = f"{request.id}:reviewed"
        message = note_to(ports.new_id(), key, NoticeKind.REVIEWED, channel, facts, request.id, None, now)
        await uow.messages.queue(message)
        await uow.cards.want(request.id, channel, now)
        await uow.audit.note(now, reviewer, "reviewed", request.id)
        uow.nudge(Subject.MESSAGE, message.id)
        uow.nudge(Subject.CARD, request.id)
    return saved
