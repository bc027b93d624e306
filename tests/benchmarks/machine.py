"""What processes use of the machine, and what others use of it meanwhile."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psutil

BUSY = 0.1
"""A figure is marked where others took more than so much of all processors while it was taken."""


class Rate(NamedTuple):
    """Of one round: how many a second, and processor seconds of ours for each."""

    rate: float
    cpu: float


def used(*pids: int) -> float:
    """Processor seconds of these processes and of their children; of those that ended, where they were waited for."""
    return sum(_used(psutil.Process(pid)) for pid in pids)


def _used(process: psutil.Process) -> float:
    try:
        times, children = process.cpu_times(), process.children()
    except psutil.NoSuchProcess:
        return 0.0
    own = times.user + times.system + getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return float(own + sum(map(_used, children)))


def memory(pid: int) -> int:
    """Bytes, of a process and its children: what they share is counted once where the system tells (Linux)."""
    process = psutil.Process(pid)
    infos = [each.memory_full_info() for each in (process, *process.children(recursive=True))]
    return sum(getattr(info, "pss", info.rss) for info in infos)


class Others:
    """The share of all processors that nobody of ours took, from 0 to 1. `share` is of the last look."""

    def __init__(self, *ours: int) -> None:
        self._ours = (os.getpid(), *ours)
        self.share = 0.0

    @contextmanager
    def look(self) -> Iterator[None]:
        began, taken, own = time.perf_counter(), _taken(), used(*self._ours)
        yield
        seconds = (time.perf_counter() - began) * (psutil.cpu_count() or 1)
        self.share = max(0.0, (_taken() - taken) - (used(*self._ours) - own)) / seconds


def _taken() -> float:
    """Processor seconds that the whole machine has used, those included that it was not given (`steal`)."""
    times = psutil.cpu_times()
    counted = ("user", "nice", "system", "irq", "softirq", "steal")
    return float(sum(getattr(times, name, 0.0) for name in counted))
