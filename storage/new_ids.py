"""Ids of new rows: ULIDs, which begin with the moment in which they were made."""

from collections.abc import Callable
from datetime import datetime

from ulid import ULIDGenerator

_MADE = ULIDGenerator()
"""One for the whole process: of the same millisecond each is later than the one before."""


def ids_by(now: Callable[[], datetime]) -> Callable[[], str]:
    """`now` is the clock that everything else goes by: rows are found by what their ids begin with, and a demo moves
    time."""
    return lambda: str(_MADE.generate(now()))
