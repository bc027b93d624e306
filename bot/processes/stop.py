"""Stopping: SIGTERM and SIGINT set one event that every loop waits on."""

import asyncio
import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn


def stop_on_signals(shutdown: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, shutdown.set)


class QuietServer(uvicorn.Server):
    """uvicorn, told to stop by our event instead of by signals of its own, and saying when it listens."""

    ready_line = ""

    def __init__(self, config: uvicorn.Config, listening: asyncio.Event) -> None:
        super().__init__(config)
        self.listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()
        if self.started and self.ready_line:
            print(self.ready_line, flush=True)  # noqa: T201 - the one line that people and programs wait for

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class PortTaken(Exception):
    """Somebody else listens there already, or we may not."""


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. It names its protocol, or keep-alive requests would wait 40 ms each (facts/slack-twilio.md §5).

    Raises PortTaken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # A restart must not wait for connections of the process before that linger in TIME_WAIT.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, UnicodeError) as error:
        bound.close()
        why = getattr(error, "strerror", None) or type(error).__name__
        if isinstance(error, (socket.gaierror, UnicodeError)) or error.errno == errno.EADDRNOTAVAIL:
            raise PortTaken(
                f"HOST is no address of this machine ({why}): set it to one, or leave it out for all of them."
            ) from None
        if error.errno == errno.EACCES:
            raise PortTaken(f"Port {port} cannot be used ({why}): set PORT to one from 1024.") from None
        raise PortTaken(f"Port {port} cannot be used ({why}): stop what runs there, or set PORT.") from None
    return bound


async def serve_until(server: QuietServer, bound: socket.socket, shutdown: asyncio.Event) -> None:
    """Listens on `bound` until `shutdown`, then lets requests under way finish."""
    running = asyncio.create_task(server.serve(sockets=[bound]))
    stopped = asyncio.create_task(shutdown.wait())
    await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    server.should_exit = True
    await running
    shutdown.set()
