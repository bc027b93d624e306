"""What would the lock give, while somebody fills in the form? Reads only: nothing is asked for, nothing is held."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.domain.planning.holdings import ledger
from bot.domain.planning.plan import Plan, plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.ports.stale import retry_if_stale


@dataclass(frozen=True, slots=True)
class Draft:
    """A wish in the making. `noticed` is what was odd about reading its times (`dst_gap`, `dst_fold`)."""

    lock_id: str
    window: AccessWindow
    one_time: bool = False
    noticed: Collection[str] = ()


@retry_if_stale
async def preview_pin(ports: Ports, draft: Draft) -> Plan:
    """The plan as it would be made now. Raises the Refusal, with its offers, that asking would raise."""
    now = ports.clock.now()
    async with ports.store() as uow:
        lock = await uow.locks.get(draft.lock_id)
        if lock is None:
            raise Refusal(Reason.UNKNOWN_LOCK)
        if not lock.makes_offline_pins:
            raise Refusal(Reason.LOCK_MAKES_NO_PINS, {"lock": lock.name})
        held = ledger(await uow.codes.holdings(lock.id, now), await uow.locks.seen_full(lock.id, now))
    return plan(draft.window, zone=lock.zoneinfo, now=now, one_time=draft.one_time, ledger=held, noticed=draft.noticed)
