"""A guest wants no more texts, or wants them again: we remember it, text nothing more to them until they take it back,
and staff hear of stays that need another way. Where the carrier knows the word it obeys and answers by itself."""

from bot.conversation.guest_texts.drafts import pin_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.team.drafts import opted_out, unread
from bot.domain.messages.message import MessageStatus
from bot.domain.pins import Phone
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.guests import Guest
from bot.domain.stays.replying import CarrierWord
from bot.ports import Ports, UnitOfWork
from bot.ports.links import link_in_text
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card

_AHEAD = (CodeStatus.RESERVED, CodeStatus.MINTING, CodeStatus.READY, CodeStatus.SHARED)
_UNREAD = (MessageStatus.UNDELIVERED, MessageStatus.REFUSED)


@retry_if_stale
async def receive_carrier_word(ports: Ports, delivery: str, phone: Phone, word: CarrierWord) -> bool:
    """`delivery` is the vendor's id of this very text: the same one has one effect. False where it says nothing to us
    as such a word: a stranger's, and START (which YES is, too) of somebody who has our texts."""
    now = ports.clock.now()
    async with ports.store() as uow:
        guest = await uow.guests.by_phone(phone)
        # Before the delivery is counted: what is no such word goes on to `receive_guest_text`, which counts it itself.
        if guest is None or (word is CarrierWord.START and guest.opted_out_at is None):
            return guest is not None and await uow.deliveries.seen("sms", delivery)
        if not await uow.deliveries.first("sms", delivery, now):
            return True
        codes = await uow.codes.of_guest(guest.id, now)
        # All their stays by id, before the guest's row: stays come before guests in the one order of rows.
        await uow.requests.for_update({code.request_id for code in codes})
        stops = word is CarrierWord.STOP
        await uow.audit.note(now, f"guest:{guest.id}", "carrier_word", guest.id, word=word.value)
        if stops is not (guest.opted_out_at is not None):
            await uow.guests.opt_out(guest.id, now if stops else None)
        for code in codes:
            await want_card(ports, uow, code.request_id)
            if code.status in _AHEAD:
                theirs = await uow.guests.of_stay(code.request_id) or guest
                await (
                    _tell_staff(ports, uow, theirs, code) if stops else _catch_up(ports, uow, theirs, code, delivery)
                )
        return True


async def _tell_staff(ports: Ports, uow: UnitOfWork, guest: Guest, code: AccessCode) -> None:
    lock, request = await uow.locks.get(code.lock_id), await uow.requests.get(code.request_id)
    if lock is not None and request is not None:
        channel, now = ports.options.approvals_channel, ports.clock.now()
        draft = opted_out(ports.new_id(), guest, lock, code, channel, now)
        await uow.raise_alert(*unread(draft, code, lock, request.requester, ports.policy.quiet, ports.new_id))


async def _catch_up(ports: Ports, uow: UnitOfWork, guest: Guest, code: AccessCode, delivery: str) -> None:
    """They want texts again: the PIN that could not be texted comes now."""
    lock = await uow.locks.get(code.lock_id)
    messages = await uow.messages.of_request(code.request_id)
    texts = [m for m in messages if code.id in m.code_ids and m.phrase == Phrase.PIN.value]
    if lock is None or not code.has_pin or not texts or texts[-1].status not in _UNREAD:
        return
    link = await link_in_text(uow, code, await uow.codes.of_request(code.request_id))
    facts = pin_facts(guest, [lock], [code], link)
    key, now = f"start:{delivery}:{code.id}", ports.clock.now()
    await uow.enqueue(text_to_guest(ports.new_id(), key, Phrase.PIN, guest, facts, code, now))
