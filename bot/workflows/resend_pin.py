"""Somebody has the PIN texted again: what exists, never a new one."""

from bot.conversation.guest_texts.drafts import pin_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.refusals.limit_alerts import alarmed, count_of_stay
from bot.conversation.team.history import Event, reply
from bot.domain.messages.message import MessageStatus
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.companions import companions
from bot.domain.stays.standing import standing
from bot.domain.stays.withdrawing import can_resend, check_can_resend, check_is_theirs
from bot.domain.windows import PinKind
from bot.ports import Ports
from bot.ports.links import link_in_text
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers

_WAITS = (MessageStatus.QUEUED, MessageStatus.SENDING)


@alarmed
@retry_if_stale
async def resend_pin(ports: Ports, request_id: str, person: str, delivery: str) -> None:
    """`delivery` is the vendor's id of this very wish: a retry texts once. Raises a Refusal that says why not."""
    now, groups, channel = ports.clock.now(), await ports.groups(), ports.options.approvals_channel
    async with ports.store() as uow:
        await count_of_stay(ports, uow, request_id, person, groups, ports.rules.limits.resends(request_id))
        request = await uow.requests.get(request_id, for_update=True)  # two who press at once: one text
        if request is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        check_is_theirs(request, person, await stay_approvers(ports, uow, request, groups))
        codes = await uow.codes.of_request(request_id)
        pins = standing(codes, await uow.codes.evidence_of([code.id for code in codes]), now)
        # What opens before what does not: of two doors one PIN may be used up.
        main = next((p for p in pins.guests if can_resend(p.code, used=p.used, now=now)), pins.main)
        code = check_can_resend(main.code if main else None, used=main is not None and main.used, now=now)
        texts = [m for m in await uow.messages.of_request(request_id) if code.id in m.code_ids]
        if any(m.phrase == Phrase.PIN.value and m.status in _WAITS for m in texts):
            raise Refusal(Reason.NOTHING_TO_RESEND, {"status": "on its way"})
        guest = await uow.guests.of_stay(code.request_id)
        if guest is not None and guest.opted_out_at is not None:
            raise Refusal(Reason.GUEST_OPTED_OUT, {"guest": guest.name})
        spent = {pin.code.id for pin in pins.pins if pin.used and pin.code.kind is PinKind.ONE_TIME}
        again = [each for each in companions(code, codes) if each.has_pin and each.id not in spent]
        locks = await uow.locks.get_many({each.lock_id for each in again})
        if guest is None or any(each.lock_id not in locks for each in again):
            raise Refusal(Reason.UNKNOWN_REQUEST)
        link = await link_in_text(uow, code, codes, request)
        facts = pin_facts(guest, [locks[each.lock_id] for each in again], again, link)
        text = text_to_guest(ports.new_id(), f"resend:{delivery}", Phrase.PIN, guest, facts, code, now)
        if await uow.enqueue(text):
            note = reply(ports.new_id(), f"resent:{delivery}", Event.RESENT, request_id, channel, now, {"by": person})
            await uow.enqueue(note)
            await uow.audit.note(now, person, "resent", code.id)
