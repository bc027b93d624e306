"""Logs: one line an event, ids and counts only. Nothing here may ever see a body, a PIN or a phone number."""

import logging
import sys

import structlog
from structlog.stdlib import ProcessorFormatter, add_logger_name
from structlog.typing import Processor

_QUIETER = {
    "apscheduler": logging.ERROR,  # a sweep that is still running is no news
    # Of a database that went away the queue says so once itself (storage.nudges), they a screen a second.
    "pgqueuer": logging.CRITICAL,
    "asyncpg.pool": logging.ERROR,
}


def set_up_logs(level: str) -> None:
    """JSON, libraries' lines included; on a terminal, what a person reads."""
    number = getattr(logging, level.upper(), logging.INFO)
    stamped: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    written: Processor = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        written = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    theirs = logging.StreamHandler(sys.stderr)
    theirs.setFormatter(ProcessorFormatter(processor=written, foreign_pre_chain=[add_logger_name, *stamped]))
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[theirs])
    for name, least in _QUIETER.items():
        logging.getLogger(name).setLevel(least)
    structlog.configure(
        processors=[*stamped, written],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
