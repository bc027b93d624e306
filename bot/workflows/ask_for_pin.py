"""A requester asks: the plan is settled, the request stands, its card is on the way."""

from dataclasses import dataclass

from bot.domain.access_requests import AccessRequest, lapses_at
from bot.domain.holdings import ledger
from bot.domain.pins import Phone
from bot.domain.planning import Plan, plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow
from bot.ports import Ports, Subject


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. `delivery` is the vendor's id of this very ask, so that a retry asks once."""

    requester: str
    lock_id: str
    guest_name: str
    phone: Phone
    window: AccessWindow
    delivery: str
    note: str | None = None
    one_time: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """`plan` is None when this delivery was seen before."""

    plan: Plan | None


async def ask_for_pin(ports: Ports, wish: Wish) -> Asked:
    """Raises a Refusal, with offers, when the lock would not accept it."""
    now = ports.clock.now()
    async with ports.store() as work:
        if not await work.deliveries.first("slack", wish.delivery, now):
            return Asked(None)
        lock = await work.locks.get(wish.lock_id)
        if lock is None:
            raise Refusal(Reason.UNKNOWN_LOCK)
        if not lock.makes_offline_pins:
            raise Refusal(Reason.LOCK_MAKES_NO_PINS, {"lock": lock.name})
        held = await work.codes.holdings(lock.id, now)
        planned = plan(
            wish.window,
            zone=lock.zoneinfo,
            now=now,
            one_time=wish.one_time,
            ledger=ledger(held, await work.locks.seen_full(lock.id, now)),
        )
        guest = await work.guests.welcome(wish.guest_name, wish.phone)
        request = AccessRequest(
            id=ports.new_id(),
            lock_id=lock.id,
            guest_id=guest.id,
            requester=wish.requester,
            asked=wish.window,
            granted=planned.granted,
            kind=planned.kind,
            created_at=now,
            note=wish.note,
            due_at=lapses_at(planned.granted, now),
        )
        await work.requests.add(request)
        await work.cards.want(request.id, ports.house.approvals_channel, now)
        await work.audit.note(now, wish.requester, "asked", request.id, lock=lock.id, kind=planned.kind.value)
        work.nudge(Subject.CARD, request.id)
    return Asked(planned)
