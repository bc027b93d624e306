"""Pushes a row ahead after a bug, so that it does not come back at once and keep others waiting."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale

_Get = Callable[[str], Awaitable[Any]]
_Keep = Callable[[Any], Awaitable[object]]


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
    rows: Mapping[Subject, tuple[_Get, _Keep]] = {
        Subject.REVEAL: (uow.reveals.get, uow.reveals.save),
        Subject.REMOTE: (uow.remote_commands.get, uow.remote_commands.save),
        Subject.ONLINE: (uow.online.get, uow.online.save),
        Subject.LINK: (uow.links.get, uow.links.save),
        Subject.SOURCE_STAY: (uow.source_stays.get, uow.source_stays.put),
        Subject.SERIES: (uow.series.get, uow.series.put),
        Subject.HOOK: (uow.hooks.get, uow.hooks.put),
        Subject.FEED: (uow.feeds.get, uow.feeds.put),
        Subject.BOOKING: (uow.bookings.get, uow.bookings.put),
    }
    if subject in rows:
        get, keep = rows[subject]
        if (row := await get(row_id)) is not None:
            await keep(replace(row, due_at=due))
