"""How long the loop stands still: the processor time of this thread that one callback takes. Whatever else the machine
does costs this clock nothing, so no load makes a test red."""

import gc
import time
from asyncio import BaseEventLoop, events
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Stalls:
    """`longest`: seconds, since it was last set to nothing."""

    longest: float = 0.0


@contextmanager
def watched_loop() -> Iterator[Stalls]:
    """Every callback of asyncio's own loop is timed; uvloop's cannot be. What was there before is looked through for
    garbage no more, as in a process that has started (`bot.processes.start`): in that of the tests it is a hundred
    times as much."""
    seen, run = Stalls(), events.Handle._run
    assert isinstance(events.get_running_loop(), BaseEventLoop), "another loop's callbacks are not seen"

    def timed(handle: events.Handle) -> None:
        began = time.thread_time()
        try:
            run(handle)
        finally:
            seen.longest = max(seen.longest, time.thread_time() - began)

    gc.collect()
    gc.freeze()
    events.Handle._run = timed  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        events.Handle._run = run  # type: ignore[method-assign]
