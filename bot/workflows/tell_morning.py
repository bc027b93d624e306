"""Each morning the channel of approvals is told who arrives tomorrow: one message a morning and workspace. Here it is
only queued; what it says is read when it is posted (`bot.workflows.send_message.arrivals`), so it is true on the
screen, and where there is nothing to tell it is dropped then."""

from collections.abc import Sequence

from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.domain.messages.morning import NO_ZONE, house_zone, morning_of
from bot.ports import Ports, UnitOfWork
from bot.ports.house import house
from bot.ports.stale import retry_if_stale
from bot.ports.workspaces import APPROVALS


@retry_if_stale
async def tell_morning(ports: Ports) -> None:
    """Safe to run at any time, any number of times and by several at once."""
    now, named, clock = ports.clock.now(), ports.options.zone, ports.options.morning
    if clock is None or (named != NO_ZONE and morning_of(now, clock, house_zone(named, ())) is None):
        return  # nearly always, and without the database
    async with ports.store() as uow:
        zone = house_zone(named, [lock.zone for lock in await uow.locks.all()])
        morning = morning_of(now, clock, zone)
        # By the day alone: were the house to move to another zone or hour, this morning was told of all the same.
        if morning is None or not await uow.deliveries.first("morning", morning.day.isoformat(), now):
            return
        facts = {"on": morning.day.isoformat(), "house": zone.key}
        for home in await _homes(ports, uow):
            key, channel = f"morning:{morning.day.isoformat()}:{home}", ports.options.approvals_channel
            said = facts | {"workspace": home}
            await uow.enqueue(note_to(ports.new_id(), key, NoticeKind.MORNING, channel, said, None, None, now))


async def _homes(ports: Ports, uow: UnitOfWork) -> Sequence[str]:
    """The admitted workspaces, each with a channel of its own; the empty one stands for the only one."""
    if ports.options.approvals_channel != APPROVALS:
        return [""]
    return [one.id for one in await house(ports, uow)]
