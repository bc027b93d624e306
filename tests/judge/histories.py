"""Plays a history by its seed, stops where something claimed is not so, and makes the history as short as it can be."""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import uvloop

from tests.judge.acts import History, Step, play_step, written
from tests.judge.judge import Judge
from tests.judge.scene import stage
from tests.month.world import utc

SHORTENED_FOR = 60
"""Seconds at most."""

_BEGINS = (utc(2026, 12, 1, 9, 20), utc(2027, 3, 27, 11, 5), utc(2027, 10, 30, 7, 40), utc(2026, 12, 30, 21, 50))
"""A plain day, two before the clocks change in Europe, and one before the year does."""

_ZONES = ("Europe/Paris", "Europe/Paris", "Asia/Kathmandu", "America/New_York")


@dataclass(frozen=True)
class Broken:
    """A history after which something claimed was not so."""

    seed: int
    lines: Sequence[str]
    wrong: Sequence[str]
    steps: Sequence[Step]

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}, {len(self.lines)} steps",
            *(f"  {n}. {line}" for n, line in enumerate(self.lines, 1)),
        ]
        return "\n".join([*lines, *(f"  ✗ {line}" for line in self.wrong[:6])])


Url = Callable[[], str]
"""The address of a fresh, migrated database."""


async def played(url: str, seed: int, steps: Sequence[Step]) -> Broken | None:
    """The first step after which something is wrong ends it."""
    dice = Random(seed + 1)
    begins, zone, alone = dice.choice(_BEGINS), dice.choice(_ZONES), dice.random() < 0.4
    async with stage(url, begins, zone, alone=alone) as set_up:
        history = History(set_up)
        judge = Judge(history)
        for number, step in enumerate(steps, 1):
            history.heard.clear()
            at = history.now
            history.lines.append(f"{at:%d %b %H:%M} {await play_step(history, step) or 'nothing'}")
            await set_up.rest()
            await judge.after_step(last=number == len(steps), die=step.die)
            if judge.wrong:
                return Broken(seed, history.lines, list(dict.fromkeys(judge.wrong)), steps[:number])
    return None


async def judged(url: Url, seed: int, *, shorten: bool = True, focus: Collection[str] = ()) -> Broken | None:
    broken = await played(url(), seed, written(seed, focus))
    return await _shortened(url, broken) if broken and shorten else broken


async def _shortened(url: Url, broken: Broken) -> Broken:
    """Without every step that it does not need, from the last one back, as far as there is time."""
    until = time.monotonic() + SHORTENED_FOR
    for number in reversed(range(len(broken.steps) - 1)):
        if time.monotonic() > until:
            break
        left = [step for at, step in enumerate(broken.steps) if at != number]
        if (shorter := await played(url(), broken.seed, left)) is not None:
            broken = shorter
    return broken


def copies(template: Path, folder: Path) -> Url:
    """Each a copy of the migrated template, over the one before."""

    def url() -> str:
        file = folder / "history.db"
        for left in folder.glob("history.db*"):
            left.unlink()
        shutil.copy(template, file)
        return f"sqlite+aiosqlite:///{file}"

    return url


async def _many(seeds: Sequence[int]) -> int:
    from storage.engine import open_database
    from storage.migrate import migrate

    failed = 0
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        template = Path(folder) / "template.sqlite"
        database = open_database(f"sqlite+aiosqlite:///{template}")
        await migrate(database)
        await database.engine.dispose()
        began = time.process_time()
        for seed in seeds:
            broken = await judged(copies(template, Path(folder)), seed)
            if broken is not None:
                failed += 1
                print(broken, flush=True)
        print(f"{len(seeds)} histories, {failed} broken, {time.process_time() - began:.0f} s")
    return 1 if failed else 0


def main() -> None:
    """`python -m tests.judge.histories FIRST MANY`."""
    first, many = [*map(int, sys.argv[1:]), *(0, 100)[len(sys.argv) - 1 :]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_many(range(first, first + many))))


if __name__ == "__main__":
    main()
