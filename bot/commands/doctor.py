"""`nightporter doctor`: whether everything is as it has to be, a line for each part. It changes nothing, and prints no
secret, PIN or phone number. With `--send-test` it goes on to do, after a question each, what guests and team will see:
only then does a PIN stand on the terminal, the operator's own."""

import asyncio
import json as jsons
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import typer
from pydantic import SecretStr

from bot.commands.terminal.asking import interruptible
from bot.commands.terminal.opening import noted, run_until_done, said_of_database
from bot.commands.terminal.stopping import Json, put, stop_with
from bot.conversation.calendars.words import sources_lines
from bot.conversation.guest_texts.approver_texts import TRIAL_TEXT
from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.lock_health import health_words, name_apart, worries, zone_remark, zone_said
from bot.conversation.team.notices import trial_notice
from bot.conversation.team.policy_notices import held_words, lone_words, rules_in_words, source_words, stuck_words
from bot.conversation.times import read_at, show_window
from bot.conversation.typed.lock_names import lock_names, only_lock
from bot.conversation.typed.phones import read_phone
from bot.domain.approvals.lone_approvers import lone_approvers
from bot.domain.approvals.named_locks import old_name_counts, rules_at, without_lock
from bot.domain.approvals.policy import stuck
from bot.domain.locks.lock import Contact, Lock
from bot.domain.messages.message import FINAL, MessageStatus
from bot.domain.messages.workspaces import AdmissionState, is_admitted
from bot.domain.pins import Phone
from bot.domain.refusals import Refusal
from bot.domain.stays.access_requests import RequestStatus
from bot.ports import Misconfigured, Ports, ProviderError, Text, Unavailable
from bot.ports.heartbeats import DEAD_AFTER, ProcessKind
from bot.ports.house import house
from bot.processes.gauges import VENDORS
from bot.processes.refusing import CURES
from bot.processes.start import settled
from bot.settings import Settings, SettingsProblem, read_settings, read_settings_in_part
from bot.wiring import Opened, open_all
from bot.workflows.make_test_pin import look_for_test_pin, make_test_pin, order_test_pin
from storage.engine import BadAddress, no_answer
from storage.processes import problems_of_processes
from storage.seals import UnknownSeal

_MOST_NAMED = 5
_MOST_LOOKED_AT = 50
_LATELY = timedelta(days=1)
LOOKS = (0, 1, 2, 3, 5, 10, 20)
"""Seconds before each look at what has become of a text, or of a PIN: Seam takes up to 40 (facts/seam.md §3)."""


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


def doctor(
    json: Json = False,
    send_test: Annotated[
        bool,
        typer.Option("--send-test", help="Then post a card, text a number and make a PIN, each after a question."),
    ] = False,
) -> None:
    """Check configuration, database, Slack, Twilio, the lock provider and each lock; exit 1 if anything is wrong.

    Example: nightporter doctor --send-test
    """
    if json and send_test:
        raise stop_with(["--send-test asks questions, which nobody answers with --json."], 2)
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
    if send_test:
        if not any(one.part == "database" and one.ok for one in found):
            raise stop_with(["Nothing was tried: the database has to be well first. See its line above."])
        run_until_done(_send_tests(settings, found))
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
        found.extend(await _locks(opened))
        found.append(await _heartbeat(opened))
        found.extend(await _told(opened))
        found.extend(await _refused(opened))
        found.extend(await _waiting(opened))
        found.extend(await _bookings(opened))
        found.extend(await _sources(opened))


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


async def _locks(opened: Opened) -> list[Finding]:
    """Each lock: how it is, its clock, whom guests ask, who decides."""
    async with opened.ports.store() as uow:
        locks = await uow.locks.all()
    now, ports = opened.ports.clock.now(), opened.ports
    said = [
        Finding(
            f"lock {name_apart(lock, locks)}",
            True,
            f"{health_words(lock, now)} {zone_said(lock, now)}; {_asked(lock, ports.options.contact)}; decided by "
            f"{', then '.join(rule.name for rule in rules_at(ports.rules, lock))}",
            advice=worries(lock),
        )
        for lock in locks[:_MOST_LOOKED_AT]
    ]
    left = len(locks) - len(said)
    more = [Finding("locks", True, f"{left} more: `nightporter locks list`", advice=True)] if left else []
    return [*said, *more]


def _asked(lock: Lock, of_house: Contact) -> str:
    info = lock.guest_info
    if info.contact or info.contact_phone:
        return f"guests ask {info.contact or 'a number of its own'}"
    return f"guests ask {of_house.name or ('the number of the house' if of_house.phone else 'nobody')}"


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


async def _sources(opened: Opened) -> list[Finding]:
    """Calendars and booking systems, each line with what is wrong of it."""
    async with opened.ports.store() as uow:
        health, doors = await uow.sources_health(), {lock.id: lock.name for lock in await uow.locks.all()}
    said = sources_lines(health, doors, opened.ports.clock.now())
    return [Finding("calendars and booking systems", True, words, advice=worries) for words, worries in said]


async def _has_waited(opened: Opened, person: str) -> bool:
    """Whether something that they asked for waits, or waited in vain."""
    async with opened.ports.store() as uow:
        theirs = await uow.requests.of_requester(person, _MOST_LOOKED_AT)
    return any(one.status in (RequestStatus.PENDING, RequestStatus.LAPSED) for one in theirs)


