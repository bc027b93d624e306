"""A bug in one part of a process: traced and counted, and the part goes on. Broad on purpose, here and in `worker`;
whoever catches anywhere below says what."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.processes.gauges import BUGS

log = structlog.get_logger()


@contextmanager
def going_on(part: str) -> Iterator[None]:
    """Around what runs by itself, where nobody waits for how it ends: its end would end every part of `serve`."""
    try:
        yield
    except Exception:
        BUGS.labels(part).inc()
        log.exception("a bug", part=part)
