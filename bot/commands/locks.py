"""`nightporter locks …`: the doors we may set PINs on, what guests are told about them, and whose they are."""

import asyncio
import json as jsons
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.terminal.opening import run_until_done, with_ports
from bot.commands.terminal.stopping import Json, put, stop_with
from bot.conversation.files.lock_settings import (
    LockMistakes,
    defaults_of,
    remarks,
    told_to_guests,
    understand_defaults,
    understand_lock_settings,
    understand_zone,
)
from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.account_words import NOTHING_TO_CONNECT, STEPS, after_connecting, found_words
from bot.conversation.team.lock_health import zone_said
from bot.conversation.times import show_moment
from bot.conversation.typed.lock_names import lock_names, only_lock
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Refusal
from bot.ports import AccountProvider, LinkInfo, ProviderError, Unavailable
from bot.workflows.change_stay import follow_zones
from bot.workflows.forget_lock import forget_lock
from bot.workflows.set_up_lock import set_up_lock
from bot.workflows.sync_locks import sync_locks

if TYPE_CHECKING:
    from bot.wiring import Opened

LOCKS_A_LINE = 100
LOOK_SECONDS = 2.0
MOST_MINUTES = 60 * 24

_NOT_SIGNED_IN = {
    False: "Signing in failed: check e-mail and password in the igloohome app, then run this again.",
    None: "Nobody has signed in so far: run this again when the owner is there.",
}


def locks_list(json: Json = False) -> None:
    """The locks we know.

    Example: nightporter locks list --json
    """

    async def show(opened: "Opened") -> None:
        async with opened.ports.store() as uow:
            locks = await uow.locks.all()
        now = opened.ports.clock.now()
        for lock, called in zip(locks, lock_names(locks), strict=True):
            if not json:
                put(f"{called.name}  {zone_said(lock, now)}{'  bridge' if lock.has_bridge else ''}{_gone(lock)}")
                for option, words in (*defaults_of(lock), *told_to_guests(lock)):
                    put(f"    {option}: {words}")
                if lock.also_known_as:
                    put(f"    rules know it as: {', '.join(lock.also_known_as)}")
        if json:
            typer.echo(
                jsons.dumps(
                    [
                        (
                            {
                                "id": lock.id,
                                "name": lock.name,
                                "zone": lock.zone,
                                "gone_at": lock.presence.gone_at.isoformat() if lock.presence.gone_at else None,
                                "zone_named_by": lock.zone_source.value or None,
                                "bridge": lock.has_bridge,
                                "makes_offline_pins": lock.makes_offline_pins,
                                "for_guests": asdict(lock.guest_info),
                                "rules_know_it_as": list(lock.also_known_as),
                                "aliases": list(lock.defaults.aliases),
                                "tags": list(lock.defaults.tags),
                                "check_in": f"{lock.defaults.check_in:%H:%M}" if lock.defaults.check_in else None,
                                "check_out": f"{lock.defaults.check_out:%H:%M}" if lock.defaults.check_out else None,
                            }
                        )
                        for lock in locks
                    ]
                )
            )
        elif not locks:
            typer.echo("No locks are known yet. Run `nightporter locks sync`.")

    run_until_done(with_ports("locks list", show))


def _gone(lock: Lock) -> str:
    gone = lock.presence.gone_at
    return f"  GONE from its provider since {show_moment(gone, lock.zoneinfo)}" if gone else ""


def locks_sync() -> None:
    """Read the provider's locks now.

    Example: nightporter locks sync
    """

    async def sync(opened: "Opened") -> None:
        typer.echo("Reading the provider's locks …", err=True)
        try:
            typer.echo(f"{await sync_locks(opened.ports, _kept)} locks read.")
        except ProviderError as error:
            raise stop_with([str(error)]) from None

    run_until_done(with_ports("locks sync", sync))


def _kept(done: int, of: int) -> None:
    if done % LOCKS_A_LINE == 0 and done < of:
        typer.echo(f"  {done} of {of} locks", err=True)


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
    zone: Annotated[str | None, typer.Option(help="The zone of its clock: `Europe/Paris`.")] = None,
    page: Annotated[
        str | None, typer.Option(help="Whether texts with a PIN name the guest's page: `yes`, `no`.")
    ] = None,
    forget_names: Annotated[
        bool, typer.Option("--forget-names", help="Approval rules know it by today's name alone.")
    ] = False,
) -> None:
    """Say what guests read about a lock, and how it is asked for. An empty text ("") goes back to what was before.

    Example: nightporter locks set loft --end-key "#" --alias "attic, top floor" --check-in 16:00
    """
    typed = {"end_key": end_key, "wake": wake, "door": guest_name, "contact": contact, "page": page}
    asked = {"alias": alias, "tag": tag, "check_in": check_in, "check_out": check_out}
    if not forget_names and all(words is None for words in (*typed.values(), *asked.values(), zone)):
        raise stop_with(["Nothing to set: give one of the options that --help lists, such as --end-key."], 2)

    async def change(opened: "Opened") -> None:
        async with opened.ports.store() as uow:
            locks = await uow.locks.all()
        chosen = _named(lock, locks)
        others = [one for one in locks if one.id != chosen.id]
        try:
            settings = understand_lock_settings(chosen.guest_info, typed)
            defaults = understand_defaults(chosen.defaults, asked, others)
            wanted = None if zone is None else understand_zone(zone)
        except LockMistakes as error:
            raise stop_with(error.mistakes, 2) from None
        await set_up_lock(opened.ports, chosen.id, settings, defaults, "operator", wanted, forget_names=forget_names)
        await follow_zones(opened.ports)
        said = [f"Guests of {chosen.name} will read it so."] if any(w is not None for w in typed.values()) else []
        said += [f"{chosen.name} is asked for so."] if any(w is not None for w in asked.values()) else []
        said += [await _zone_set(opened, chosen.id)] if zone is not None else []
        said += [f"Approval rules know {chosen.name} by this name alone."] if forget_names else []
        put(*said, *remarks(settings))

    run_until_done(with_ports("locks set", change))


