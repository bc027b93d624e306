"""`nightporter codes …`: the PINs we handed out, and what one does. Never a digit, never a whole phone number."""

import json as jsons
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.terminal.opening import run_until_done, with_ports
from bot.commands.terminal.stopping import Json, put, stop_with
from bot.conversation.answers.verdicts import verdict_sentence
from bot.conversation.refusals.sentences import sentence
from bot.conversation.times import show_window
from bot.conversation.typed.commands import understand_check
from bot.conversation.typed.lock_names import lock_names
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Refusal
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.guests import Guest
from bot.workflows.check_pin import Checked, check_pin

if TYPE_CHECKING:
    from bot.wiring import Opened


def codes_list(json: Json = False, limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50) -> None:
    """The newest codes, newest first.

    Example: nightporter codes list --limit 200
    """

    async def show(opened: "Opened") -> None:
        async with opened.ports.store() as uow:
            facts = [await _facts(uow, code) for code in await uow.codes.recent(limit)]
        if json:
            typer.echo(jsons.dumps(facts))
            return
        for one in facts:
            put(f"{one['id']}  {one['status']:<9}  {one['lock']}  {one['guest']}  {one['when']}")

    run_until_done(with_ports("codes list", show))


def codes_show(code_id: str, json: Json = False) -> None:
    """One code: everything but its digits.

    Example: nightporter codes show 01K3J9P7QW2X --json
    """

    async def show(opened: "Opened") -> None:
        async with opened.ports.store() as uow:
            code = await uow.codes.get(code_id)
            facts = await _facts(uow, code) if code else None
        if facts is None:
            raise stop_with(["There is no such code."])
        put(*([jsons.dumps(facts)] if json else [f"{name}: {value}" for name, value in facts.items()]))

    run_until_done(with_ports("codes show", show))


def codes_check(
    lock: str,
    typed: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    json: Json = False,
) -> None:
    """What a PIN does at a lock right now. LOCK is a name; the digits are asked for, or read from standard input.

    Example: nightporter codes check "front door"
    """
    if typed:
        raise stop_with([_NOT_AS_AN_ARGUMENT], 2)
    digits = _ask_for_digits()

    async def check(opened: "Opened") -> None:
        async with opened.ports.store() as uow:
            locks = await uow.locks.all()
        names = lock_names(locks)
        try:
            asked = understand_check(f"{lock} {digits}", names)
            seen = await check_pin(opened.ports, asked.lock_id, asked.pin, "operator", sees_all=True)
        except Refusal as refusal:
            raise stop_with([sentence(refusal)], 3) from None
        door = next(one for one in locks if one.id == asked.lock_id)
        words = verdict_sentence(seen.verdict, door, seen.guest, opened.ports.clock.now())
        put(jsons.dumps(_verdict_facts(seen, words)) if json else words)

    run_until_done(with_ports("codes check", check))


_NOT_AS_AN_ARGUMENT = (
    "The digits are asked for: as an argument they would stand in the shell's history and in the list of processes. "
    "A name of several words stands in quotes."
)


def _ask_for_digits() -> str:
    """Typed unseen, or a line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt("PIN", hide_input=True, err=True))
    return sys.stdin.readline().strip()


def _verdict_facts(seen: Checked, words: str) -> dict[str, object]:
    code = seen.verdict.code
    return {
        "state": seen.verdict.state.value,
        "used": seen.verdict.used,
        "replaced": seen.verdict.replaced,
        "starts_at": code.window.starts_at.isoformat() if code else None,
        "ends_at": code.window.ends_at.isoformat() if code else None,
        "guest": seen.guest,
        "sentence": words,
    }


async def _facts(uow: Any, code: AccessCode) -> dict[str, object]:
    lock: Lock | None = await uow.locks.get(code.lock_id)
    guest: Guest | None = await uow.guests.of_stay(code.request_id)
    return {
        "id": code.id,
        "status": code.status.value,
        "lock": lock.name if lock else code.lock_id,
        "guest": guest.name if guest else "",
        "phone": guest.phone.masked() if guest else "",
        "kind": code.kind.value,
        "when": show_window(code.window, lock.zoneinfo) if lock else "",
        "starts_at": code.window.starts_at.isoformat(),
        "ends_at": code.window.ends_at.isoformat(),
        "activate_by": code.activate_by.isoformat() if code.activate_by else None,
        "slot": code.slot.key,
        "provider_ref": code.minting.provider_ref,
    }
