"""What commands share that read the settings and open the house: the database, the queue and the vendors."""

import asyncio
import os
import pwd
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import uvloop

from bot.commands.terminal.logs import set_up_logs
from bot.commands.terminal.stopping import put, stop_with
from bot.conversation.times import read_at
from bot.ports import ProviderError
from bot.processes.start import settled
from bot.processes.stop import PortTaken
from bot.settings import Settings, SettingsProblem, read_settings, read_value
from storage.audit_entries import add_line
from storage.engine import BadAddress, Database, no_answer
from storage.errors import behind_it, is_away, is_behind, kind, of_sqlite
from storage.migrate import NewerDatabase

if TYPE_CHECKING:
    from bot.wiring import Opened


def settings_or_exit() -> Settings:
    try:
        settings = read_settings()
    except SettingsProblem as error:
        raise stop_with(["Night Porter cannot start:", *(f"  - {p}" for p in error.problems)]) from None
    set_up_logs(settings.log_level)
    return settings


def value_or_exit(name: str, otherwise: str) -> str:
    try:
        return read_value(name, otherwise)
    except SettingsProblem as error:
        raise stop_with(error.problems, 2) from None


def run_until_done(doing: Coroutine[Any, Any, None]) -> None:
    """Runs it on uvloop, which PgQueuer and uvicorn want. What the operator has to mend is said in one sentence."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(doing)
    except SettingsProblem as error:
        raise stop_with(error.problems) from None
    except (BadAddress, NewerDatabase, PortTaken, ProviderError) as error:
        raise stop_with([str(error)]) from None
    except no_answer() as error:
        raise stop_with([said_of_database(error)]) from None


def said_of_database(error: BaseException) -> str:
    """The address is to blame only where nobody answered there, or we were not let in."""
    error = behind_it(error)
    if is_behind(error):
        return "The database is not at the newest revision: run `nightporter migrate`."
    if of_sqlite(error):
        why = next((said for code, said in _SQLITE if of_sqlite(error).startswith(code)), "answered with an error")
        return f"The database {why} ({kind(error)})."
    if is_away(error):
        return f"The database does not answer ({kind(error)}): check DATABASE_URL, and that the server runs."
    return f"The database answered with an error ({kind(error)}): its own log says more."


_SQLITE = (
    ("SQLITE_NOTADB", "is none: DATABASE_URL names a file that SQLite did not write"),
    ("SQLITE_CANTOPEN", "cannot be opened: check the path in DATABASE_URL and its rights"),
    ("SQLITE_PERM", "cannot be opened: check the path in DATABASE_URL and its rights"),
    ("SQLITE_READONLY", "cannot be written to: check the rights of its file and its folder"),
    ("SQLITE_FULL", "cannot grow: its disk is full"),
    ("SQLITE_IOERR", "cannot be read or written: check its disk"),
    ("SQLITE_CORRUPT", "is damaged: take the newest copy of it"),
    ("SQLITE_BUSY", "is held by another program: stop that, and try again"),
)


async def noted(database: Database, command: str, at: datetime | None = None, **facts: str) -> None:
    """Who has run what stands in the audit log, and not what they typed behind it: names and numbers are among that."""
    try:
        facts["by"] = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # as in a container
        facts["by"] = str(os.getuid())
    try:
        await add_line(database, at or datetime.now(UTC), "operator", "command", command, facts)
    except no_answer() as error:  # a backup is worth more than its line, above all on a disk that is full
        put(f"{said_of_database(error)} The audit log does not say that this was done.", err=True)


async def with_ports(command: str, doing: Callable[["Opened"], Awaitable[None]]) -> None:
    """On a database that is there already, since a mistyped path must not become an empty one, and that is ours: a
    house's never meets what the sandbox makes up."""
    settings = settings_or_exit()
    from bot.wiring import open_all  # the vendors' rooms take most of a start: only for settings that fit

    async with open_all(settings, existing=True) as opened:
        settled()
        await opened.claim_database()  # first, since it says best why a database does not answer
        if wrong := (await opened.ready()).get("database"):
            raise stop_with([f"The database {wrong}."])
        await noted(opened.database, command, opened.ports.clock.now())
        with read_at(opened.ports.clock.now()):
            await doing(opened)
