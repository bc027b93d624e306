"""What would the lock give, while somebody fills in the form? Reads only: nothing is asked for, nothing is held."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.domain.planning.stay_plan import StayPlan, plan_stay
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.ports.planned_doors import planned_doors
from bot.ports.stale import retry_if_stale


@dataclass(frozen=True, slots=True)
class Draft:
    """A wish in the making. `noticed` is what was odd about reading its times (`dst_gap`, `dst_fold`)."""

    lock_ids: tuple[str, ...]
    window: AccessWindow
    one_time: bool = False
    chain: bool = False
    noticed: Collection[str] = ()


@retry_if_stale
async def preview_pin(ports: Ports, draft: Draft) -> StayPlan:
    """The plan as it would be made now. Raises the Refusal, with its offers, that asking would raise."""
    now = ports.clock.now()
    async with ports.store() as uow:
        found = await uow.locks.get_many(draft.lock_ids)
        if len(found) < len(set(draft.lock_ids)):
            raise Refusal(Reason.UNKNOWN_LOCK)
        doors, _ = await planned_doors(uow, [found[each] for each in dict.fromkeys(draft.lock_ids)], now)
    return plan_stay(draft.window, doors, now=now, one_time=draft.one_time, chain=draft.chain, noticed=draft.noticed)
