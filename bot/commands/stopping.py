"""How a command ends when something is wrong: a line for each problem on stderr, and the exit status. Light: every
command may load it."""

from collections.abc import Sequence
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def stop_with(problems: Sequence[str], code: int = 1) -> typer.Exit:
    """Says what is wrong, a line each, and gives the exit to raise."""
    for problem in problems:
        typer.echo(problem, err=True)
    return typer.Exit(code)
