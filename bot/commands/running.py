"""Commands that run processes: serve, web, worker, clock, migrate, demo, sandbox."""

import asyncio
import os
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from asyncpg import PostgresError
from sqlalchemy.exc import SQLAlchemyError

from bot.commands.logs import set_up_logs
from bot.processes.demo import run_demo, run_sandbox, run_story
from bot.processes.serve import PARTS, run
from bot.processes.stop import PortTaken
from bot.settings import Settings, SettingsProblem, check_no_real_credentials, read_settings
from bot.wiring import open_all
from storage.engine import open_database
from storage.migrate import migrate
from storage.trouble import is_away, kind


def stop_with(problems: Sequence[str], code: int = 1) -> typer.Exit:
    """Says what is wrong, a line each, and gives the exit to raise."""
    for problem in problems:
        typer.echo(problem, err=True)
    return typer.Exit(code)


def settings_or_exit(**given: object) -> Settings:
    try:
        settings = read_settings(**given)
    except SettingsProblem as trouble:
        raise stop_with(["Night Porter cannot start:", *(f"  - {p}" for p in trouble.problems)]) from None
    set_up_logs(settings.log_level)
    return settings


def run_until_done(doing: Coroutine[Any, Any, None]) -> None:
    """Runs it on uvloop, which PgQueuer and uvicorn want. What the operator has to mend is said in one sentence."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(doing)
    except SettingsProblem as trouble:
        raise stop_with(trouble.problems) from None
    except PortTaken as trouble:
        raise stop_with([str(trouble)]) from None
    except (SQLAlchemyError, PostgresError, OSError) as trouble:
        raise stop_with([_said_of_database(trouble)]) from None


def _said_of_database(trouble: Exception) -> str:
    """The address is to blame only where nobody answered there, or we were not let in."""
    if is_away(trouble):
        return f"The database does not answer ({kind(trouble)}): check DATABASE_URL."
    return f"The database answered with an error ({kind(trouble)}): its own log says more."


def serve() -> None:
    """Web, worker and clock in one process: all that a small team needs.

    Example: PORT=8080 nightporter serve
    """
    settings = settings_or_exit()
    run_until_done(_serve(settings, PARTS))


def web() -> None:
    """Only the web process (PostgreSQL).

    Example: nightporter web
    """
    _alone("web")


def worker() -> None:
    """Only a worker (PostgreSQL); start as many as you like.

    Example: nightporter worker
    """
    _alone("worker")


def clock() -> None:
    """Only the clock (PostgreSQL); a second one does no harm.

    Example: nightporter clock
    """
    _alone("clock")


def _alone(part: str) -> None:
    settings = settings_or_exit()
    if not settings.is_postgresql:
        raise stop_with([f"`nightporter {part}` alone needs PostgreSQL; with SQLite run `nightporter serve`."], 2)
    run_until_done(_serve(settings, (part,)))


async def _serve(settings: Settings, parts: Sequence[str]) -> None:
    async with open_all(settings) as opened:
        await migrate(opened.database)
        line = f"Night Porter is ready: http://127.0.0.1:{settings.port}" if "web" in parts else ""
        await run(opened, parts, ready_line=line)


def migrate_command() -> None:
    """Bring the database to the newest revision. Needs DATABASE_URL only.

    Example: DATABASE_URL=postgresql://porter@db/porter nightporter migrate
    """
    url = os.environ.get("DATABASE_URL") or "sqlite+aiosqlite:///var/nightporter.db"
    run_until_done(_migrate(url))


async def _migrate(url: str) -> None:
    try:
        database = open_database(url)
    except ValueError as trouble:
        raise SettingsProblem([str(trouble)]) from None
    try:
        newest = await migrate(database, lambda revision: typer.echo(f"  {revision}", err=True))
        typer.echo(f"The database is at revision {newest}.")
    finally:
        await database.engine.dispose()


def demo(
    story: Annotated[bool, typer.Option("--story", help="Run the main job once, print it, and exit.")] = False,
) -> None:
    """The bot with the sandbox around it, on this machine only. Nothing reaches a real person, lock or phone.

    Example: PORT=9000 nightporter demo
    """
    _refuse_beside_real_credentials()
    set_up_logs("warning" if story else os.environ.get("LOG_LEVEL", "info").lower())
    if not story:
        run_until_done(run_demo(_port(8000), Path("var")))
        return
    failed: list[bool] = []
    run_until_done(run_story(failed.append))
    raise typer.Exit(1 if any(failed) else 0)


def sandbox(port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8001) -> None:
    """Only the outside world: Seam, Twilio, Slack, doors and phones, for a bot in another process.

    Example: nightporter sandbox --port 8001
    """
    _refuse_beside_real_credentials()
    set_up_logs("info")
    bot_url = os.environ.get("PUBLIC_URL") or "http://127.0.0.1:8000"
    run_until_done(run_sandbox(port, bot_url.rstrip("/")))


def _refuse_beside_real_credentials() -> None:
    try:
        check_no_real_credentials(os.environ)
    except SettingsProblem as trouble:
        raise stop_with(trouble.problems, 2) from None


def _port(default: int) -> int:
    text = os.environ.get("PORT") or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise stop_with(["PORT is not a port number."], 2)
    return int(text)
