"""How a command ends when something is wrong: a line for each problem on stderr, and the exit status. Light: every
command may load it."""

from collections.abc import Sequence
from typing import Annotated
from unicodedata import category

import typer

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def put(*lines: str, err: bool = False) -> None:
    """Says it at the terminal, a line each: names come from vendors and people, and neither break a line nor steer a
    terminal."""
    for each in lines:
        typer.echo("".join(map(_shown, each)), err=err)


def _shown(sign: str) -> str:
    if sign.isprintable():
        return sign
    return " " if sign.isspace() else "" if category(sign) == "Cf" else "\ufffd"


def stop_with(problems: Sequence[str], code: int = 1) -> typer.Exit:
    """Says what is wrong, a line each, and gives the exit to raise."""
    put(*problems, err=True)
    return typer.Exit(code)
