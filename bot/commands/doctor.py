"""`nightporter doctor`: whether everything is as it has to be, a line for each part. It changes nothing, and prints no
secret, PIN or phone number."""

import json as jsons
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import typer
from pydantic import SecretStr

from bot.commands.opening import run_until_done, said_of_database
from bot.commands.stopping import Json, put
from bot.conversation.team.lock_health import zone_remark
from bot.conversation.team.policy_notices import held_words, lone_words, rules_in_words, stuck_words
from bot.domain.approvals.lone_approvers import lone_approvers
from bot.domain.approvals.policy import old_name_counts, stuck, without_lock
from bot.domain.messages.workspaces import AdmissionState, is_admitted
from bot.domain.stays.access_requests import RequestStatus
from bot.ports import Misconfigured, ProviderError
from bot.ports.heartbeats import DEAD_AFTER, ProcessKind
from bot.processes.refusing import CURES
from bot.processes.start import settled
from bot.settings import Settings, SettingsProblem, read_settings, read_settings_in_part
from bot.wiring import Opened, open_all
from storage.engine import BadAddress, no_answer
from storage.processes import problems_of_processes
from storage.seals import UnknownSeal

_MOST_NAMED = 5
_MOST_LOOKED_AT = 50
_LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What doctor found about one part."""

    part: str
    ok: bool
    said: str
    advice: bool = False
    """Nothing is wrong, but something could be better."""

    @property
    def mark(self) -> str:
        return "NOTE " if self.advice else "ok   " if self.ok else "WRONG"


def doctor(json: Json = False) -> None:
    """Check configuration, database, Slack, Twilio and the lock provider; exit 1 if anything is wrong.

    Example: nightporter doctor --json
    """
    found: list[Finding] = []
    try:
        settings = read_settings_in_part()
    except SettingsProblem as error:
        found = [Finding("configuration", False, problem) for problem in _all_problems(error)]
    else:
        found += [Finding("configuration", False, sentence) for sentence in settings.missing()]
        found = found or [Finding("configuration", True, "complete")]
        if settings.rules.approvers:
            found.append(Finding("approval rules", True, rules_in_words(settings.rules)))
        run_until_done(_look_around(settings, found))
    for finding in found:
        if not json:
            put(f"{finding.mark} {finding.part}: {finding.said}")
    if json:
        typer.echo(jsons.dumps([{"part": f.part, "ok": f.ok, "said": f.said} for f in found]))
    raise typer.Exit(0 if all(f.ok for f in found) else 1)


async def _look_around(settings: Settings, found: list[Finding]) -> None:
    try:
        async with open_all(settings, existing=True, only_look=True) as opened:
            settled()
            await _examine(opened, found)
            return
    except SettingsProblem as error:
        found[:1] = [*_wrong_so_far(found), *(Finding("configuration", False, problem) for problem in error.problems)]
    except Misconfigured as error:
        found[:1] = [*_wrong_so_far(found), Finding("configuration", False, str(error))]
    except BadAddress as error:
        found.append(Finding("database", False, str(error).rstrip(".")))
        await _look_outside(settings, found)
    except no_answer() as error:
        found.append(Finding("database", False, said_of_database(error).removeprefix("The database ").rstrip(".")))
        await _look_outside(settings, found)


async def _look_outside(settings: Settings, found: list[Finding]) -> None:
    """What can be asked without a database: on a new machine there is none before the first start."""
    nowhere = settings.model_copy(update={"database_url": SecretStr("sqlite+aiosqlite://")})
    with suppress(Misconfigured):
        async with open_all(nowhere, only_look=True) as opened:
            await _ask_outside(opened, found)


async def _ask_outside(opened: Opened, found: list[Finding]) -> None:
    for checkup in opened.checkups():
        try:
            found.append(Finding(checkup.part, True, await checkup.look()))
        except ProviderError as error:
            found.append(Finding(checkup.part, False, str(error)))


def _all_problems(wrong: SettingsProblem) -> list[str]:
    """What is missing as well as what is wrong."""
    try:
        read_settings()
    except SettingsProblem as whole:
        return whole.problems
    return wrong.problems


def _wrong_so_far(found: list[Finding]) -> list[Finding]:
    """Of the first: what is missing stays said beside what is wrong as well."""
    return [one for one in found[:1] if not one.ok]


async def _examine(opened: Opened, found: list[Finding]) -> None:
    wrong = await opened.ready()
    if not wrong:
        try:
            await opened.claim_database(only_look=True)
        except SettingsProblem as error:
            wrong = {"database": str(error)}
    found.append(Finding("database", not wrong, wrong.get("database", "reached, at the newest revision")))
    if not wrong:
        fit = await opened.keys_fit()
        said = "open what is sealed in the database" if fit else str(UnknownSeal()).rstrip(".")
        found.append(Finding("keys", fit, said))
    await _ask_outside(opened, found)
    if not wrong:
        await _examine_rules(opened, found)
        found.append(await _contact(opened))
        found.extend(await _zones(opened))
        found.append(await _heartbeat(opened))
        found.extend(await _told(opened))
        found.extend(await _refused(opened))
        found.extend(await _waiting(opened))
        found.extend(await _bookings(opened))


async def _contact(opened: Opened) -> Finding:
    """A guest who waits at a door should have somebody to call."""
    part, house = "contact for guests", opened.ports.options.contact
    async with opened.ports.store() as uow:
        locks = await uow.locks.all()
    without = [lock.name for lock in locks if not (lock.guest_info.contact or lock.guest_info.contact_phone)]
    if house.name or house.phone:
        return Finding(part, True, "GUEST_CONTACT, where a lock has none of its own")
    if locks and not without:
        return Finding(part, True, "every lock has its own")
    more = f" and {len(without) - _MOST_NAMED} more" if len(without) > _MOST_NAMED else ""
    of_locks = f" for {', '.join(without[:_MOST_NAMED])}{more}" if without else ""
    where = f"no text{of_locks} names anybody"
    said = f"{where} whom a guest who waits can ask; set GUEST_CONTACT, or `nightporter locks set LOCK --contact`"
    return Finding(part, True, said, advice=True)


async def _zones(opened: Opened) -> list[Finding]:
    """A lock whose zone nobody named goes by the house's clock, and its PINs are off where that is another."""
    async with opened.ports.store() as uow:
        remark = zone_remark(await uow.locks.all())
    return [Finding("zones", True, remark.rstrip("."), advice=True)] if remark else []


