"""`nightporter demo` and `nightporter sandbox`: the bot in a made-up world, and that world alone."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.terminal.logs import set_up_logs
from bot.commands.terminal.opening import run_until_done, value_or_exit
from bot.commands.terminal.stopping import stop_with
from bot.processes.demo import run_demo, run_sandbox, run_story
from bot.settings import SettingsProblem, check_no_real_credentials


def demo(
    story: Annotated[bool, typer.Option("--story", help="Run the main job once, print it, and exit.")] = False,
) -> None:
    """The bot with the sandbox around it, on this machine only. Nothing reaches a real person, lock or phone.

    Each start begins with an empty house.

    Example: PORT=9000 nightporter demo
    """
    _refuse_beside_real_credentials()
    set_up_logs("warning" if story else value_or_exit("LOG_LEVEL", "info").lower())
    if not story:
        text = value_or_exit("PORT", str(8000))
        if not (text.isascii() and text.isdigit() and len(text) < 6) or not 0 < int(text) < 65536:
            raise stop_with(["PORT is not a port number."], 2)
        # A place of its own, empty at each start and gone with it: never the house's database, nor its key.
        with tempfile.TemporaryDirectory(prefix="nightporter-demo-") as folder:
            run_until_done(run_demo(int(text), Path(folder)))
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
    bot_url = value_or_exit("PUBLIC_URL", "http://127.0.0.1:8000")
    run_until_done(run_sandbox(port, bot_url.rstrip("/")))


def _refuse_beside_real_credentials() -> None:
    try:
        check_no_real_credentials()
    except SettingsProblem as error:
        raise stop_with(error.problems, 2) from None
