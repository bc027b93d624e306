"""A stay's card is to show what has changed."""

from bot.ports.bundle import Ports
from bot.ports.unit_of_work import Subject, UnitOfWork


async def want_card(ports: Ports, uow: UnitOfWork, request_id: str) -> None:
    """At once, or as soon as it has rested."""
    channel, now, wall = ports.options.approvals_channel, ports.clock.now(), ports.clock.wall()
    if not await uow.cards.want(request_id, channel, now, wall, ports.options.card_pause):
        uow.nudge(Subject.CARD, request_id)
