"""Commands that look: doctor, locks, codes, audit. None of them ever prints a PIN or a whole phone number."""

import json as jsons
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from asyncpg import PostgresError
from sqlalchemy.exc import SQLAlchemyError

from bot.commands.running import run_until_done, settings_or_exit, stop_with
from bot.conversation.checks import understand_check
from bot.conversation.lock_names import lock_name
from bot.conversation.lock_settings import habits_of, told_to_guests
from bot.conversation.policy_notices import rules_in_words, stuck_words
from bot.conversation.refusals import sentence
from bot.conversation.times import show_window, zone_words
from bot.conversation.verdicts import verdict_sentence
from bot.domain.access_codes import AccessCode
from bot.domain.locks import Guest, Lock
from bot.domain.policy import stuck, unknown_locks
from bot.domain.refusals import Refusal
from bot.ports import ProviderError
from bot.pulses import DEAD_AFTER, Part
from bot.settings import Settings, SettingsProblem, read_settings
from bot.wiring import Opened, open_all
from bot.workflows.check_pin import Checked, check_pin
from bot.workflows.sync_locks import sync_locks
from storage.audit_export import audit_entries

locks_app = typer.Typer(help="The doors we may set PINs on.", no_args_is_help=True)
codes_app = typer.Typer(help="The PINs we handed out.", no_args_is_help=True)
audit_app = typer.Typer(help="Who did what.", no_args_is_help=True)

LOCKS_A_LINE = 100

Json = Annotated[bool, typer.Option("--json", help="For programs.")]

_LOST_KEY = "NIGHTPORTER_KEYS does not open what is sealed in the database: put the old key back, behind the new one"


@dataclass(frozen=True, slots=True)
class Finding:
    """What doctor found about one part."""

    part: str
    ok: bool
    said: str


def doctor(json: Json = False) -> None:
    """Check configuration, database, Slack, Twilio and the lock provider; exit 1 if anything is wrong.

    Example: nightporter doctor --json
    """
    found: list[Finding] = []
    try:
        settings = read_settings()
    except SettingsProblem as trouble:
        found = [Finding("configuration", False, problem) for problem in trouble.problems]
    else:
        found.append(Finding("configuration", True, "complete"))
        found.append(Finding("approval rules", True, rules_in_words(settings.rules)))
        run_until_done(_look_around(settings, found))
    for finding in found:
        if not json:
            typer.echo(f"{'ok   ' if finding.ok else 'WRONG'} {finding.part}: {finding.said}")
    if json:
        typer.echo(jsons.dumps([{"part": f.part, "ok": f.ok, "said": f.said} for f in found]))
    raise typer.Exit(0 if all(f.ok for f in found) else 1)


async def with_house(doing: Callable[[Opened], Awaitable[None]], settings: Any = None) -> None:
    try:
        async with open_all(settings or settings_or_exit()) as opened:
            await doing(opened)
    except (SettingsProblem, OSError) as trouble:
        raise stop_with([str(trouble) or type(trouble).__name__]) from None


async def _look_around(settings: Settings, found: list[Finding]) -> None:
    try:
        async with open_all(settings) as opened:
            await _examine(opened, found)
    except SettingsProblem as trouble:
        found[:1] = [Finding("configuration", False, problem) for problem in trouble.problems]
    except (SQLAlchemyError, PostgresError, OSError) as trouble:
        silent = f"does not answer ({type(trouble).__name__}): check DATABASE_URL, and that the server runs"
        found.append(Finding("database", False, silent))


async def _examine(opened: Opened, found: list[Finding]) -> None:
    wrong = await opened.ready()
    found.append(Finding("database", not wrong, wrong.get("database", "reached, at the newest revision")))
    if not wrong:
        fit = await opened.keys_fit()
        found.append(Finding("keys", fit, "open what is sealed in the database" if fit else _LOST_KEY))
    for checkup in opened.checkups:
        try:
            found.append(Finding(checkup.part, True, await checkup.look()))
        except ProviderError as trouble:
            found.append(Finding(checkup.part, False, str(trouble)))
    if not wrong:
        await _examine_rules(opened, found)
        found.append(await _pulse(opened))


async def _pulse(opened: Opened) -> Finding:
    """The clock first: where none runs, nothing can be known of a worker."""
    async with opened.ports.store() as work:
        newest = await work.pulses.newest()
    wall = opened.ports.clock.wall()
    for part in (Part.CLOCK, Part.WORKER):
        last = newest.get(part)
        if last is None or wall - last > DEAD_AFTER:
            since = f"no sign of life since {last:%Y-%m-%d %H:%M} UTC" if last else "never started"
            return Finding("processes", False, f"{part}: {since}; start `nightporter serve` or `nightporter {part}`")
    return Finding("processes", True, "clock and worker are at work")


