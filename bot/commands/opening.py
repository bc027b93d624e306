"""What commands share that read the settings and open the house: the database, the queue and the vendors."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import uvloop

from bot.commands.logs import set_up_logs
from bot.commands.stopping import stop_with
from bot.processes.start import settled
from bot.processes.stop import PortTaken
from bot.settings import Settings, SettingsProblem, read_settings
from bot.wiring import Opened, open_all
from storage.engine import no_answer
from storage.errors import is_away, kind


def settings_or_exit() -> Settings:
    try:
        settings = read_settings()
    except SettingsProblem as error:
        raise stop_with(["Night Porter cannot start:", *(f"  - {p}" for p in error.problems)]) from None
    set_up_logs(settings.log_level)
    return settings


def run_until_done(doing: Coroutine[Any, Any, None]) -> None:
    """Runs it on uvloop, which PgQueuer and uvicorn want. What the operator has to mend is said in one sentence."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(doing)
    except SettingsProblem as error:
        raise stop_with(error.problems) from None
    except PortTaken as error:
        raise stop_with([str(error)]) from None
    except no_answer() as error:
        raise stop_with([said_of_database(error)]) from None


def said_of_database(error: BaseException) -> str:
    """The address is to blame only where nobody answered there, or we were not let in."""
    if is_away(error):
        return f"The database does not answer ({kind(error)}): check DATABASE_URL, and that the server runs."
    return f"The database answered with an error ({kind(error)}): its own log says more."


async def with_ports(doing: Callable[[Opened], Awaitable[None]]) -> None:
    """On a database that is ours: a house's never meets what the sandbox makes up."""
    try:
        async with open_all(settings_or_exit()) as opened:
            settled()
            if wrong := (await opened.ready()).get("database"):
                raise stop_with([f"The database {wrong}."])
            await opened.claim_database()
            await doing(opened)
    except (SettingsProblem, OSError) as error:
        raise stop_with([str(error) or type(error).__name__]) from None
