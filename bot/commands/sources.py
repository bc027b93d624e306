"""`nightporter sources …`: booking systems that send their bookings, and which doors their listings are."""

import json as jsons
import secrets
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.addresses import in_ascii
from bot.commands.terminal.opening import run_until_done, with_ports
from bot.commands.terminal.stopping import Json, put, stop_with
from bot.conversation.files.contacts_file import LARGEST, BadContacts, read_contacts
from bot.conversation.refusals.sentences import sentence
from bot.conversation.times import show_moment
from bot.conversation.typed.lock_names import lock_names, only_lock
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Refusal
from bot.domain.signs import is_id
from bot.domain.sources.booking_sources import PROGRAMS, BookingSource, Credentials, MappedListing
from bot.domain.sources.names import is_source
from bot.domain.sources.source_stays import SourceStay, code_of
from bot.ports import UnitOfWork
from bot.processes.refusing import BOOKINGS
from bot.wiring import Opened, booking_room
from bot.workflows.set_up_bookings import map_listing, remove_source, set_up_source
from bot.workflows.take_stay import merge_contact
from providers.bookings.listeners import webhooks_path
from providers.bookings.room import BookingRoom

_VENDORS = ", ".join(BOOKINGS)
MOST_SECRETS = 10
_WHOSE = {PROGRAMS: "programs, by the API"}
_MOST_WAITING = 10_000
_ASKED = {"secret": "Secret that it signs with", "client_id": "Client id", "client_secret": "Client secret or API key"}


