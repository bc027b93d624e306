"""The operator at the terminal: types a command, reads what is said and the exit status.

Most commands run in the process of the test, with an environment, a folder and logs of their own that are gone
afterwards; starting a process costs more than all that most of them do.
"""

import asyncio
import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import structlog

from bot.cli import typed
from tests.fork_server import Forked

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Said:
    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *words: str, stdin: str = "", **environment: str) -> Said:
    """In this process. Not from within a running loop: a command has a loop of its own."""
    out, err = io.StringIO(), io.StringIO()
    before, terminal = Path.cwd(), sys.stdin
    os.chdir(folder)
    sys.stdin = io.StringIO(stdin)
    try:
        with _only(environment), _own_logs(), redirect_stdout(out), redirect_stderr(err):
            status = typed(words)
    finally:
        os.chdir(before)
        sys.stdin = terminal
    return Said(status, out.getvalue(), err.getvalue())


async def at_the_terminal(folder: Path, *words: str, stdin: str = "", **environment: str) -> Said:
    """The same beside a bot that runs in the loop of the test."""
    return await asyncio.to_thread(lambda: run(folder, *words, stdin=stdin, **environment))


def run_process(folder: Path, *words: str, **environment: str) -> Said:
    """As `python -m bot`, with nothing of ours in memory."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,  # of a machine that is busy with much else
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def run_forked(folder: Path, *words: str, **environment: str) -> Said:
    """As a process of its own that has what it loads in memory already: loading takes longer than what most do."""
    with TemporaryFile() as out, TemporaryFile() as err:
        env = {"PATH": os.environ["PATH"], **environment}
        status = Forked(words, cwd=folder, env=env, out=out.fileno(), err=err.fileno()).wait(300)
        said = [(file.seek(0), file.read().decode())[1] for file in (out, err)]
    return Said(status, *said)


@contextmanager
def _only(environment: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    kept = {name: before[name] for name in ("PATH", "HOME", "PYTEST_CURRENT_TEST") if name in before}
    _become(kept | environment)
    try:
        yield
    finally:
        _become(before)


def _become(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


@contextmanager
def _own_logs() -> Iterator[None]:
    """A command decides where logs go for good; here others log after it."""
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    configured, kept = structlog.is_configured(), structlog.get_config()
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.configure(**kept) if configured else structlog.reset_defaults()
