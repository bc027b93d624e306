"""`nightporter tokens …`: what lets other programs send stays and read them."""

import json as jsons
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.commands.terminal.opening import run_until_done, with_ports
from bot.commands.terminal.stopping import Json, put, stop_with
from bot.conversation.times import show_moment
from bot.domain.approvals.api_tokens import ApiToken, Scope, is_token_name
from bot.wiring import Opened
from bot.workflows.let_in import create_token, revoke_token

_SCOPES = ", ".join(scope.value for scope in Scope)


def tokens_create(
    name: Annotated[str, typer.Argument(help="What you call the program that gets it: `Zapier`.")],
    scope: Annotated[list[str], typer.Option(help=f"What it may do, once for each: {_SCOPES}.")],
) -> None:
    """Make a token for another program. It stands alone on the last line, and is shown this once.

    Example: nightporter tokens create Zapier --scope stays:write --scope stays:read
    """
    if not is_token_name(name):
        raise stop_with(["A token's name has at most 40 letters, digits, blanks, dots and dashes: `Zapier`."], 2)
    if strange := next((one for one in scope if one not in set(Scope)), None):
        raise stop_with([f'"{strange[:40]}" is no scope: there are {_SCOPES}.'], 2)

    async def create(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            same = [one for one in await uow.api_tokens.all() if one.name == name and one.revoked_at is None]
        if same:
            raise stop_with([f"There is a token called {name} already: revoke it, or take another name."])
        made = await create_token(opened.ports, name, frozenset(Scope(one) for one in scope))
        put(f"{name} may from now on: {', '.join(sorted(scope))}. This is shown once; whoever has it may do that.")
        typer.echo(made.secret)

    run_until_done(with_ports("tokens create", create))


def tokens_list(json: Json = False) -> None:
    """The tokens, what each may do, and when it was last used.

    Example: nightporter tokens list
    """

    async def listing(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            tokens = await uow.api_tokens.all()
        if json:
            typer.echo(jsons.dumps([_row(one) for one in tokens]))
            return
        for one in tokens:
            put(f"{one.name}  {', '.join(sorted(one.scopes))}  {_standing(one, opened)}  ({one.id[-5:]})")
        if not tokens:
            put("No program has a token yet: nightporter tokens create NAME --scope stays:write.")

    run_until_done(with_ports("tokens list", listing))


def tokens_revoke(
    token: Annotated[str, typer.Argument(help="Its name, or the letters in brackets that `tokens list` shows.")],
) -> None:
    """Have a token let nobody in from now on. Stays that came by it stand.

    Example: nightporter tokens revoke Zapier
    """

    async def revoke(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            found = _meant(token, await uow.api_tokens.all())
        if found is None:
            raise stop_with([f'No token that lets anybody in is called "{token[:40]}": see nightporter tokens list.'])
        await revoke_token(opened.ports, found.id)
        put(f"{found.name} lets nobody in any more.")

    run_until_done(with_ports("tokens revoke", revoke))


def _meant(typed: str, tokens: Sequence[ApiToken]) -> ApiToken | None:
    alive = [one for one in tokens if one.revoked_at is None]
    return next((one for one in alive if one.name == typed), None) or next(
        (one for one in alive if typed.upper() in (one.id, one.id[-5:])), None
    )


def _standing(token: ApiToken, opened: Opened) -> str:
    if token.revoked_at is not None:
        return f"REVOKED {_moment(token.revoked_at, opened)}"
    return f"last used {_moment(token.last_used_at, opened)}" if token.last_used_at else "never used"


def _moment(at: datetime, opened: Opened) -> str:
    return show_moment(at, ZoneInfo(opened.settings.timezone))


def _row(token: ApiToken) -> dict[str, object]:
    times = {name: getattr(token, name) for name in ("created_at", "last_used_at", "revoked_at")}
    said = {name: at.isoformat() if at else None for name, at in times.items()}
    return {"id": token.id, "name": token.name, "scopes": sorted(token.scopes), **said}
