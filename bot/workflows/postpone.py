"""Pushes a row ahead after a bug, so that it does not come back at once and keep others waiting."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def postpone(ports: Ports, subject: Subject, row_id: str, by: timedelta) -> None:
    due = ports.clock.now() + by
    async with ports.store() as uow:
        # A claim that the bug left behind stays: it runs out by itself, and until then nobody else takes the row.
        if subject in (Subject.CODE, Subject.MINT, Subject.REPLACE) and (
            code := await uow.codes.get(row_id, for_update=True)
        ):
            await uow.codes.save(replace(code, due_at=due))
        elif subject in (Subject.MESSAGE, Subject.REPORT) and (
            message := await uow.messages.get(row_id, for_update=True)
        ):
            await uow.messages.save(replace(message, due_at=due))
        elif subject is Subject.ALERT and (alert := await uow.alerts.get(row_id, for_update=True)):
            await uow.alerts.save(replace(alert, due_at=due))
        elif subject is Subject.REQUEST and (request := await uow.requests.get(row_id)):
            await uow.requests.save(replace(request, due_at=due))
        elif subject is Subject.CARD:
            await uow.cards.postpone(row_id, due)
        else:
            await _of_no_stay(uow, subject, row_id, due)


async def _of_no_stay(uow: UnitOfWork, subject: Subject, row_id: str, due: datetime) -> None:
    """Or of one that is not asked for yet."""
    if subject is Subject.REVEAL and (reveal := await uow.reveals.get(row_id)):
        await uow.reveals.save(replace(reveal, due_at=due))
    elif subject is Subject.REMOTE and (order := await uow.remote_commands.get(row_id)):
        await uow.remote_commands.save(replace(order, due_at=due))
    elif subject is Subject.ONLINE and (online := await uow.online.get(row_id)):
        await uow.online.save(replace(online, due_at=due))
    elif subject is Subject.LINK and (link := await uow.links.get(row_id)):
        await uow.links.save(replace(link, due_at=due))
    elif subject is Subject.SOURCE_STAY and (stay := await uow.source_stays.get(row_id)):
        await uow.source_stays.put(replace(stay, due_at=due))
    elif subject is Subject.HOOK and (hook := await uow.hooks.get(row_id)):
        await uow.hooks.put(replace(hook, due_at=due))
    elif subject is Subject.FEED and (feed := await uow.feeds.get(row_id)):
        await uow.feeds.put(replace(feed, due_at=due))
    elif subject is Subject.BOOKING and (kept := await uow.bookings.get(row_id)):
        await uow.bookings.put(replace(kept, due_at=due))
