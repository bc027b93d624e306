"""What vendors refuse until the operator mends it: said in the log by a process that runs, once an hour for each."""

import time
from collections.abc import Callable, Mapping, Sequence

import structlog

log = structlog.get_logger()

SAY_AGAIN_SECONDS = 3600.0

Problems = Mapping[str, Sequence[str]]


class Mending:
    """Asked whenever somebody wants to know, it says what is new."""

    def __init__(self, problems: Callable[[], Problems]) -> None:
        self._problems = problems
        self._said: dict[tuple[str, str], float] = {}

    def __call__(self) -> Problems:
        found, now = self._problems(), time.monotonic()
        for vendor, cures in found.items():
            for cure in cures:
                if now - self._said.get((vendor, cure), -SAY_AGAIN_SECONDS) >= SAY_AGAIN_SECONDS:
                    self._said[vendor, cure] = now
                    log.error("misconfigured", vendor=vendor, cure=cure)
        return found
