"""`nightporter audit …`: who did what, as the database keeps it."""

import json as jsons
from typing import TYPE_CHECKING

import typer

from bot.commands.opening import run_until_done, with_ports
from storage.audit_export import audit_entries

if TYPE_CHECKING:
    from bot.wiring import Opened


def audit_export() -> None:
    """The whole audit log as JSON lines, oldest first.

    Example: nightporter audit export > audit.jsonl
    """

    async def export(opened: "Opened") -> None:
        async for entry in audit_entries(opened.database):
            typer.echo(jsons.dumps(entry))

    run_until_done(with_ports(export))
