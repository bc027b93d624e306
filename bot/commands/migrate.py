"""`nightporter migrate`: brings the database to the newest revision."""

import typer

from bot.commands.terminal.opening import noted, run_until_done, value_or_exit
from storage.engine import open_database
from storage.migrate import migrate


def migrate_command() -> None:
    """Bring the database to the newest revision. Needs DATABASE_URL only.

    Example: DATABASE_URL=postgresql://porter@db/porter nightporter migrate
    """
    url = value_or_exit("DATABASE_URL", "sqlite+aiosqlite:///var/nightporter.db")
    run_until_done(_migrate(url))


async def _migrate(url: str) -> None:
    database = open_database(url)
    try:
        applied: list[str] = []

        def said(revision: str) -> None:
            typer.echo(f"  {revision}", err=True)
            applied.append(revision)

        newest = await migrate(database, said)
        if applied:
            await noted(database, "migrate", to=newest)
        typer.echo(f"The database is at revision {newest}.")
    finally:
        await database.engine.dispose()
