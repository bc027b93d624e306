"""`nightporter hooks …`: programs that are called when something happens."""

import json as jsons
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.commands.terminal.opening import run_until_done, with_ports
from bot.commands.terminal.stopping import Json, put, stop_with
from bot.conversation.times import show_moment
from bot.domain.sources.hooks import Hook, HookEvent, is_hook_name
from bot.wiring import Opened
from bot.workflows.call_hooks import add_hook, remove_hook

_EVENTS = ", ".join(event.value for event in HookEvent)


def hooks_add(
    name: Annotated[str, typer.Argument(help="What you call the program: `Channel manager`.")],
    url: Annotated[str, typer.Argument(help="Where it is called; https, and kept sealed.")],
    event: Annotated[
        list[str] | None, typer.Option(help=f"Once for each that it hears of, else all: {_EVENTS}.")
    ] = None,
) -> None:
    """Have a program called when something happens. The secret that signs it stands alone on the last line, this once.

    Example: nightporter hooks add "Channel manager" https://pms.example.com/porter --event pin.ready
    """
    if not is_hook_name(name):
        raise stop_with(["A hook's name is one line of at most 40 letters: `Channel manager`."], 2)
    if strange := next((one for one in event or () if one not in set(HookEvent)), None):
        raise stop_with([f'"{strange[:40]}" is no event: there are {_EVENTS}.'], 2)

    async def add(opened: Opened) -> None:
        try:
            made = await add_hook(opened.ports, name, url, frozenset(HookEvent(one) for one in event or ()))
        except ValueError as wrong:
            raise stop_with([f"Nothing was added: {wrong}."]) from None
        put(f"{name} is called from now on of {_hears(made.hook)}. What signs it is shown once:")
        typer.echo(made.secret)

    run_until_done(with_ports("hooks add", add))


def hooks_list(json: Json = False) -> None:
    """The programs that are called, what they hear of, and how they took it last. Never their addresses.

    Example: nightporter hooks list
    """

    async def listing(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            found, newest = await uow.hooks.all(), await uow.audit.last()
        if json:
            typer.echo(jsons.dumps([_row(one) for one in found]))
            return
        for one in found:
            put(f"{one.name}  {_hears(one)}  {_standing(one, opened, newest)}  ({one.id[-5:]})")
        if not found:
            put("No program is called yet: nightporter hooks add NAME URL.")

    run_until_done(with_ports("hooks list", listing))


def hooks_remove(hook: Annotated[str, typer.Argument(help="Its name, or the letters in brackets.")]) -> None:
    """Call a program no more.

    Example: nightporter hooks remove "Channel manager"
    """

    async def remove(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            found = await uow.hooks.all()
        meant = next((one for one in found if hook in (one.name, one.id) or hook.upper() == one.id[-5:]), None)
        if meant is None:
            raise stop_with([f'No program is called so: "{hook[:40]}"; see nightporter hooks list.'])
        await remove_hook(opened.ports, meant.id)
        put(f"{meant.name} is called no more.")

    run_until_done(with_ports("hooks remove", remove))


def _hears(hook: Hook) -> str:
    return ", ".join(sorted(hook.events)) or "everything"


def _standing(hook: Hook, opened: Opened, newest: int) -> str:
    zone = ZoneInfo(opened.settings.timezone)
    missed = f"; {hook.missed} never taken" if hook.missed else ""
    if hook.ended_at is not None:
        return f"ENDED: it wants to hear no more, since {show_moment(hook.ended_at, zone)}{missed}"
    taken = f"last took one {show_moment(hook.taken_at, zone)}" if hook.taken_at else "has taken none yet"
    if hook.tries:
        return f"DOES NOT TAKE IT, {hook.tries} times in a row: {hook.problem}; {taken}{missed}"
    return f"{taken}{missed}"


def _row(hook: Hook) -> dict[str, object]:
    return {
        "id": hook.id,
        "name": hook.name,
        "events": sorted(hook.events),
        "taken_at": hook.taken_at.isoformat() if hook.taken_at else None,
        "tries": hook.tries,
        "problem": hook.problem,
        "missed": hook.missed,
        "ended_at": hook.ended_at.isoformat() if hook.ended_at else None,
    }
