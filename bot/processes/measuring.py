"""What `/metrics` tells that lies in rows, or that vendors' clients have counted: brought up to date before that."""

from collections.abc import Callable, Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.messages.message import MessageStatus
from bot.domain.stays.alerts import AlertKind
from bot.ports import Ports, Stale
from bot.ports.heartbeats import ProcessKind
from bot.processes import gauges

log = structlog.get_logger()

Failures = Callable[[], Mapping[str, Mapping[str, int]]]


async def measure(ports: Ports, failures: Failures) -> None:
    """Everything has a number, or what went back to none would stay as it last was; without a database, none is new."""
    for vendor, kinds in failures().items():
        for kind, count in kinds.items():
            gauges.FAILURES.labels(vendor, kind).set(count)
    now, wall = ports.clock.now(), ports.clock.wall()
    try:
        async with ports.store() as uow:
            counts = await uow.alerts.count_open()
            found, newest = await uow.figures(now, wall), await uow.heartbeats.newest()
            sources = await uow.sources_health()
    except (SQLAlchemyError, OSError, Stale) as error:
        log.warning("the database did not count what is open", error=type(error).__name__)
        return
    for alert in AlertKind:
        gauges.ALERTS.labels(alert.value).set(counts.get(alert.value, 0))
    for status in MessageStatus:
        gauges.TEXTS.labels(status.value).set(found.texts.get(status.value, 0))
    gauges.OVERDUE.set(found.overdue)
    gauges.DUE.set(found.due)
    gauges.UNDECIDED.set((now - found.undecided_since).total_seconds() if found.undecided_since else 0)
    gauges.LAG.set((now - found.due_since).total_seconds() if found.due_since else 0)
    gauges.FEEDS.labels("failing").set(len(sources.failing))
    gauges.FEEDS.labels("read").set(len(sources.feeds) - len(sources.failing))
    gauges.FEED_AGE.set((now - sources.oldest).total_seconds() if sources.oldest else 0)
    gauges.BOOKINGS.clear()  # of one that was removed
    for system in sources.systems:
        gauges.BOOKINGS.labels(system.name).set(system.waiting)
    for part in ProcessKind:
        # One that never gave a sign is as old as time.
        gauges.HEARTBEAT.labels(part.value).set((wall - newest[part]).total_seconds() if part in newest else 1e9)
