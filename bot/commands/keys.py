"""Commands about the keys that seal PINs and phone numbers."""

import typer

from bot.commands.running import run_until_done, settings_or_exit, stop_with
from bot.settings import Settings, SettingsProblem
from bot.wiring import keys_for
from storage.engine import open_database
from storage.rotate import rotate as rotate_all
from storage.seals import Seals, UnknownSeal, new_key

keys_app = typer.Typer(help="The keys that seal PINs and phone numbers.", no_args_is_help=True)


@keys_app.command("new")
def new() -> None:
    """A fresh key, to be put in front of NIGHTPORTER_KEYS.

    Example: export NIGHTPORTER_KEYS="$(nightporter keys new),$NIGHTPORTER_KEYS"
    """
    typer.echo(new_key())


@keys_app.command("rotate")
def rotate() -> None:
    """Seal everything anew with the newest key; afterwards the older ones may go.

    Example: NIGHTPORTER_KEYS=NEW,OLD nightporter keys rotate
    """
    run_until_done(_rotate(settings_or_exit()))


def _told(what: str, count: int) -> None:
    typer.echo(f"  {count} {what}", err=True)


async def _rotate(settings: Settings) -> None:
    database = open_database(settings.database_url.get_secret_value())
    try:
        done = await rotate_all(database, Seals(keys_for(settings)), _told)
        typer.echo(f"{done} values are sealed with the newest key.")
    except (SettingsProblem, UnknownSeal) as trouble:
        raise stop_with([str(trouble)]) from None
    finally:
        await database.engine.dispose()
