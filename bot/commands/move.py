"""`nightporter move --to …`: everything into another database, such as from SQLite to PostgreSQL."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.commands.terminal.opening import noted, run_until_done, said_of_database
from bot.commands.terminal.stopping import put, stop_with
from bot.processes.start import settled
from bot.sealing_keys import key_file, keys_for
from bot.settings import Settings, SettingsProblem, read_settings_in_part
from storage.backup import BackupProblem
from storage.engine import BadAddress, Database, no_answer, open_database
from storage.migrate import current_revision
from storage.move import move
from storage.seals import Seals, UnknownSeal
from storage.seals_fit import seals_fit
from storage.standings import standings

_STANDS_OTHERWISE = (
    "Stay {} does not stand there as it does here: go on with the database that you have, and report this, please."
)


def move_command(
    to: Annotated[str, typer.Option("--to", help="The other database, empty: `postgresql://porter@db/porter`.")],
) -> None:
    """Copy everything into another, empty database: from SQLite to PostgreSQL, or back. Nothing may run meanwhile.

    The database in DATABASE_URL stays as it is. Every row is compared, and then how every stay stands.

    Example: nightporter move --to postgresql://porter@db/porter
    """
    try:
        settings = read_settings_in_part("DATABASE_URL", "NIGHTPORTER_KEYS")
    except SettingsProblem as error:
        raise stop_with(error.problems, 2) from None
    run_until_done(_move(settings, to))


async def _move(settings: Settings, to: str) -> None:
    settled()
    source = open_database(settings.database_url.get_secret_value(), existing=True)
    try:
        target = open_database(to)
    except BadAddress as error:
        raise stop_with([_of_target(str(error))], 2) from None
    try:
        seals = Seals(keys_for(settings, only_look=True))
        if not await seals_fit(source, seals):
            raise UnknownSeal
        try:
            await current_revision(target)
        except BadAddress as error:
            raise stop_with([_of_target(str(error))]) from None
        except no_answer() as error:  # DATABASE_URL has answered by now
            raise stop_with([_of_target(said_of_database(error))]) from None
        counts = await move(source, target)
        stays = await _compared(source, target, seals)
        await noted(target, "move")
    except (BackupProblem, SettingsProblem, UnknownSeal) as error:
        raise stop_with([str(error)]) from None
    finally:
        await source.engine.dispose()
        await target.engine.dispose()
    put(f"Moved: {sum(counts.values())} rows of {len(counts)} tables, each compared; {stays} stays stand as they did.")
    if not settings.nightporter_keys:
        put(f"Set NIGHTPORTER_KEYS to what stands in {key_file(settings)}: the other database opens with it alone.")
    put("Now set DATABASE_URL to the other, and start. Never start on the old one again: it hears nothing more.")


def _of_target(said: str) -> str:
    return said.replace("DATABASE_URL", "--to")


async def _compared(source: Database, target: Database, seals: Seals) -> int:
    """How many stays there are. Raises BackupProblem where one stands otherwise."""
    now, count = datetime.now(UTC), 0
    there = standings(target, seals, now)
    async for here in standings(source, seals, now):
        if here != await anext(there, None):
            raise BackupProblem(_STANDS_OTHERWISE.format(here[0][-5:]))
        count += 1
    return count