async def _examine_rules(opened: Opened, found: list[Finding]) -> None:
    """What the rules name has to exist: a misspelt lock would silently be under another rule."""
    rules, chat = opened.ports.rules, opened.ports.chat
    async with opened.ports.store() as work:
        names = [name for lock in await work.locks.all() for name in lock.called]
    strange = unknown_locks(rules, names) if names else ()
    found.extend(Finding("approval rules", False, f'no lock is called "{pattern}"') for pattern in strange)
    for group in rules.groups:
        try:
            count = len(await chat.members(group))
        except ProviderError as trouble:
            found.append(Finding("approval rules", False, f"user group {group}: {trouble}"))
        else:
            found.append(Finding("approval rules", count > 0, f"user group {group}: {count} members"))
    groups = await opened.ports.groups()
    found.extend(Finding("approval rules", False, stuck_words(rule, asker)) for rule, asker in stuck(rules, groups))


@locks_app.command("list")
def locks_list(json: Json = False) -> None:
    """The locks we know.

    Example: nightporter locks list --json
    """

    async def show(opened: Opened) -> None:
        async with opened.ports.store() as work:
            locks = await work.locks.all()
        now = opened.ports.clock.now()
        for lock in locks:
            if not json:
                typer.echo(f"{lock.name}  {zone_words(now, lock.zoneinfo)}{'  bridge' if lock.has_bridge else ''}")
                for option, words in (*habits_of(lock), *told_to_guests(lock)):
                    typer.echo(f"    {option}: {words}")
        if json:
            typer.echo(jsons.dumps([_lock_facts(lock) for lock in locks]))
        elif not locks:
            typer.echo("No locks are known yet. Run `nightporter locks sync`.")

    run_until_done(with_house(show))


@locks_app.command("sync")
def locks_sync() -> None:
    """Read the provider's locks now.

    Example: nightporter locks sync
    """

    async def sync(opened: Opened) -> None:
        typer.echo("Reading the provider's locks …", err=True)
        try:
            typer.echo(f"{await sync_locks(opened.ports, _kept)} locks read.")
        except ProviderError as trouble:
            raise stop_with([str(trouble)]) from None

    run_until_done(with_house(sync))


def _kept(done: int, of: int) -> None:
    if done % LOCKS_A_LINE == 0 and done < of:
        typer.echo(f"  {done} of {of} locks", err=True)


@codes_app.command("list")
def codes_list(json: Json = False, limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50) -> None:
    """The newest codes, newest first.

    Example: nightporter codes list --limit 200
    """

    async def show(opened: Opened) -> None:
        async with opened.ports.store() as work:
            facts = [await _facts(work, code) for code in await work.codes.recent(limit)]
        if json:
            typer.echo(jsons.dumps(facts))
            return
        for one in facts:
            typer.echo(f"{one['id']}  {one['status']:<9}  {one['lock']}  {one['guest']}  {one['when']}")

    run_until_done(with_house(show))


@codes_app.command("show")
def codes_show(code_id: str, json: Json = False) -> None:
    """One code: everything but its digits.

    Example: nightporter codes show 01K3J9P7QW2X --json
    """

    async def show(opened: Opened) -> None:
        async with opened.ports.store() as work:
            code = await work.codes.get(code_id)
            facts = await _facts(work, code) if code else None
        if facts is None:
            raise stop_with(["There is no such code."])
        typer.echo(jsons.dumps(facts) if json else "\n".join(f"{name}: {value}" for name, value in facts.items()))

    run_until_done(with_house(show))


@codes_app.command("check")
def codes_check(lock: str, digits: str, json: Json = False) -> None:
    """What a PIN does at a lock right now. LOCK is a name, DIGITS the PIN.

    Example: nightporter codes check "front door" "481 529 063"
    """

    async def check(opened: Opened) -> None:
        async with opened.ports.store() as work:
            locks = await work.locks.all()
        names = [lock_name(one) for one in locks]
        try:
            asked = understand_check(f"{lock} {digits}", names)
            seen = await check_pin(opened.ports, asked.lock_id, asked.pin, "operator", sees_all=True)
        except Refusal as refusal:
            raise stop_with([sentence(refusal, zone=ZoneInfo("UTC"))], 3) from None
        door = next(one for one in locks if one.id == asked.lock_id)
        words = verdict_sentence(seen.verdict, door, seen.guest, opened.ports.clock.now())
        typer.echo(jsons.dumps(_verdict_facts(seen, words)) if json else words)

    run_until_done(with_house(check))


@audit_app.command("export")
def audit_export() -> None:
    """The whole audit log as JSON lines, oldest first.

    Example: nightporter audit export > audit.jsonl
    """

    async def export(opened: Opened) -> None:
        async for entry in audit_entries(opened.database):
            typer.echo(jsons.dumps(entry))

    run_until_done(with_house(export))


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


def _lock_facts(lock: Lock) -> dict[str, object]:
    return {
        "id": lock.id,
        "name": lock.name,
        "zone": lock.zone,
        "bridge": lock.has_bridge,
        "makes_offline_pins": lock.makes_offline_pins,
        "for_guests": asdict(lock.for_guests),
        "aliases": list(lock.habits.aliases),
        "tags": list(lock.habits.tags),
        "check_in": f"{lock.habits.check_in:%H:%M}" if lock.habits.check_in else None,
        "check_out": f"{lock.habits.check_out:%H:%M}" if lock.habits.check_out else None,
    }


async def _facts(work: Any, code: AccessCode) -> dict[str, object]:
    lock: Lock | None = await work.locks.get(code.lock_id)
    guest: Guest | None = await work.guests.get(code.guest_id)
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
