"""The worker: takes nudges and runs the workflow that belongs to each. It decides nothing about stays."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import cache, partial

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from bot.conversation.times import read_at
from bot.ports import Ports, Stale, Subject
from bot.ports.heartbeats import ProcessKind
from bot.ports.stale import retry_if_stale
from bot.processes.bugs import warn_seldom
from bot.processes.gauges import BUGS, NUDGES
from bot.processes.inbox import Answering
from bot.processes.reading import read_locks_now
from bot.processes.together import Together
from bot.workflows.call_hooks import call_hook
from bot.workflows.connect_account import follow_link
from bot.workflows.follow_feeds import read_feed
from bot.workflows.hide_pin import hide_pin
from bot.workflows.mint_pin import mint_pin
from bot.workflows.online_pin import process_online_pin
from bot.workflows.operate_lock import operate_lock
from bot.workflows.postpone import postpone
from bot.workflows.process_alert import process_alert
from bot.workflows.process_code import process_code
from bot.workflows.process_request import process_request
from bot.workflows.process_series import process_series
from bot.workflows.receive_delivery import look_for_report
from bot.workflows.replace_pin import replace_alone
from bot.workflows.send_message import send_message
from bot.workflows.show_card import show_card
from bot.workflows.take_stay import remind_of_contact
from bot.workflows.take_stay.from_bookings import process_booking

log = structlog.get_logger()


@retry_if_stale
async def worker_lives(ports: Ports, _row_id: str) -> None:
    async with ports.store() as uow:
        await uow.heartbeats.record(ProcessKind.WORKER, ports.clock.wall())


WORKFLOWS: dict[Subject, Callable[[Ports, str], Awaitable[None]]] = {
    Subject.CODE: process_code,
    Subject.MINT: mint_pin,
    Subject.MESSAGE: send_message,
    Subject.ALERT: process_alert,
    Subject.CARD: show_card,
    Subject.REQUEST: process_request,
    Subject.REVEAL: hide_pin,
    Subject.REPORT: look_for_report,
    Subject.REPLACE: replace_alone,
    Subject.REMOTE: operate_lock,
    Subject.ONLINE: process_online_pin,
    Subject.LINK: follow_link,
    Subject.SOURCE_STAY: remind_of_contact,
    Subject.SERIES: process_series,
    Subject.FEED: read_feed,
    Subject.HOOK: call_hook,
    Subject.BOOKING: process_booking,
    Subject.LOCKS: read_locks_now,
    Subject.HEARTBEAT: worker_lives,
}
AFTER_A_BUG = timedelta(minutes=1)


@cache
def _counted(subject: Subject) -> Counter:
    return NUDGES.labels(subject.value)


def take_nudges(ports: Ports, answering: Answering | None = None) -> Callable[[Subject, str], Awaitable[None]]:
    """What a worker does with each nudge. Codes that come at the same moment are looked at together."""
    codes = Together(partial(process, ports, Subject.CODE))

    async def take(subject: Subject, row_id: str) -> None:
        _counted(subject).inc()
        await (codes.look(row_id) if subject is Subject.CODE else process(ports, subject, row_id, answering))

    return take


async def process(ports: Ports, subject: Subject, row_id: str, answering: Answering | None = None) -> None:
    """One nudge, or several of codes. A bug is traced and its row pushed ahead, so that the loop and all other rows
    live on."""
    try:
        if subject is Subject.INBOX:
            if answering is not None:
                await answering.drain()
        else:
            with read_at(ports.clock.now()):
                await WORKFLOWS[subject](ports, row_id)
    except Stale:
        log.debug("somebody was faster, again and again; the clock will nudge again", subject=subject.value, row=row_id)
    # No bug, and not postponed: that would need the very database that is away.
    except (OperationalError, InterfaceError, OSError) as error:
        warn_seldom("the database did not answer; the clock will nudge again", error=type(error).__name__)
    except Exception:
        BUGS.labels(subject.value).inc()
        log.exception("a bug", subject=subject.value, row=row_id)
        if subject in (Subject.MESSAGE, Subject.CODE) and "," in row_id:
            # One of them met it, and the others shall not wait for that one.
            for each in row_id.split(","):
                await process(ports, subject, each)
            return
        with suppress(SQLAlchemyError, OSError, Stale):
            await postpone(ports, subject, row_id, AFTER_A_BUG)
