"""Ctrl-C at a question that is asked from within the loop, on a terminal."""

import os
import pty
import select
import time
from pathlib import Path

import psutil

from tests.fork_server import Forked


def _read_until(terminal: int, words: bytes) -> bytes:
    said, until = b"", time.monotonic() + 30
    while words not in said and time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:  # its end, on Linux
                break
    return said


def _waits(pid: int) -> None:
    """Returns when it reads: a signal in the moment before would be heard with the next key alone."""
    until = time.monotonic() + 30
    while psutil.Process(pid).status() != psutil.STATUS_SLEEPING:
        assert time.monotonic() < until
        time.sleep(0.005)


def test_one_ctrl_c_at_a_question_is_enough() -> None:
    terminal, childs = pty.openpty()
    with Path(os.devnull).open("wb") as nothing:
        words, env = [os.ttyname(childs)], {"PATH": os.environ["PATH"]}
        child = Forked(words, env=env, out=nothing.fileno(), module="tests.processes.asking")
    try:
        assert b"A number" in _read_until(terminal, b"A number")
        _waits(child.pid)
        os.write(terminal, b"\x03")
        said = _read_until(terminal, b"ENDED")
        assert (b"ENDED" in said, b"WENT ON" in said) == (True, False)
        assert child.wait(30) != 0
    finally:
        child.kill()
        os.close(childs)
        os.close(terminal)
