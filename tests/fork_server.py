"""Processes of the bot, without the second and more that Python takes to load it.

A server loads what the bot loads and forks: each fork is a process of its own, with the environment, the folder, the
streams and the words of a start as `python -m bot`, and ends as one. What a start itself does, before the first line of
ours is run, is tested where a command is a process (`tests/processes`).

One server for a run, made by whoever needs it first, and ended with the run by its janitor.
"""

import atexit
import fcntl
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.janitor import folder_of_the_run

ROOT = Path(__file__).parents[1]
LOADED = (
    "bot.commands.demo",
    "bot.commands.serve",
    "bot.wiring",
    "storage.processes",
    "bot.processes.clock",
    "bot.processes.demo",
    "bot.processes.serve",
    "bot.processes.web",
    "bot.processes.worker",
    "providers.seam.lock",
    "providers.seam.online",
    "providers.seam.accounts",
    "providers.seam.inbound",
    "providers.seam.listeners",
    "providers.bookings.listeners",
    "storage.exclusive",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.websockets.auto",
    "anyio._backends._asyncio",
    "httpcore",
    "apscheduler.executors.asyncio",
    "apscheduler.triggers.interval",
    "phonenumbers.data.region_FR",
    "asyncpg",
    "tests.benchmarks.ports",
    "pytest",
    *(f"_pytest.{name}" for name in ("faulthandler", "helpconfig", "junitxml", "pastebin", "setupplan", "skipping")),
    *(f"_pytest.{name}" for name in ("threadexception", "unittest", "unraisableexception", "warnings")),
    "pdb",
)
"""Nothing here starts a thread or opens a connection: a fork would be without the one and share the other."""


class Forked:
    """A process of the bot's; has of `subprocess.Popen` what tests use."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        cwd: Path = ROOT,
        env: Mapping[str, str],
        out: int,
        err: int | None = None,
        reads: int | None = None,
        module: str = "bot",
    ) -> None:
        """`python -m bot` with these words. What it says goes to the open file `out`, and its remarks to `err` if that
        is another; it reads the open file `reads`, if there is one."""
        self._status: int | None = None
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.connect(str(_address()))
        asked = json.dumps({"module": module, "words": list(words), "cwd": str(cwd), "env": dict(env)}).encode()
        with Path(os.devnull).open() as nothing:
            streams = [nothing.fileno() if reads is None else reads, out, out if err is None else err]
            socket.send_fds(self._connection, [len(asked).to_bytes(4)], streams)
        self._connection.sendall(asked)
        self.pid = int.from_bytes(_exactly(self._connection, 4))

    def __del__(self) -> None:
        self._connection.close()

    def poll(self) -> int | None:
        self._connection.setblocking(False)
        with suppress(BlockingIOError):
            self._read()
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        self._connection.settimeout(timeout)
        try:
            return self._read()
        except TimeoutError:
            raise subprocess.TimeoutExpired("bot", timeout or 0) from None

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _read(self) -> int:
        if self._status is None:
            self._status = int.from_bytes(_exactly(self._connection, 4), signed=True)
        return self._status


def _exactly(connection: socket.socket, size: int) -> bytes:
    """All of it, or BlockingIOError or TimeoutError before the first of it."""
    found = connection.recv(size, socket.MSG_WAITALL)
    if len(found) < size:
        raise ConnectionError("the fork server is gone")
    return found


def start_ahead() -> None:
    """So that it is there when it is needed first."""
    folder = folder_of_the_run()
    with (folder / "forks.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        log = folder / "forks.log"
        if not log.exists():
            log.touch()
            said = [(os.POSIX_SPAWN_OPEN, number, str(log), os.O_WRONLY | os.O_APPEND, 0) for number in (1, 2)]
            words = [sys.executable, "-m", "tests.fork_server", str(folder / "forks")]
            os.posix_spawn(sys.executable, words, {**os.environ, "PYTHONPATH": str(ROOT)}, file_actions=said)


@cache
def _address() -> Path:
    start_ahead()
    address, deadline = folder_of_the_run() / "forks", time.monotonic() + 60
    while not address.exists():
        if time.monotonic() > deadline:
            raise AssertionError(f"no fork server:\n{address.with_suffix('.log').read_text()}")
        time.sleep(0.05)
    return address


# --- the server -------------------------------------------------------------------------------------------------------


def _asked(address: Path) -> dict[str, Any]:
    """Forks for whoever asks, and tells them how it ended. Returns in the fork, with what was asked for."""
    ended, ends = socket.socketpair()
    ended.setblocking(False)
    ends.setblocking(False)
    signal.set_wakeup_fd(ends.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at the terminal is for the run
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    hidden = address.with_suffix(".new")
    listening.bind(str(hidden))
    listening.listen(100)
    hidden.rename(address)  # who sees it can connect
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listening, ended], [], [])
        if ended in ready:
            ended.recv(4096)
            _tell_how_they_ended(running)
        if listening not in ready:
            continue
        connection, _ = listening.accept()
        size, streams, _, _ = socket.recv_fds(connection, 4, 3)
        asked: dict[str, Any] = json.loads(_exactly(connection, int.from_bytes(size)))
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for ours in (ended, ends, listening, connection, *running.values()):
                ours.close()
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            return asked
        for stream in streams:
            os.close(stream)
        connection.sendall(pid.to_bytes(4))
        running[pid] = connection


def _tell_how_they_ended(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with running.pop(pid) as connection, suppress(BrokenPipeError):
            connection.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, signed=True))


def _become(asked: Mapping[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    os.chdir(asked["cwd"])
    sys.argv = [asked["module"], *asked["words"]]
    try:
        runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, int) or ended.code is None:
            _end(ended.code or 0)
        raise
    _end(0)


def _end(status: int) -> None:
    """Without taking apart all that was loaded, which is four fifths of what a short command costs as a fork. Returns
    where it cannot be ended so."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with suppress(AttributeError, ValueError, OSError):  # closed or full: then Python says what it says
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main(address: str) -> None:
    for name in LOADED:
        import_module(name)
    gc.collect()
    gc.freeze()
    _become(_asked(Path(address)))


if __name__ == "__main__":
    main(sys.argv[1])
