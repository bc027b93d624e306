"""`nightporter guests …`: what is known of a person, and having it erased. By their number, which is asked for, or read
from standard input, so that it need not stand in the shell's history."""

import json as jsons
import sys
from typing import Annotated, Any

import typer

from bot.commands.terminal.asking import interruptible
from bot.commands.terminal.opening import run_until_done, with_ports
from bot.commands.terminal.stopping import Json, put, stop_with
from bot.conversation.times import show_moment
from bot.conversation.typed.phones import read_phone
from bot.domain.messages.message import Medium, Message
from bot.domain.pins import Phone
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.ports import Ports, UnitOfWork
from bot.ports.links import visits_of
from bot.wiring import Opened
from bot.workflows.erase import Erased, erase_guest
from bot.workflows.withdraw import withdraw
from storage.compacting import compact

Number = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NUMBER]", help="Their number; left out, it is asked for or read from standard input."),
]

NOTHING = "Nothing is known of this number."
WHAT_STAYS = """\
What stays: that there were these stays, at which doors and when, and who asked and decided. The locks' ledger and
the audit log are wrong without it; no name, number, text, note or reason is left in it.
What is not ours to erase: what stands in Slack (cards are redrawn, notices are not), the texts in Twilio's log, what
the locks' provider keeps, and backups made before now."""


def guests_erase(
    number: Number = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    json: Json = False,
) -> None:
    """Erase all that is known of a guest, by their number. What goes on is given up first.

    Example: nightporter guests erase
    """
    typed = _typed(number)

    async def erase(opened: Opened) -> None:
        phone = _phone(opened.ports, typed)
        if not yes and sys.stdin.isatty():
            with interruptible():
                typer.confirm(f"Erase all that is known of {phone.masked()}? It cannot be undone", abort=True, err=True)
        done = await erase_guest(opened.ports, phone, withdraw)
        compacted = await compact(opened.database)
        _say(done, phone, opened.ports, compacted=compacted, json=json)

    run_until_done(with_ports("guests erase", erase))


def _say(done: Erased, phone: Phone, ports: Ports, *, compacted: bool, json: bool) -> None:
    if json:
        opens = [{"code": code.id, "lock": door, "until": code.window.ends_at.isoformat()} for code, door in done.opens]
        said = {"known": done.known, "stays": len(done.stays), "still_opens": opens, "compacted": compacted}
        typer.echo(jsons.dumps(said))
        return
    if not done.known:
        put(NOTHING)
        return
    stays = "1 stay" if len(done.stays) == 1 else f"{len(done.stays)} stays"
    put(f"Erased: {phone.masked()} and what {stays} said of them.")
    for code, door in done.opens:
        until = show_moment(code.window.ends_at, code.window.ends_at.tzinfo)  # type: ignore[arg-type]
        put(
            f"A PIN of theirs opens {door} until {until} UTC: nobody can take it back from here, so it keeps its place "
            "in the lock's ledger, and its digits under their seal, until then."
        )
    put(*WHAT_STAYS.splitlines())
    if not compacted:
        put("Their bytes may stand in free space of the database's files until it is compacted: run this once more.")


def guests_export(number: Number = None) -> None:
    """All that is known of a guest, by their number, as JSON. PINs are left out.

    Example: nightporter guests export > guest.json
    """
    typed = _typed(number)

    async def export(opened: Opened) -> None:
        async with opened.ports.store() as uow:
            phone = _phone(opened.ports, typed)
            guest = await uow.guests.by_phone(phone)
            waiting = [one.words.as_json() for one in await uow.bookings.of_number(phone) if one.words]
            if guest is None and not waiting:
                raise stop_with([NOTHING])
            found = {**(await _known(uow, guest) if guest else {"number": phone.e164}), "bookings_that_wait": waiting}
        typer.echo(jsons.dumps(found, indent=2, ensure_ascii=False))

    run_until_done(with_ports("guests export", export))


def _typed(number: list[str] | None) -> str:
    if number:
        return " ".join(number)
    if sys.stdin.isatty():
        return str(typer.prompt("Number", err=True))
    return sys.stdin.readline().strip()


def _phone(ports: Ports, typed: str) -> Phone:
    found = read_phone(typed, ports.options.phone_country or None)
    if found is None or found.e164 is None:
        raise stop_with(["This is no phone number: write it with its country, as +44 7700 900123."], 2)
    return Phone(found.e164)


async def _known(uow: UnitOfWork, guest: Guest) -> dict[str, Any]:
    stays = await uow.erasure.stays_of(guest.id)
    return {
        "number": guest.phone.e164,
        "wants_no_texts_since": guest.opted_out_at.isoformat() if guest.opted_out_at else None,
        "stays": [await _stay(uow, request) for each in stays if (request := await uow.requests.get(each)) is not None],
        "texts": [await _text(uow, text) for text in await uow.erasure.texts_to(guest.id)],
        "audit": await uow.audit.about([guest.id]),
    }


async def _stay(uow: UnitOfWork, request: AccessRequest) -> dict[str, Any]:
    locks = await uow.locks.of_stay(request)
    notices = [one for one in await uow.messages.of_request(request.id) if one.medium is Medium.SLACK]
    return {
        "id": request.id,
        "name": request.guest_name,
        "language": request.language_choice.language.value,
        "doors": [lock.name for lock in locks],
        "starts_at": request.granted.starts_at.isoformat(),
        "ends_at": request.granted.ends_at.isoformat(),
        "asked_by": request.requester,
        "asked_at": request.created_at.isoformat(),
        "status": request.status.value,
        "note": request.note,
        "reason": request.decision.reason if request.decision else None,
        **await _visit(uow, request),
        "codes": [await _code(uow, code) for code in await uow.codes.of_request(request.id)],
        "notices": [_notice(one) for one in notices],
        "audit": await uow.audit.about(await uow.erasure.ids_of_stay(request.id)),
    }


async def _visit(uow: UnitOfWork, request: AccessRequest) -> dict[str, Any]:
    """Of which wish that repeats it is one, and all days of that."""
    visits = await visits_of(uow, request)
    if visits is None:
        return {}
    return {"visit": {"of": request.series_id, "number": request.visit, **visits.as_json()}}


async def _code(uow: UnitOfWork, code: AccessCode) -> dict[str, Any]:
    return {
        "status": code.status.value,
        "starts_at": code.window.starts_at.isoformat(),
        "ends_at": code.window.ends_at.isoformat(),
        "used": [{"at": seen.at.isoformat(), "said_by": seen.source} for seen in await uow.codes.evidence(code.id)],
    }


def _notice(one: Message) -> dict[str, Any]:
    return {"at": one.created_at.isoformat(), "to": one.recipient, "what": one.phrase, "facts": dict(one.facts)}


async def _text(uow: UnitOfWork, text: Message) -> dict[str, Any]:
    said = {"at": text.created_at.isoformat(), "what": text.phrase, "status": text.status.value}
    return {**said, "facts": dict(text.facts), "words": await uow.words.open(text.id)}