async def _told(opened: Opened) -> list[Finding]:
    """What vendors have told processes that run, and cannot be asked from here, as whether a channel is archived."""
    problems = await problems_of_processes(opened.database)
    return [
        Finding(f"{where}, as running processes meet it", where not in VENDORS, said, advice=where not in VENDORS)
        for where, said in problems.items()
    ]


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
    found.extend(Finding("rules by source", True, source_words(rule)) for rule in rules.of_sources)
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


# --- what is tried out ------------------------------------------------------------------------------------------------


async def _send_tests(settings: Settings, found: list[Finding]) -> None:
    """Of each vendor whose settings are there. What goes wrong is found as any other, and the next is asked about."""
    async with open_all(settings, existing=True, only_look=True) as opened:
        settled()
        now, parts = opened.ports.clock.now(), {one.part for one in opened.checkups()}
        await noted(opened.database, "doctor --send-test", now)
        for part, try_out in _TESTS:
            if part not in parts:
                put(f"NOTE  {part}: not tried, its settings are missing")
                continue
            try:
                with read_at(now):
                    done = await try_out(opened.ports)
            except ProviderError as error:
                done = Finding(part, False, str(error))
            except Refusal as refusal:
                done = Finding(part, False, sentence(refusal))
            found.append(done)
            put(f"{done.mark} {done.part}: {done.said}")


def _confirmed(question: str) -> bool:
    with interruptible():
        return typer.confirm(question, err=True)


def _typed(question: str) -> str:
    """Nothing where only Enter was pressed."""
    with interruptible():
        return str(typer.prompt(question, default="", show_default=False, err=True)).strip()


async def _try_chat(ports: Ports) -> Finding:
    async with ports.store() as uow:
        workspaces = [(one.id, one.name) for one in await house(ports, uow)] or [("", "")]
    posted = []
    for workspace, name in workspaces:
        channel = await ports.chat.approvals(workspace)
        where = f"{channel} of {name}" if name else str(channel)
        if channel is None:
            put(f"NOTE  Slack: {name} has named no channel for approvals yet")
        elif _confirmed(f"Slack: post a test in {where}?"):
            await ports.chat.post(channel, trial_notice(), post_id=ports.new_id(), workspace=workspace)
            posted.append(where)
    if not posted:
        return Finding("Slack", True, "nothing was posted", advice=True)
    return Finding("Slack", True, f"posted in {', '.join(posted)}; see whether it stands there")


async def _try_texts(ports: Ports) -> Finding:
    question = "Twilio: a number of yours to text, with its country (Enter: none)"
    phone = None
    while phone is None:
        written = _typed(question)
        if not written:
            return Finding("Twilio", True, "nothing was texted", advice=True)
        read = read_phone(written, ports.options.phone_country or None)
        phone = Phone(read.e164) if read is not None and read.e164 else None
        if phone is None:
            put("This is no phone number: write it with its country, as +44 7700 900123.", err=True)
    ref = await ports.texter.send(Text(ports.new_id(), phone, TRIAL_TEXT, ports.clock.now()))
    for seconds in LOOKS:
        await asyncio.sleep(seconds)
        seen = None
        with suppress(Unavailable):  # it has left us: whoever does not answer is asked again
            seen = await ports.texter.look_up(ref)
        if seen is not None and seen.status in FINAL:
            arrived = seen.status is MessageStatus.DELIVERED
            return Finding(
                "Twilio", arrived, f"{phone.masked()}: {'delivered' if arrived else seen.problem or seen.status}"
            )
    return Finding(
        "Twilio", True, f"accepted for {phone.masked()}; nobody says yet that it arrived: see whether it did"
    )


async def _try_lock(ports: Ports) -> Finding:
    part = "lock provider"
    async with ports.store() as uow:
        locks = [one for one in await uow.locks.all() if one.makes_offline_pins and not one.is_gone]
    if not locks:
        return Finding(part, False, "no lock is known that makes PINs; `nightporter locks sync` reads them")
    names, chosen = lock_names(locks), None
    question = f"Lock provider: a door to make one PIN at: {', '.join(one.name for one in names)} (Enter: none)"
    while chosen is None:
        written = _typed(question).split()
        if not written:
            break
        meant = only_lock(written, names)
        chosen = meant.locks[0] if meant is not None and len(meant.locks) == 1 else None
        if chosen is None:
            put("No door, or more than one, is called so.", err=True)
    warning = "It opens once, for 24 hours, and nobody can call it back. Make it?"
    if chosen is None or not _confirmed(f"Lock provider: {chosen.name}. {warning}"):
        return Finding(part, True, "no PIN was made", advice=True)
    trial = await order_test_pin(ports, chosen.id)
    minted = await make_test_pin(ports, trial)
    for seconds in LOOKS:
        if minted is not None and minted.pin is not None:
            window = show_window(minted.window or trial.order.window, trial.lock.zoneinfo)
            return Finding(part, True, f"{minted.pin.grouped()} opens {trial.lock.name} once, {window}")
        await asyncio.sleep(seconds)
        with suppress(Unavailable):  # it may be there: whoever does not answer is asked again
            minted = await look_for_test_pin(ports, trial, minted)
    return Finding(part, False, f"{trial.lock.name} has no PIN yet; its maker's console says whether one was made")


_TESTS: tuple[tuple[str, Callable[[Ports], Awaitable[Finding]]], ...] = (
    ("Slack", _try_chat),
    ("Twilio", _try_texts),
    ("lock provider", _try_lock),
)
