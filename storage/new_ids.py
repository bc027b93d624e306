"""Ids of new rows: ULIDs, which begin with the moment in which they were made."""

from datetime import datetime

from ulid import ULIDGenerator

_MADE = ULIDGenerator()
"""One for the whole process: of the same millisecond each is later than the one before."""


def id_at(now: datetime) -> str:
    return str(_MADE.generate(now))
