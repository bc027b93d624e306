"""`nightporter feeds …`: the calendars of booking platforms that are read, each for a door."""

import json as jsons
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from bot.commands.terminal.opening import run_until_done, with_ports
from bot.commands.terminal.stopping import Json, put, stop_with
from bot.conversation.calendars.names import NAMES
from bot.conversation.calendars.words import feed_line, place
from bot.conversation.refusals.sentences import sentence
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Refusal
from bot.domain.sources.feeds import Feed, Platform
from bot.wiring import Opened
from bot.workflows.follow_feeds import read_feed
from bot.workflows.follow_feeds.keeping import add_feed, list_feeds, read_soon, remove_feed

_PLATFORMS = ", ".join(one.value for one in Platform)


def feeds_add(
    door: Annotated[str, typer.Argument(help="The door's name, as `locks list` shows it.")],
    url: Annotated[str, typer.Argument(help="The calendar's address, or `-`: it is read from standard input.")],
    platform: Annotated[str, typer.Option("--from", help=f"Whose calendar it is: {_PLATFORMS}.")],
    unit: Annotated[str, typer.Option(help="The flat that it is of, where several share the door: `Flat 2`.")] = "",
) -> None:
    """Read a platform's calendar for a door from now on: its bookings become stays.

    Example: nightporter feeds add loft "https://www.airbnb.com/calendar/ical/….ics?t=…" --from airbnb
    """
    if platform not in set(Platform):
        raise stop_with([f'"{platform[:40]}" is no platform: there are {_PLATFORMS}.'], 2)

    address = sys.stdin.readline() if url == "-" else url

    async def add(opened: Opened) -> None:
        try:
            added = await add_feed(opened.ports, door, address, Platform(platform), unit)
        except Refusal as refusal:
            raise stop_with([sentence(refusal)], 3) from None
        found = f"{added.found} booking{'' if added.found == 1 else 's'}"
        whose, letters = f"{NAMES[added.feed.platform]} for {place(added.feed, added.lock)}", added.feed.id[-5:]
        put(f"{whose} is read from now on ({letters}): {found}.")

    run_until_done(with_ports("feeds add", add))


def feeds_list(json: Json = False) -> None:
    """The calendars that are read, when each last answered and last changed.

    Example: nightporter feeds list
    """

    async def listing(opened: Opened) -> None:
        found = await list_feeds(opened.ports)
        if json:
            typer.echo(jsons.dumps([_row(feed, lock) for feed, lock in found]))
            return
        put(*(feed_line(feed, lock, opened.ports.clock.now()) for feed, lock in found))
        if not found:
            put("No calendar is read yet: nightporter feeds add DOOR URL --from airbnb.")

    run_until_done(with_ports("feeds list", listing))


def feeds_read(
    feed: Annotated[
        str | None, typer.Argument(help="The letters in brackets that `feeds list` shows; else all.")
    ] = None,
) -> None:
    """Read one calendar now, or all of them.

    Example: nightporter feeds read
    """

    async def read(opened: Opened) -> None:
        every = await list_feeds(opened.ports)
        chosen = [_meant(feed, every)] if feed is not None else list(every)
        await read_soon(opened.ports, [one.id for one, _ in chosen])
        for one, _ in chosen:
            await read_feed(opened.ports, one.id)
        ids = {one.id for one, _ in chosen}
        after = [pair for pair in await list_feeds(opened.ports) if pair[0].id in ids]
        put(*(feed_line(one, lock, opened.ports.clock.now()) for one, lock in after))
        if any(one.problem is not None for one, _ in after):
            raise typer.Exit(1)

    run_until_done(with_ports("feeds read", read))


def feeds_remove(
    feed: Annotated[str, typer.Argument(help="The letters in brackets that `feeds list` shows.")],
) -> None:
    """Read a calendar no more. Stays that came by it stand: withdraw those that are to go.

    Example: nightporter feeds remove K3J9P
    """

    async def remove(opened: Opened) -> None:
        one, lock = _meant(feed, await list_feeds(opened.ports))
        await remove_feed(opened.ports, one.id)
        put(
            f"{NAMES[one.platform]} for {place(one, lock)} is read no more.",
            "Its stays stand. Withdraw those that are to go in Slack: /pin list shows them.",
        )

    run_until_done(with_ports("feeds remove", remove))


def _meant(typed: str, feeds: Sequence[tuple[Feed, Lock]]) -> tuple[Feed, Lock]:
    found = next((pair for pair in feeds if typed.upper() in (pair[0].id, pair[0].id[-5:])), None)
    if found is None:
        raise stop_with([f'No calendar is called "{typed[:40]}": see nightporter feeds list.'])
    return found


def _row(feed: Feed, lock: Lock) -> dict[str, object]:
    """Without its address, which is as good as a password."""
    times: dict[str, datetime | None] = {
        name: getattr(feed, name) for name in ("added_at", "read_at", "good_at", "changed_at")
    }
    return {
        "id": feed.id,
        "door": lock.name,
        "from": feed.platform.value,
        "unit": feed.unit,
        **{name: at.isoformat() if at else None for name, at in times.items()},
        "problem": feed.problem.value if feed.problem else None,
        "failures": feed.failures,
        "bookings": sum(one.is_named for one in feed.entries),
    }
