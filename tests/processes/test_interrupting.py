"""Ctrl-C at a question that is asked from within the loop, on a terminal."""

import os
import pty
import select
import sys
import time

_ASKS = """
from bot.commands.doctor import _typed
from bot.commands.terminal.opening import run_until_done

async def ask():
    _typed("A number")
    print("WENT ON", flush=True)

try:
    run_until_done(ask())
finally:
    print("ENDED", flush=True)
"""


def _read_until(terminal: int, words: bytes) -> bytes:
    said, until = b"", time.monotonic() + 30
    while words not in said and time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:  # its end, on Linux
                break
    return said


def test_one_ctrl_c_at_a_question_is_enough() -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", _ASKS])
    try:
        assert b"A number" in _read_until(terminal, b"A number")
        os.write(terminal, b"\x03")
        said = _read_until(terminal, b"ENDED")
        assert (b"ENDED" in said, b"WENT ON" in said) == (True, False)
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
