"""What is done where a row has moved on since it was read: the same once more, at once. It knows no database; what a
second look finds is the workflow's business."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
TRIES = 5
"""So often somebody else would have to be faster, one after the other, before it is given up: the clock comes again."""


class Stale(Exception):
    """Nothing was written: somebody else changed the row first, or the database undid this transaction in favour of
    another (a deadlock). Whoever sees this looks again."""


class NoRoom(ConnectionError):
    """Nothing was written: the disk under the database is full."""

    def __init__(self) -> None:
        super().__init__("the disk under the database is full")


def retry_if_stale(doing: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """For a function that is one unit of work and calls no vendor: it is run anew as a whole, and sees what others did.
    Raises Stale after the last try."""

    @wraps(doing)
    async def done(*given: P.args, **named: P.kwargs) -> T:
        for _ in range(TRIES - 1):
            try:
                return await doing(*given, **named)
            except Stale:
                continue
        return await doing(*given, **named)

    return done