async def _heartbeat(opened: Opened) -> Finding:
    """The clock first: where none runs, nothing can be known of a worker."""
    async with opened.ports.store() as uow:
        newest = await uow.heartbeats.newest()
    wall = opened.ports.clock.wall()
    for part in (ProcessKind.CLOCK, ProcessKind.WORKER):
        last = newest.get(part)
        if last is None or wall - last > DEAD_AFTER:
            since = f"no sign of life since {last:%Y-%m-%d %H:%M} UTC" if last else "never started"
            return Finding("processes", False, f"{part}: {since}; start `nightporter serve` or `nightporter {part}`")
    return Finding("processes", True, "clock and worker are at work")


async def _refused(opened: Opened) -> list[Finding]:
    """Anybody may send such requests; where it was the vendor itself, nothing that it tells us is heard."""
    wall = opened.ports.clock.wall()
    async with opened.ports.store() as uow:
        seen = await uow.refused_webhooks.since(wall - _LATELY)
    return [
        Finding(
            f"requests of {one.vendor.title()}",
            True,
            f"{one.count} with a wrong signature since {one.since:%Y-%m-%d %H:%M} UTC, the last at {one.last:%H:%M}; "
            f"if they were {one.vendor.title()}'s own: {CURES[one.vendor]}",
            advice=True,
        )
        for one in seen
    ]


async def _waiting(opened: Opened) -> list[Finding]:
    """Workspaces that have installed the app and may do nothing."""
    async with opened.ports.store() as uow:
        known, here = await uow.workspaces.admissions(), {one.id for one in await uow.workspaces.all()}
    listed = opened.ports.options.workspaces
    waiting = [a for a in known if a.id in here and not is_admitted(a.id, a, listed)]
    named = ", ".join(f"{a.id} {a.name}" for a in waiting if a.state is AdmissionState.WAITING)
    said = f"waiting to be admitted: {named}; `nightporter slack admit` or `turn-away` decides"
    return [Finding("workspaces", True, said, advice=True)] if named else []


async def _bookings(opened: Opened) -> list[Finding]:
    """Those that came and are no stays yet."""
    async with opened.ports.store() as uow:
        sources, waiting = await uow.booking_sources.all(), await uow.bookings.how_many_wait()
    named = ", ".join(f"{waiting[one.id]} of {one.name}" for one in sources if one.id in waiting)
    said = f"waiting for a door, for room or for their system: {named}; see `nightporter sources list`"
    return [Finding("bookings", True, said, advice=True)] if named else []


async def _has_waited(opened: Opened, person: str) -> bool:
    """Whether something that they asked for waits, or waited in vain."""
    async with opened.ports.store() as uow:
        theirs = await uow.requests.of_requester(person, _MOST_LOOKED_AT)
    return any(one.status in (RequestStatus.PENDING, RequestStatus.LAPSED) for one in theirs)


async def _told(opened: Opened) -> list[Finding]:
    """What vendors have told processes that run, and cannot be asked from here, as whether a channel is archived."""
    problems = await problems_of_processes(opened.database)
    return [Finding(f"{vendor}, as running processes meet it", False, said) for vendor, said in problems.items()]


async def _examine_rules(opened: Opened, found: list[Finding]) -> None:
    """What the rules name has to exist: a misspelt lock would silently be under another rule."""
    rules, chat = opened.ports.rules, opened.ports.chat
    async with opened.ports.store() as uow:
        locks = await uow.locks.all()
    strange = without_lock(rules, locks) if locks else ()
    found.extend(
        Finding("approval rules", True, held_words(one), advice=True) for one in locks if old_name_counts(rules, one)
    )
    found.extend(Finding("approval rules", False, f'no lock is called "{pattern}"') for pattern in strange)
    for group in rules.groups:
        try:
            count = len(await chat.members(group))
        except ProviderError as error:
            found.append(Finding("approval rules", False, f"user group {group}: {error}"))
        else:
            found.append(Finding("approval rules", count > 0, f"user group {group}: {count} members"))
    groups = await opened.ports.groups()
    for rule, asker in lone_approvers(rules, groups):
        asks = await _has_waited(opened, asker)
        found.append(Finding("approval rules", not asks, lone_words(rule, asker, asks), advice=not asks))
    found.extend(Finding("approval rules", False, stuck_words(rule, asker)) for rule, asker in stuck(rules, groups))
