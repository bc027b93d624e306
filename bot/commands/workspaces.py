"""`nightporter slack workspaces|admit|turn-away`: which workspaces may do anything, where the app is installed by
OAuth."""

import json as jsons
import re
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.terminal.opening import run_until_done, with_ports
from bot.commands.terminal.stopping import Json, put, stop_with
from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.workspace_words import standing_words
from bot.domain.messages.workspaces import is_admitted
from bot.domain.refusals import Refusal
from bot.workflows.admit_workspace import set_admission

if TYPE_CHECKING:
    from bot.wiring import Opened

_ID = re.compile(r"T[A-Z0-9_]{1,31}")
Id = Annotated[str, typer.Argument(help="The id of the workspace, such as T0123ABCD: /pin says it there.")]


def workspaces_list(json: Json = False) -> None:
    """The workspaces that have installed the app, and what was decided about each.

    Example: nightporter slack workspaces
    """

    async def listing(opened: "Opened") -> None:
        async with opened.ports.store() as uow:
            known, here = await uow.workspaces.admissions(), {one.id for one in await uow.workspaces.all()}
        listed = opened.ports.options.workspaces
        found = [(one, is_admitted(one.id, one, listed), one.id in here) for one in known]
        if json:
            rows = [
                {"id": a.id, "name": a.name, "state": a.state.value, "admitted": may, "installed": there, "by": a.by}
                for a, may, there in found
            ]
            typer.echo(jsons.dumps(rows))
            return
        for said, may, there in found:
            put(standing_words(said, admitted=may, listed=said.id in listed, installed=there))
        if not found:
            put("No workspace has installed the app yet: open /slack/install under PUBLIC_URL.")

    run_until_done(with_ports("slack workspaces", listing))


def workspaces_admit(workspace: Id) -> None:
    """Let a workspace in: its people then see the doors and may ask.

    Example: nightporter slack admit T0123ABCD
    """
    _decide(workspace, admit=True)


def workspaces_turn_away(workspace: Id) -> None:
    """Have a workspace do nothing from now on. Its stays stand, and its guests keep their PINs.

    Example: nightporter slack turn-away T0123ABCD
    """
    _decide(workspace, admit=False)


def _decide(workspace: str, *, admit: bool) -> None:
    if not _ID.fullmatch(workspace):
        typer.echo(f'"{workspace[:40]}" is not the id of a workspace: write it like T0123ABCD.', err=True)
        raise typer.Exit(2)

    async def decide(opened: "Opened") -> None:
        if not opened.settings.several_workspaces:
            raise stop_with(
                ["A bot token takes only its own workspace: there is none to admit without SLACK_CLIENT_ID."]
            )
        try:
            said = await set_admission(opened.ports, workspace, admit=admit)
            async with opened.ports.store() as uow:
                there = await uow.workspaces.get(workspace) is not None
        except Refusal as refusal:
            raise stop_with([sentence(refusal)]) from None
        put(standing_words(said, admitted=admit, listed=False, installed=there))

    run_until_done(with_ports("slack admit" if admit else "slack turn-away", decide))
