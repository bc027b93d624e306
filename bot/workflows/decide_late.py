"""A guest wants to come after their PIN has to be used for the first time, and an approver says yes or no.

Yes: the stay begins at that hour. What was never minted is gone; a PIN that exists still opens until its own deadline,
and the guest is told that only the newest counts.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.conversation.guest_texts.drafts import stay_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.lock import Lock, together
from bot.domain.planning.holdings import ledger
from bot.domain.planning.plan import plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.companions import companions
from bot.domain.stays.given_up import GivenUp
from bot.domain.stays.guests import Guest
from bot.domain.stays.reserving import For, reserve_in
from bot.domain.stays.standing import newest_like
from bot.domain.stays.withdrawing import give_up, stands
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers
from bot.ports.wanted_cards import want_card

_MOVABLE = (CodeStatus.RESERVED, CodeStatus.READY, CodeStatus.SHARED)


@dataclass(frozen=True, slots=True)
class Late:
    """The stay as it stands after the decision."""

    guest: Guest
    locks: tuple[Lock, ...]
    code: AccessCode

    @property
    def lock(self) -> Lock:
        """Its doors as one."""
        return together(self.locks)


@retry_if_stale
async def decide_late(ports: Ports, code_id: str, wanted: datetime, approver: str, *, agreed: bool) -> Late:
    """Raises a Refusal where this person may not, the stay cannot be moved any more, somebody was faster, or the lock
    has no place left at that hour; Stale when the clock was faster. The same question is decided once."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        found = await uow.codes.get(code_id)
        guest = await uow.guests.of_stay(found.request_id) if found else None
        request = await uow.requests.get(found.request_id) if found else None
        if found is None or guest is None or request is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        # Whether they may comes first: nobody else learns how far a stay has come.
        if approver not in await stay_approvers(ports, uow, request, groups):
            raise Refusal(Reason.NOT_AN_APPROVER)
        await uow.locks.for_update(*request.lock_ids)
        # Read behind the door's row: whoever held it before may have replaced this code.
        siblings = await uow.codes.of_request(found.request_id)
        newest = newest_like(siblings, found)
        # The hour comes back from a button, and so is a claim: only what the guest has asked for is decided.
        questions = [
            m for m in await uow.messages.of_request(found.request_id) if m.phrase == NoticeKind.WANTS_LATER.value
        ]
        if wanted not in [datetime.fromisoformat(m.facts["wanted"]) for m in questions if m.code_id == code_id]:
            raise Refusal(Reason.NOTHING_TO_MOVE, {"status": "asked for otherwise"})
        if newest.id != code_id:
            raise Refusal(Reason.ALREADY_DECIDED)
        moving = companions(newest, siblings)
        used = bool(await uow.codes.evidence_of([code.id for code in moving]))
        stood = next((s for code in moving if (s := stands(code, used=used, now=now)) not in _MOVABLE), None)
        if used or stood is not None:
            raise Refusal(Reason.NOTHING_TO_MOVE, {"status": "in use" if used or stood is None else stood.value})
        locks = await uow.locks.get_many({code.lock_id for code in moving})
        late = Late(guest, tuple(locks[code.lock_id] for code in moving), newest)
        key = f"late_decided:{code_id}:{wanted.isoformat()}"
        # Before the text's key is tried: where the question was decided already, the Refusal below undoes this, too.
        moved = [await _moved(ports, uow, locks[code.lock_id], code, wanted, approver) for code in moving if agreed]
        after = next((code for code in moved if code.part == newest.part), newest)
        phrase = Phrase.LATE_APPROVED if agreed else Phrase.LATE_DENIED
        facts = stay_facts(late.guest, late.lock, after.window)
        # One key for yes and no: of two approvers at once only one is texted, and the other is refused.
        if not await uow.enqueue(text_to_guest(ports.new_id(), key, phrase, late.guest, facts, after, now)):
            raise Refusal(Reason.ALREADY_DECIDED)
        channel, said = ports.options.approvals_channel, {**facts, "by": approver, "agreed": "yes" if agreed else "no"}
        said |= {"code": code_id, "wanted": wanted.isoformat()}
        await uow.enqueue(reply(ports.new_id(), key, Event.LATE_DECIDED, request.id, channel, now, said))
        await want_card(ports, uow, request.id)
        await uow.audit.note(now, approver, "late_agreed" if agreed else "late_refused", code_id, by=after.id)
    return Late(late.guest, late.locks, after)


async def _moved(
    ports: Ports, uow: UnitOfWork, lock: Lock, old: AccessCode, wanted: datetime, approver: str
) -> AccessCode:
    """A new code from that hour to the same end, in a slot of its own; the old one is given up."""
    now = ports.clock.now()
    # Given up before the ledger is read: a code that was never minted frees its slot, maybe the very one needed.
    given_up = give_up(old, GivenUp(approver, now), used=False)
    if given_up is not None:
        await uow.codes.save(given_up)
    held = await uow.codes.holdings(lock.id, now)
    window = AccessWindow(max(now, wanted), old.window.ends_at)
    known = ledger(held, await uow.locks.seen_full(lock.id, now))
    planned = plan(window, zone=lock.zoneinfo, now=now, one_time=old.kind is PinKind.ONE_TIME, ledger=known)
    # `replaces` tells the guest which PIN to forget; where none was made there is none to forget.
    whom = For(old.request_id, lock.id, old.guest_id, replaces=old.id if old.has_pin else None, part=old.part)
    new = reserve_in(held, ports.new_id(), whom, planned, now, ports.policy)
    await uow.codes.add(new)
    if new.mint_at <= now:
        uow.nudge(Subject.CODE, new.id)
    return new