def _named(typed: str, locks: Sequence[Lock]) -> Lock:
    """The lock that is meant; several of one name are told apart by what stands behind it."""
    words, names = typed.split(), lock_names(locks)
    found = only_lock(words, names)
    if found is None:
        known = ", ".join(one.name for one in names[:10])
        raise stop_with([f'No lock is called "{typed}".' + (f" There are {known}." if known else "")], 2)
    if len(found.locks) != 1:
        several = " or ".join(f'"{one.name}"' for one in found.locks)
        raise stop_with([f'"{typed}" can be {several}.'], 2)
    return next(one for one in locks if one.id == found.locks[0].id)


def locks_forget(
    lock: Annotated[str, typer.Argument(help="Its name, as `locks list` shows it.")],
) -> None:
    """Have a lock forgotten that its provider has no more, and on which no stay hangs.

    Example: nightporter locks forget "old gate"
    """

    async def forget(opened: "Opened") -> None:
        async with opened.ports.store() as uow:
            chosen = _named(lock, await uow.locks.all())
        try:
            await forget_lock(opened.ports, chosen.id, "operator")
        except Refusal as refusal:
            raise stop_with([sentence(refusal, zone=chosen.zoneinfo)], 3) from None
        put(f"{chosen.name} is forgotten: no list names it any more.")

    run_until_done(with_ports("locks forget", forget))


async def _zone_set(opened: "Opened", lock_id: str) -> str:
    async with opened.ports.store() as uow:
        lock = await uow.locks.get(lock_id)
    return f"The clock at {lock.name} goes by {lock.zone}. Stays keep their hours on it." if lock else ""


def locks_connect(
    wait_minutes: Annotated[int, typer.Option(min=1, max=MOST_MINUTES, help="How long to wait for the owner.")] = 30,
    json: Json = False,
) -> None:
    """Connect an igloohome account: prints a link for its owner, waits for them to sign in, and reads the locks.

    Example: nightporter locks connect --wait-minutes 60
    """

    async def connect(opened: "Opened") -> None:
        accounts = opened.ports.accounts
        if accounts is None:
            raise stop_with([NOTHING_TO_CONNECT], 2)
        try:
            link = await accounts.begin()
            put(*STEPS, "", link.url, "", "Waiting for its owner to sign in …", err=json)
            seen = await _followed(accounts, link, wait_minutes)
            if not seen.done:
                raise stop_with([_NOT_SIGNED_IN[seen.done]])
            await _say_what_was_found(opened, seen, json=json)
        except ProviderError as error:
            raise stop_with([str(error)]) from None

    run_until_done(with_ports("locks connect", connect))


_NOT_READ_YET = (
    "The igloohome account is connected, and its locks could not be read yet ({}). A running bot reads them within a "
    "quarter of an hour; or run `nightporter locks sync`."
)


async def _followed(accounts: AccountProvider, link: LinkInfo, minutes: int) -> LinkInfo:
    seen = link
    for _ in range(int(minutes * 60 / LOOK_SECONDS)):
        if seen.done is not None:
            break
        await asyncio.sleep(LOOK_SECONDS)
        with suppress(Unavailable):  # the owner may sign in meanwhile, and is seen once it answers again
            seen = await accounts.look(link.ref)
    return seen


async def _say_what_was_found(opened: "Opened", seen: LinkInfo, *, json: bool) -> None:
    async with opened.ports.store() as uow:
        await uow.audit.note(opened.ports.clock.now(), "operator", "account_connected", seen.account_ref or seen.ref)
    try:
        await sync_locks(opened.ports)
        refs = {lock.provider_ref for lock in await opened.ports.locks.locks() if lock.account_ref == seen.account_ref}
    except ProviderError as error:
        raise stop_with([_NOT_READ_YET.format(str(error))]) from None
    async with opened.ports.store() as uow:
        locks = [lock for lock in await uow.locks.all() if lock.provider_ref in refs]
    if json:
        typer.echo(jsons.dumps({"account": seen.account_ref, "locks": [lock.name for lock in locks]}))
        return
    found = found_words(locks)
    put(f"The igloohome account is connected. {found}", after_connecting(found))
