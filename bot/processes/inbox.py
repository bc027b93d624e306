"""The worker's own hand for commands that wait for their answer: one at a time in each process, until none is left, so
that acknowledgements and everything else come in between."""

import asyncio

from bot.ports import Ports
from bot.ports.inbox import CommandHandler
from bot.workflows.answer_commands import answer_commands


class Answering:
    def __init__(self, ports: Ports, handler: CommandHandler, stop: asyncio.Event) -> None:
        self._ports = ports
        self._handler = handler
        self._stop = stop
        self._at_it = False
        self._again = False

    async def drain(self) -> None:
        """A nudge that comes meanwhile only makes it look once more."""
        self._again = True
        if self._at_it:
            return
        self._at_it = True
        try:
            while self._again and not self._stop.is_set():
                # Before the look: a nudge that comes during it must make for another.
                self._again = False
                while not self._stop.is_set() and await answer_commands(self._ports, self._handler):
                    pass
        finally:
            self._at_it = False
