"""What vendors and people called things is said at the terminal, and does nothing to it."""

import pytest

from bot.commands.terminal.stopping import put, stop_with

NAMES = {
    "\x1b[2JDoor": "�[2JDoor",
    "\x1b]0;title\x07": "�]0;title�",
    "Do\x9b31mor": "Do�31mor",
    "a\nReady: all is well": "a Ready: all is well",
    "a\rb\u2028c\x85d": "a b c d",
    "\u202eroop\u202c": "roop",
    "half \ud83d": "half �",
    "Tür 🚪 שער 李": "Tür 🚪 שער 李",
}


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_one_line_stays_one_line(capsys: pytest.CaptureFixture[str], name: str, shown: str) -> None:
    put(name, "next")
    stop_with([name])
    said = capsys.readouterr()
    assert said.out == f"{shown}\nnext\n"
    assert said.err == f"{shown}\n"
