"""A bug in one part of a process: traced and counted, and the part goes on. Broad on purpose, here and in `worker`;
whoever catches anywhere below says what."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.processes.gauges import BUGS

log = structlog.get_logger()


SAY_AGAIN_SECONDS = 60.0
_said: dict[str, float] = {}


def warn_seldom(event: str, **facts: str) -> None:
    """Of what passes by itself and is met many times a second meanwhile: a line a minute, whatever the row."""
    now = time.monotonic()
    if now - _said.get(event, -SAY_AGAIN_SECONDS) >= SAY_AGAIN_SECONDS:
        _said[event] = now
        log.warning(event, **facts)


@contextmanager
def going_on(part: str) -> Iterator[None]:
    """Around what runs by itself, where nobody waits for how it ends: its end would end every part of `serve`."""
    try:
        yield
    except Exception:
        BUGS.labels(part).inc()
        log.exception("a bug", part=part)
