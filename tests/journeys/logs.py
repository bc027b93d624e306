"""The log of a bot that runs in the process of a test: each has a file of its own, as a process would have.

The context of a task is inherited by every task that it makes, and so tells whose line it is.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TextIO

import structlog

from bot.commands.terminal.logs import set_up_logs

_FILE: ContextVar[TextIO | None] = ContextVar("log of the bot", default=None)


class _Log:
    """Writes to the file of whoever speaks."""

    def write(self, text: str) -> int:
        return (_FILE.get() or sys.stdout).write(text)

    def flush(self) -> None:
        (_FILE.get() or sys.stdout).flush()


class _Lines(logging.Handler):
    """What the libraries log, as it stands in the log of a process."""

    def emit(self, record: logging.LogRecord) -> None:
        if file := _FILE.get():
            file.write(f"{record.levelname} {record.name}: {self.format(record)}\n")


@contextmanager
def logged_to(path: Path) -> Iterator[None]:
    """What the bot logs that is started inside goes there."""
    lines = _Lines(logging.WARNING)
    with path.open("a", buffering=1) as file:
        before = structlog.get_config()
        set_up_logs("info")
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(_Log()))  # type: ignore[arg-type]
        logging.getLogger().addHandler(lines)
        token = _FILE.set(file)
        try:
            yield
        finally:
            _FILE.reset(token)
            logging.getLogger().removeHandler(lines)
            structlog.configure(**before)
