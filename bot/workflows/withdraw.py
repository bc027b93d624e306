"""The requester or an approver gives a request or a code up. What was never minted is gone; what was, still opens."""

from dataclasses import dataclass, replace

from bot.conversation.guest_texts.drafts import stay_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.team.drafts import note_to
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import MessageStatus
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.given_up import GivenUp
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import standing
from bot.domain.stays.withdrawing import check_is_theirs, give_up
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`code` is None where nothing had been approved. `open`: every code of the stay whose PIN still opens, or may, an
    earlier one among them. `guest_texted`: they have such a PIN and were asked not to use it."""

    request: AccessRequest
    guest: Guest
    lock: Lock
    code: AccessCode | None
    open: tuple[AccessCode, ...] = ()
    guest_texted: bool = False

    @property
    def outcome(self) -> str:
        """Withdrawn as long as any PIN of the stay may open, whatever became of the newest code."""
        if self.open:
            return CodeStatus.WITHDRAWN.value
        return self.code.status.value if self.code else "released"

    @property
    def speaks(self) -> AccessCode | None:
        """The code that people are told of: the PIN that opens longest, else the one given up."""
        return max(self.open, key=lambda code: (code.window.ends_at, code.id)) if self.open else self.code


@retry_if_stale
async def withdraw(ports: Ports, request_id: str, person: str) -> Withdrawn:
    """Raises a Refusal when it is not theirs or nothing is left to give up; Stale when the clock was faster.

    The lock's row is held, as for a decision: whoever comes second sees what the first has done.
    """
    by = GivenUp(person, ports.clock.now())
    approvers = await ports.approvers()
    async with ports.store() as uow:
        request = await _for_update(uow, request_id)
        check_is_theirs(request, person, approvers)
        guest, lock = await uow.guests.get(request.guest_id), await uow.locks.get(request.lock_id)
        if guest is None or lock is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        if request.status is RequestStatus.PENDING:
            undone = replace(request, status=RequestStatus.WITHDRAWN, due_at=None, given_up=by)
            done = Withdrawn(await uow.requests.save(undone), guest, lock, None)
        else:
            stay = Withdrawn(request, guest, lock, None)
            # By id, as every transaction takes a stay's codes.
            codes = await uow.codes.of_request(stay.request.id)
            given_up = {}
            for code in codes:
                gone = give_up(code, by, used=bool(await uow.codes.evidence(code.id)))
                if gone is not None:
                    given_up[code.id] = await uow.codes.save(gone)
            if not given_up:
                status = codes[-1].status.value if codes else stay.request.status.value
                raise Refusal(Reason.NOTHING_TO_WITHDRAW, {"status": status})
            # An earlier PIN, given up when the stay was moved, opens as it did: its guest has to hear of it, too.
            after = [given_up.get(code.id, code) for code in codes]
            evidence = await uow.codes.evidence_of([code.id for code in codes])
            still = tuple(pin.code for pin in standing(after, evidence, by.at).open)
            said = [await _ask_not_to_use(ports, uow, stay, code) for code in still or given_up.values()]
            done = replace(stay, code=list(given_up.values())[-1], open=still, guest_texted=any(said))
        await _tell(ports, uow, done, by)
    return done


async def _for_update(uow: UnitOfWork, request_id: str) -> AccessRequest:
    request = await uow.requests.get(request_id)
    if request is None:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    await uow.locks.for_update(request.lock_id)
    # Read anew: it may have been decided, or given up, while this one waited for the door.
    return await uow.requests.get(request_id) or request


async def _ask_not_to_use(ports: Ports, uow: UnitOfWork, stay: Withdrawn, code: AccessCode) -> bool:
    """Only a guest whose text about this stay has left us, or may have, hears of it: nobody else knows of it."""
    texts = [m for m in await uow.messages.of_request(stay.request.id) if m.code_id == code.id]
    known = {m.phrase for m in texts if m.left_us or m.status is MessageStatus.SENDING}
    if not known & {Phrase.PIN.value, Phrase.ON_ARRIVAL.value}:
        return False
    has_pin = Phrase.PIN.value in known
    phrase = Phrase.CANCELLED if has_pin else Phrase.CANCELLED_NO_PIN
    facts, now = stay_facts(stay.guest, stay.lock, code.window), ports.clock.now()
    said = await uow.enqueue(
        text_to_guest(ports.new_id(), f"{code.id}:cancelled", phrase, stay.guest, facts, code, now)
    )
    return said and has_pin


async def _tell(ports: Ports, uow: UnitOfWork, done: Withdrawn, by: GivenUp) -> None:
    request, channel = done.request, ports.options.approvals_channel
    speaks = done.speaks
    window = speaks.window if speaks else request.granted
    facts = stay_facts(done.guest, done.lock, window) | {"by": by.by, "outcome": done.outcome}
    subject = done.code.id if done.code else request.id
    if request.requester != by.by:
        key = f"{subject}:withdrawn"
        await uow.enqueue(
            note_to(ports.new_id(), key, NoticeKind.WITHDRAWN, request.requester, facts, request.id, None, by.at)
        )
    await uow.enqueue(reply(ports.new_id(), f"withdrawn:{subject}", Event.WITHDRAWN, request.id, channel, by.at, facts))
    await uow.cards.want(request.id, channel, by.at)
    await uow.audit.note(by.at, by.by, "withdrawn" if done.outcome != "released" else "given_up", subject)
    uow.nudge(Subject.CARD, request.id)
