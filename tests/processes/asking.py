"""A question of a command's at the terminal that the first word names, as a command asks it."""

import os
import sys

from bot.commands.doctor import _typed
from bot.commands.terminal.opening import run_until_done


def at(terminal: str) -> None:
    """From now on this process's own."""
    os.setsid()
    opened = os.open(terminal, os.O_RDWR)  # the first that is opened now is whose keys are signals
    for number in range(3):
        os.dup2(opened, number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - as long as it lives


async def ask() -> None:
    _typed("A number")
    print("WENT ON", flush=True)


if __name__ == "__main__":
    at(sys.argv[1])
    try:
        run_until_done(ask())
    finally:
        print("ENDED", flush=True)
