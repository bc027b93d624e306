"""`nightporter audit …`: who did what, as the database keeps it, and whether it still stands as it was written."""

import json as jsons
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.terminal.opening import run_until_done, said_of_database, value_or_exit, with_ports
from bot.commands.terminal.stopping import Json, put, stop_with
from bot.processes.start import settled
from storage.audit_chain import AuditLine, Verifier
from storage.audit_export import NoSuchLine, audit_entries, verified
from storage.engine import no_answer, open_database

_MOST_SAID = 20

if TYPE_CHECKING:
    from bot.wiring import Opened


def audit_export() -> None:
    """The whole audit log as JSON lines, oldest first, with the hash that ties each to the one before.

    Example: nightporter audit export > audit.jsonl
    """

    async def export(opened: "Opened") -> None:
        async for entry in audit_entries(opened.database):
            typer.echo(jsons.dumps(entry))

    run_until_done(with_ports("audit export", export))


def audit_verify(
    since: Annotated[
        str,
        typer.Option(
            help="Only what was written since this moment (2026-12-01 or 2026-12-01T15:00, UTC); or a chain that an "
            "earlier look has said, and that has to be one of the log's still."
        ),
    ] = "",
    file: Annotated[Path | None, typer.Option(help="An export instead of the database.")] = None,
    json: Json = False,
) -> None:
    """Whether any line of the log was changed, taken out, put in or moved; exit 1 and where, if one was.

    Needs DATABASE_URL only. Keep what it says of the last line elsewhere: given to --since, it also finds a log that
    somebody has made anew.

    Example: nightporter audit verify --since 2026-12-01
    """
    begin = _since(since) if since else None
    if file is not None:
        _say(_verified_file(file, begin), json=json)
    else:
        run_until_done(_verify(begin, json=json))


async def _verify(since: datetime | str | None, *, json: bool) -> None:
    settled()
    url = value_or_exit("DATABASE_URL", "sqlite+aiosqlite:///var/nightporter.db")
    database = open_database(url, existing=True)
    try:
        found = await verified(database, since)
    except NoSuchLine as error:
        raise stop_with([str(error)]) from None
    except no_answer() as error:
        raise stop_with([said_of_database(error)]) from None
    finally:
        await database.engine.dispose()
    _say(found, json=json)


def _since(text: str) -> datetime | str:
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise stop_with(
            [f'--since "{text[:80]}" is no moment like 2026-12-01T15:00 and no chain of a line.'], 2
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _verified_file(file: Path, since: datetime | str | None) -> Verifier:
    verifier: Verifier | None = None if isinstance(since, datetime) else Verifier()
    kept = not isinstance(since, str)
    for line in _read(file):
        kept = kept or line.chain == since
        if verifier is None and isinstance(since, datetime) and line.at >= since:
            verifier = Verifier(line.id - 1, line.previous)
        if verifier is not None:
            verifier.take(line)
    if not kept:
        raise stop_with([str(NoSuchLine())])
    verifier = verifier or Verifier()
    verifier.end()
    return verifier


def _read(file: Path) -> Iterator[AuditLine]:
    read = 0
    try:
        with file.open(encoding="utf-8") as lines:
            for written in lines:
                read += 1
                said: dict[str, Any] = jsons.loads(written)
                yield AuditLine(**{**said, "at": datetime.fromisoformat(said["at"])})
    except OSError as error:
        raise stop_with([f"{file} cannot be read: {error.strerror or type(error).__name__}."]) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise stop_with([f"{file} is no export of the audit log: line {read} is none of its lines."]) from None


def _say(found: Verifier, *, json: bool) -> None:
    if json:
        last = {"id": found.last, "chain": found.chain}
        typer.echo(jsons.dumps({"ok": not found.faults, "lines": found.count, "last": last, "faults": found.faults}))
    elif found.faults:
        more = len(found.faults) - _MOST_SAID
        put(*(f"WRONG {fault}" for fault in found.faults[:_MOST_SAID]), *([f"and {more} more"] if more > 0 else []))
    else:
        lines = "1 line stands" if found.count == 1 else f"{found.count} lines stand"
        put(f"{lines} as written. The last is {found.last}, with the chain {found.chain}")
    raise typer.Exit(1 if found.faults else 0)
