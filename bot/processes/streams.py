"""The process's three standard streams, made fit before a command runs. Light: every command loads it."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn


def fit_streams() -> None:
    """Whatever the process was given: closed, full, or a terminal of an encoding that has not all letters."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # Else the next file that is opened takes its place: the database, or the loop's own.
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - as long as the process lives
    sys.stdout = _Output(*_pieces(sys.stdout, 1), errors="replace", line_buffering=_by_lines(sys.stdout))
    sys.stderr = _Remarks(*_pieces(sys.stderr, 2), errors="backslashreplace", line_buffering=True)


def _pieces(stream: io.TextIOWrapper | object, number: int) -> tuple[io.BufferedWriter, str]:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return open(number, "wb", closefd=False), encoding


def _by_lines(stream: object) -> bool:
    return bool(getattr(stream, "line_buffering", False))


class _Output(io.TextIOWrapper):
    """What a command was asked for: where it cannot be written, the command has failed, and says so once."""

    def write(self, text: str) -> int:
        with _written():
            return super().write(text)

    def flush(self) -> None:
        with _written():
            super().flush()


class _Remarks(io.TextIOWrapper):
    """Logs and remarks: where they cannot be written, nothing else has to end for that."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        _give_up("")  # whoever read it has read enough
    except OSError as error:
        _give_up(f"The output cannot be written: {error.strerror or type(error).__name__}.\n")


def _give_up(said: str) -> NoReturn:
    """No exception that anything below could take for a database that is away."""
    sys.stderr.write(said)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left is flushed at the exit
    raise SystemExit(1)
