"""`nightporter keys …`: the keys that seal PINs and phone numbers. A new one needs neither settings nor a database, so
what `rotate` needs is loaded by it alone."""

from typing import TYPE_CHECKING

import typer

from storage.seals import new_key

if TYPE_CHECKING:
    from bot.settings import Settings


_NOTHING = "Everything was sealed with the newest key already."


def new() -> None:
    """A fresh key, to be put in front of NIGHTPORTER_KEYS.

    Example: export NIGHTPORTER_KEYS="$(nightporter keys new),$NIGHTPORTER_KEYS"
    """
    typer.echo(new_key())


def rotate() -> None:
    """Seal everything anew with the newest key; afterwards the older ones may go.

    Example: NIGHTPORTER_KEYS=NEW,OLD nightporter keys rotate
    """
    from bot.commands.terminal.opening import run_until_done, settings_or_exit

    run_until_done(_rotate(settings_or_exit()))


def _said(what: str, count: int) -> None:
    typer.echo(f"  {count} {what}", err=True)


async def _rotate(settings: "Settings") -> None:
    from bot.commands.terminal.opening import noted
    from bot.commands.terminal.stopping import stop_with
    from bot.processes.start import settled
    from bot.sealing_keys import keys_for
    from bot.settings import SettingsProblem
    from bot.wiring import claim_for
    from storage.engine import open_database
    from storage.processes import OlderKeys
    from storage.rotate import rotate as rotate_all
    from storage.seals import Seals, UnknownSeal

    settled()
    database = open_database(settings.database_url.get_secret_value(), existing=True)
    try:
        await claim_for(settings, database, only_look=True)
        done = await rotate_all(database, Seals(keys_for(settings)), _said)
        await noted(database, "keys rotate", count=str(done))
        sealed = "1 value is" if done == 1 else f"{done} values are"
        typer.echo(f"{sealed} sealed with the newest key." if done else _NOTHING)
    except (SettingsProblem, UnknownSeal, OlderKeys) as error:
        raise stop_with([str(error)]) from None
    finally:
        await database.engine.dispose()
