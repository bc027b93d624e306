"""Somebody else reviews what was approved in an emergency: kept with the request, audited, told in the channel. Of a
wish that repeats all visits were approved at once, and are reviewed so."""

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
from bot.ports.wanted_cards import want_card


@retry_if_stale
async def review_request(ports: Ports, request_id: str, reviewer: str) -> AccessRequest:
    """The request with its review. Raises a Refusal when this person may not, or it was reviewed already."""
    now, groups, channel = ports.clock.now(), await ports.groups(), ports.options.approvals_channel
    async with ports.store() as uow:
        of = await uow.requests.get(request_id)
        if of is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        # Behind the doors: no further visit comes meanwhile.
        await uow.locks.for_update(*of.lock_ids)
        ids = sorted(await uow.series.stays_of(of.series_id)) if of.series_id else [of.id]
        await uow.requests.for_update(ids)
        visits = await uow.requests.get_many(ids)
        request = visits[request_id]
        guest, locks = await uow.guests.of_stay(request.id), await uow.locks.of_stay(request)
        if guest is None or not locks:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        called = [lock.known_as for lock in locks]
        who = deciders_of_all(ports.rules, request, called, groups, backup_called=True)
        check_can_review(request, reviewer, who)
        for each in ids:
            await uow.requests.save(replace(visits[each], review=Review(reviewer, now)))
            if each == request_id or await uow.cards.get(each) is not None:
                await want_card(ports, uow, each)
        facts = stay_facts(guest, together(locks), request.granted) | {
            "reviewer": reviewer,
            "requester": request.requester,
        }
        key = f"{request.id}:reviewed"
        message = note_to(ports.new_id(), key, NoticeKind.REVIEWED, channel, facts, request.id, None, now)
        await uow.messages.queue(message)
        await uow.audit.note(now, reviewer, "reviewed", request.id)
        uow.nudge(Subject.MESSAGE, message.id)
    return replace(request, review=Review(reviewer, now))
