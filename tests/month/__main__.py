"""`python -m tests.month [STAYS [SEED]]`: 1,000 stays on the moved clock; prints the counts, and what broke."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from storage.engine import open_database
from storage.migrate import migrate
from tests.month.play import play


async def month(stays: int, seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'month.db'}"
        database = open_database(url)
        await migrate(database)
        await database.engine.dispose()
        began = time.perf_counter()
        async with play(url, seed) as made:
            await made.plan(stays)
            await made.run()
        took = time.perf_counter() - began
    print(f"| {stays} stays, seed {seed}, in {took:.0f} s | |\n|---|---|")
    for what, count in sorted(made.tally.items()):
        print(f"| {what} | {count} |")
    print(f"| invariants broken | {len(made.judge.wrong)} |")
    print(*made.judge.wrong[:40], sep="\n")
    return 1 if made.judge.wrong else 0


def main() -> None:
    stays, seed = [*map(int, sys.argv[1:]), *(1000, 1)[len(sys.argv) - 1 :]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(month(stays, seed)))


if __name__ == "__main__":
    main()
