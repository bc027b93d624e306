"""One PIN for the operator, who sees a lock open before the first guest stands there. It belongs to no stay: it opens
once, within 24 hours, and nobody can call it back."""

from dataclasses import dataclass

from bot.domain.locks.lock import Lock
from bot.domain.planning.lock_rules import ONE_TIME_LIFE
from bot.domain.planning.plan import plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Minted, MintOrder, OutcomeUnknown, Ports
from bot.ports.planned_doors import planned_doors
from bot.ports.stale import retry_if_stale

_NAME = "NP-TEST"


@dataclass(frozen=True, slots=True)
class TrialPin:
    """What is to be made. `lock` is the door that it opens, during `order.window`."""

    lock: Lock
    order: MintOrder


@retry_if_stale
async def order_test_pin(ports: Ports, lock_id: str) -> TrialPin:
    """The lock's ledger knows of it before the provider does: no guest is given its place. Raises a Refusal where the
    lock has none, or makes no PINs."""
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.locks.for_update(lock_id)
        lock = await uow.locks.get(lock_id)
        if lock is None:
            raise Refusal(Reason.UNKNOWN_LOCK)
        (door,), held = await planned_doors(uow, [lock], now)
        wanted = AccessWindow(now, now + ONE_TIME_LIFE)
        planned = plan(wanted, zone=lock.zoneinfo, now=now, one_time=True, ledger=door.ledger)
        key = (PinKind.ONE_TIME.value, planned.slot.key)
        # The last place of this hour, and the hour counts as full: what guests are given begins at the first.
        taken = held[lock.id].slots.get(key, frozenset())
        place = max(index for index in range(1, planned.slot.limit + 1) if index not in taken)
        await uow.locks.learn_full(lock.id, key, now)
        await uow.audit.note(now, "operator", "test_pin", lock.id)
    name = f"{_NAME}-{ports.new_id()}"
    return TrialPin(lock, MintOrder(lock.provider_ref, name, planned.kind, planned.granted, place, lock.zone))


async def make_test_pin(ports: Ports, pin: TrialPin) -> Minted | None:
    """Asks for it once. None where no answer came, and it may be there: `look_for_test_pin` tells. Raises
    ProviderError."""
    try:
        return await ports.locks.mint(pin.order)
    except OutcomeUnknown:
        return None


async def look_for_test_pin(ports: Ports, pin: TrialPin, minted: Minted | None) -> Minted | None:
    """How it stands: nothing is made by looking. None where the provider has none. Raises ProviderError."""
    return await (ports.locks.fetch(minted.ref) if minted else ports.locks.find(pin.order))
