"""`nightporter serve`, `web`, `worker`, `clock`: the processes that a house runs."""

from bot.commands.terminal.opening import run_until_done, settings_or_exit
from bot.commands.terminal.stopping import stop_with
from bot.settings import Settings


def serve() -> None:
    """Web, worker and clock in one process: all that a small team needs.

    Example: PORT=8080 nightporter serve
    """
    settings = settings_or_exit()
    run_until_done(_serve(settings))


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
    run_until_done(_serve(settings, part))


async def _serve(settings: Settings, *alone: str) -> None:
    # The vendors' rooms take most of a start: a setting that is missing is said before.
    from bot.processes.mending import Mending
    from bot.processes.serve import PARTS, run
    from bot.sealing_keys import keys_for
    from bot.wiring import open_all
    from storage.migrate import migrate
    from storage.processes import announced
    from storage.seals import Seals, UnknownSeal

    parts = alone or PARTS
    async with open_all(settings) as opened:
        await migrate(opened.database)
        await opened.claim_database()
        if not await opened.keys_fit():
            raise stop_with([str(UnknownSeal())])
        line = f"Night Porter is ready: http://127.0.0.1:{settings.port}" if "web" in parts else ""
        mending = Mending(opened.problems)
        async with announced(opened.database, Seals(keys_for(settings)), parts, mending):
            await run(opened, parts, ready_line=line, mending=mending)