def sources_add(
    vendor: Annotated[str, typer.Argument(help=f"Whose system it is: {_VENDORS}.")],
    name: Annotated[str, typer.Option(help="What approvers read; the vendor's name, where there is one of it.")] = "",
    api_url: Annotated[str, typer.Option(help="Where it is asked back, if not where everybody asks.")] = "",
) -> None:
    """Have a booking system's bookings become stays. Prints what to enter there; known, it gets other credentials.

    What it has to bring is asked for, or read from standard input, a line each, so that it stands in no history.

    Example: nightporter sources add hospitable
    """
    called = name or vendor
    if vendor not in BOOKINGS:
        raise stop_with([f'"{vendor[:40]}" is none that we know: there are {_VENDORS}.'], 2)
    if not is_source(called):
        raise stop_with(["A source's name has at most 30 small letters, digits, - and _: `lisbon-flats`."], 2)
    room = booking_room(vendor)
    credentials, made = _brought(room, api_url)

    async def add(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            other = next((one for one in await uow.booking_sources.all() if one.name == called), None)
        if other is not None and other.vendor != vendor:
            raise stop_with([f"{called} is {other.vendor}'s already: take another --name."])
        new = await set_up_source(opened.ports, called, vendor, credentials)
        put(f"{called}: {'set up' if new else 'has these credentials from now on'}. Enter it there:")
        behind = f"/{made}" if room.setup.in_address else ""
        address = in_ascii(f"{opened.settings.public_url}{webhooks_path(vendor)}")
        put(f"  where: {room.setup.where}", f"  address: {address}{behind}")
        if room.setup.user:
            put(f"  user: {room.setup.user}", f"  password: {made}")
        elif made and not room.setup.in_address:
            put(f"  secret: {made}")
        put(f"Then say which doors its listings are: nightporter sources map {called} THEIR-ID DOOR")

    run_until_done(with_ports("sources add", add))


def _brought(room: BookingRoom, api_url: str) -> tuple[Credentials, str]:
    """What the operator types, and the secret that we made, where the system has none of its own."""
    given = {each: _typed(_ASKED[each]) for each in room.setup.brings}
    made = "" if "secret" in given else secrets.token_urlsafe(24)
    said = [made] if made else given.pop("secret").split()
    missing = [_ASKED[each] for each, words in given.items() if not words and each not in room.setup.optional]
    if missing or not all(said) or not said:
        raise stop_with([f"Missing: {', '.join(missing) or _ASKED['secret']}."], 2)
    if wrong := room.wrong_secret(said):
        raise stop_with([wrong], 2)
    return Credentials(tuple(said[:MOST_SECRETS]), room.setup.user, api_url=api_url, **given), made


def _typed(what: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(what, default="", show_default=False, hide_input=True, err=True)).strip()
    return sys.stdin.readline().strip()


def sources_map(
    source: Annotated[str, typer.Argument(help="Its name, as `sources list` shows it.")],
    listing: Annotated[str, typer.Argument(help="Their id of the listing, room or kind of appointment.")],
    doors: Annotated[list[str], typer.Argument(metavar="DOOR...", help="By name; several where it takes several.")],
) -> None:
    """Say which doors a listing is. What has waited for that becomes stays; what is one already keeps its doors until
    its system says anything of it.

    Example: nightporter sources map hospitable 3f1c front-door courtyard
    """
    if not is_id(listing):
        raise stop_with(["That is no id of a listing: see nightporter sources list."], 2)

    async def mapping(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            found = await _source(uow, source)
            if found.vendor == PROGRAMS:
                raise stop_with([f"{source} is what programs call themselves, and they name the doors: docs/api.md."])
            locks = await uow.locks.all()
        meant = [_door(each, locks) for word in doors for each in word.split(",") if each.strip()]
        waiting = await map_listing(opened.ports, found, listing, tuple(dict.fromkeys(lock.id for lock in meant)))
        names = ", ".join(lock.name for lock in meant)
        put(f"{listing} of {source} is {names} from now on. Bookings that waited and are looked at now: {waiting}.")

    run_until_done(with_ports("sources map", mapping))


def _door(typed: str, locks: Sequence[Lock]) -> Lock:
    by_id = {lock.id: lock for lock in locks}
    match = only_lock(typed.split(), lock_names(locks))
    if typed not in by_id and (match is None or len(match.locks) != 1):
        raise stop_with([f'No door, or more than one, is called "{typed[:60]}": see nightporter locks list.'], 2)
    return by_id[typed] if typed in by_id or match is None else by_id[match.locks[0].id]


async def _source(uow: UnitOfWork, name: str) -> BookingSource:
    found = next((one for one in await uow.booking_sources.all() if one.name == name), None)
    if found is None:
        raise stop_with([f'No booking system is called "{name[:40]}": see nightporter sources list.'])
    return found


def sources_list(json: Json = False) -> None:
    """The booking systems, which doors their listings are, and how many bookings wait.

    Example: nightporter sources list
    """

    async def listing(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            found = await uow.booking_sources.all()
            listings = {one.id: await uow.listings.of(one.id) for one in found}
            waiting = await uow.bookings.how_many_wait()
            locks = {lock.id: lock.name for lock in await uow.locks.all()}
        if json:
            rows = [_row(one, listings[one.id], locks, waiting.get(one.id, 0)) for one in found]
            typer.echo(jsons.dumps(rows))
            return
        for one in found:
            heard = show_moment(one.heard_at, ZoneInfo(opened.settings.timezone)) if one.heard_at else "never"
            whose, many = _WHOSE.get(one.vendor, one.vendor), waiting.get(one.id, 0)
            put(f"{one.name}  {whose}  last heard {heard}  bookings that wait: {many}")
            for each in listings[one.id]:
                put(f"    {each.listing}  {each.name}  {_doors(each, locks) or 'NO DOOR: nightporter sources map'}")
        if not found:
            put("No booking system sends anything yet: nightporter sources add VENDOR.")

    run_until_done(with_ports("sources list", listing))


def _doors(listing: MappedListing, locks: Mapping[str, str]) -> str:
    return ", ".join(locks.get(each, f"GONE ({each})") for each in listing.lock_ids)


def _row(
    source: BookingSource, listings: Sequence[MappedListing], locks: Mapping[str, str], waiting: int
) -> dict[str, object]:
    mapped = [
        {"listing": one.listing, "name": one.name, "doors": [locks.get(each, each) for each in one.lock_ids]}
        for one in listings
    ]
    heard = source.heard_at.isoformat() if source.heard_at else None
    return {"name": source.name, "vendor": source.vendor, "heard_at": heard, "waiting": waiting, "listings": mapped}


def sources_contacts(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8 with a header: code, name, phone.")],
) -> None:
    """Say whom to text of stays without a number: from a list of yours, by their reservation codes.

    Example: nightporter sources contacts guests.csv
    """
    try:
        with file.open("rb") as opened_file:
            lines = read_contacts(opened_file.read(LARGEST + 1))
    except OSError as error:
        raise stop_with([f"{file} cannot be read: {error.strerror}."], 2) from None
    except BadContacts as wrong:
        raise stop_with([f"Nothing was done: {wrong}."], 2) from None

    async def merge(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            waiting = await uow.source_stays.without_contact(_MOST_WAITING)
        by_code = defaultdict[str, list[SourceStay]](list)
        for stay in waiting:
            by_code[code_of(stay.key)].append(stay)
        taken, wrong = set[str](), 0
        for line in lines:
            stays = by_code.get(line.code.upper(), [])
            said = "no stay that waits for a number has this code" if not stays else ""
            for stay in stays:
                try:
                    await merge_contact(opened.ports, stay.id, line.name, line.phone)
                except Refusal as refusal:
                    said = sentence(refusal).rstrip(".")
                else:
                    taken.add(stay.id)
            wrong += bool(said)
            put(*([f"line {line.number}: {said}"] if said else []), err=True)
        left = len(waiting) - len(taken)
        put(f"{len(taken)} of {len(waiting)} stays have a number now, and are asked for; {left} still wait.")
        raise typer.Exit(1 if wrong else 0)

    run_until_done(with_ports("sources contacts", merge))


def sources_remove(
    source: Annotated[str, typer.Argument(help="Its name, as `sources list` shows it.")],
) -> None:
    """Hear nothing more of a booking system. Stays that came by it stand; bookings that wait are forgotten.

    Example: nightporter sources remove hospitable
    """

    async def remove(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            found = await _source(uow, source)
        await remove_source(opened.ports, found)
        put(f"{source} is heard no more. Stays that came by it stand.")

    run_until_done(with_ports("sources remove", remove))
