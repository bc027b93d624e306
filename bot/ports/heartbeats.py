"""Signs of life of the processes that nobody talks to: without a clock or a worker every screen still answers, and no
PIN is ever made. The clock leaves one each minute and nudges; whichever worker takes that nudge leaves the other, so
a worker's also tells that the queue between them carries."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

HEARTBEAT_EVERY = timedelta(minutes=1)
DEAD_AFTER = timedelta(minutes=3)


class ProcessKind(StrEnum):
    """What may be missing unseen."""

    CLOCK = "clock"
    WORKER = "worker"


class Heartbeats(Protocol):
    """`wall` is the machine's time: a process lives there, whatever a demo's clock says."""

    async def record(self, kind: ProcessKind, wall: datetime) -> None: ...
    async def newest(self) -> Mapping[ProcessKind, datetime]:
        """When each kind last gave a sign; one that never did is not in it."""
        ...
