"""`nightporter locks set`: what guests are told about a lock."""

from typing import Annotated

import typer

from bot.commands.looking import with_house
from bot.commands.running import run_until_done, stop_with
from bot.conversation.lock_names import LockName, find_lock
from bot.conversation.lock_settings import LockMistakes, remarks, understand_lock_settings
from bot.wiring import Opened
from bot.workflows.set_up_lock import set_up_lock


def locks_set(
    lock: Annotated[str, typer.Argument(help="Its name, as `locks list` shows it.")],
    end_key: Annotated[str | None, typer.Option(help="The key that ends a PIN: `#`, `the unlock key`.")] = None,
    wake: Annotated[str | None, typer.Option(help="How the keypad wakes: `Touch the keypad`.")] = None,
    guest_name: Annotated[str | None, typer.Option(help="What guests call this door.")] = None,
    contact: Annotated[str | None, typer.Option(help="Whom guests may ask: a name, a number, or both.")] = None,
) -> None:
    """Say what guests read about a lock. An empty text ("") goes back to the texts' own words."""
    typed = {"end_key": end_key, "wake": wake, "door": guest_name, "contact": contact}
    if all(words is None for words in typed.values()):
        raise stop_with(["Nothing to set: give --end-key, --wake, --guest-name or --contact."], 2)

    async def change(opened: Opened) -> None:
        async with opened.ports.store() as work:
            locks = await work.locks.all()
        words = lock.split()
        found = find_lock(words, [LockName(one.id, one.name, one.zone) for one in locks])
        if found is None or len(found.locks) != 1 or (found.first, found.after) != (0, len(words)):
            known = ", ".join(one.name for one in locks[:10])
            raise stop_with([f'No lock is called "{lock}".' + (f" There are {known}." if known else "")], 2)
        chosen = next(one for one in locks if one.id == found.locks[0].id)
        try:
            settings = understand_lock_settings(chosen.for_guests, typed)
        except LockMistakes as trouble:
            raise stop_with(trouble.mistakes, 2) from None
        await set_up_lock(opened.ports, chosen.id, settings, "operator")
        typer.echo("\n".join([f"Guests of {chosen.name} will read it so.", *remarks(settings)]))

    run_until_done(with_house(change))
