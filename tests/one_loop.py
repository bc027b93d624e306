"""The loop that all tests of a process run on: the bot's own kind, and one, so that a connection or a browser can
outlast a test. What else a test began ends with it."""

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import uvloop

_loops: list[asyncio.AbstractEventLoop] = []
_lasting: WeakSet[asyncio.Task[Any]] = WeakSet()


class _Loop(uvloop.Loop):
    def close(self) -> None:
        """A warning that is an error would leave a transport half closed, and uvloop would wait for it for ever."""
        with warnings.catch_warnings(record=True, action="always") as found:
            super().close()
        for unclosed in found:
            warnings.warn(unclosed.message, stacklevel=2)


def new_loop() -> asyncio.AbstractEventLoop:
    assert not _loops, "a test that is not async was given something async: pytest-asyncio begins anew with it"
    _loops.append(_Loop())
    return _loops[-1]


@contextmanager
def outlasting() -> Iterator[None]:
    """The tasks that are begun within are of what several tests share."""
    before = asyncio.all_tasks()
    yield
    _lasting.update(asyncio.all_tasks() - before)


def end_what_was_begun() -> None:
    """Every other task is cancelled."""
    for loop in _loops:
        left = asyncio.all_tasks(loop) - set(_lasting)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
