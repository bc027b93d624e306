"""Ids of new rows: ULIDs, which begin with the moment in which they were made."""

from collections.abc import Callable
from datetime import datetime

from ulid import ULIDGenerator


def ids_by(now: Callable[[], datetime]) -> Callable[[], str]:
    """Of one process; each later than the one before, while `now` stands too.

    `now` is the clock that everything else goes by: rows are found by what their ids begin with, and a demo moves time.
    """
    made = ULIDGenerator(lambda: int(now().timestamp() * 1000))
    return lambda: str(made.generate())
