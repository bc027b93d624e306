"""`nightporter locks set`: what guests are told about a lock, and how it is called and asked for."""

from typing import Annotated

import typer

from bot.commands.looking import with_house
from bot.commands.running import run_until_done, stop_with
from bot.conversation.lock_names import find_lock, lock_name
from bot.conversation.lock_settings import LockMistakes, remarks, understand_habits, understand_lock_settings
from bot.wiring import Opened
from bot.workflows.set_up_lock import set_up_lock


def locks_set(
    lock: Annotated[str, typer.Argument(help="Its name, as `locks list` shows it.")],
    end_key: Annotated[str | None, typer.Option(help="The key that ends a PIN: `#`, `the unlock key`.")] = None,
    wake: Annotated[str | None, typer.Option(help="How the keypad wakes: `Touch the keypad`.")] = None,
    guest_name: Annotated[str | None, typer.Option(help="What guests call this door.")] = None,
    contact: Annotated[str | None, typer.Option(help="Whom guests may ask: a name, a number, or both.")] = None,
    alias: Annotated[str | None, typer.Option(help="Other names for /pin, with commas between.")] = None,
    tag: Annotated[str | None, typer.Option(help="Tags that approval rules may mean as `#annex`; commas too.")] = None,
    check_in: Annotated[str | None, typer.Option(help="When stays begin where nobody names a time: `15:00`.")] = None,
    check_out: Annotated[str | None, typer.Option(help="When they end: `11:00`.")] = None,
) -> None:
    """Say what guests read about a lock, and how it is asked for. An empty text ("") goes back to what was before.

    Example: nightporter locks set loft --end-key "#" --alias "attic, top floor" --check-in 16:00
    """
    typed = {"end_key": end_key, "wake": wake, "door": guest_name, "contact": contact}
    asked = {"alias": alias, "tag": tag, "check_in": check_in, "check_out": check_out}
    if all(words is None for words in (*typed.values(), *asked.values())):
        raise stop_with(["Nothing to set: give one of the options that --help lists, such as --end-key."], 2)

    async def change(opened: Opened) -> None:
        async with opened.ports.store() as work:
            locks = await work.locks.all()
        words = lock.split()
        found = find_lock(words, [lock_name(one) for one in locks])
        if found is None or len(found.locks) != 1 or (found.first, found.after) != (0, len(words)):
            known = ", ".join(one.name for one in locks[:10])
            raise stop_with([f'No lock is called "{lock}".' + (f" There are {known}." if known else "")], 2)
        chosen = next(one for one in locks if one.id == found.locks[0].id)
        others = [one for one in locks if one.id != chosen.id]
        try:
            settings = understand_lock_settings(chosen.for_guests, typed)
            habits = understand_habits(chosen.habits, asked, others)
        except LockMistakes as trouble:
            raise stop_with(trouble.mistakes, 2) from None
        await set_up_lock(opened.ports, chosen.id, settings, habits, "operator")
        said = [f"Guests of {chosen.name} will read it so."] if any(w is not None for w in typed.values()) else []
        said += [f"{chosen.name} is asked for so."] if any(w is not None for w in asked.values()) else []
        typer.echo("\n".join([*said, *remarks(settings)]))

    run_until_done(with_house(change))
