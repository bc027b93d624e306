"""After the approval a stay belongs to whoever asked and to those whom the rules name for its doors: on real rows."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approvals.policy import ApproverReminders, Rule, Rules
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.alerts import Alert, AlertKind, Rung
from bot.domain.stays.given_up import Deletion
from bot.ports import Ports
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import change_stay, preview_change, want_change
from bot.workflows.confirm_deletion import confirm_deletion
from bot.workflows.confirm_use import confirm_use
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.decide_late import decide_late
from bot.workflows.decide_request import decide_request
from bot.workflows.replace_pin import replace_pin
from bot.workflows.resend_pin import resend_pin
from bot.workflows.text_guest import GuestText, address, text_guest
from bot.workflows.withdraw import withdraw
from tests.benchmarks.ports import installation
from tests.workflows.test_amending import codes
from tests.workflows.test_changing import a_stay, a_texted_stay, at, chosen, hour, window

Act = Callable[[Ports, AccessRequest, str, str], Awaitable[object]]
"""What somebody does about a stay: with its first code's id, and who it is."""

ACTS: dict[str, Act] = {
    "withdraw": lambda p, stay, code, who: withdraw(p, stay.id, who),
    "replace": lambda p, stay, code, who: replace_pin(p, code, who),
    "late": lambda p, stay, code, who: decide_late(p, code, hour(p, 30), who, agreed=True),
    "change": lambda p, stay, code, who: change_stay(p, stay.id, who, chosen(p, 0, 30, accepted=9)),
    "look at a change": lambda p, stay, code, who: preview_change(p, stay.id, who),
    "ask for a change": lambda p, stay, code, who: want_change(p, stay.id, who, chosen(p, 0, 60)),
    "correct": lambda p, stay, code, who: correct_guest(p, stay.id, who, Correction("Cleopatra", None, None, "d")),
    "resend": lambda p, stay, code, who: resend_pin(p, stay.id, who, "d2"),
    "write": lambda p, stay, code, who: text_guest(p, stay.id, GuestText(who, "Ada", "Hello", "d1")),
    "whom it would go to": lambda p, stay, code, who: address(p, stay.id, who),
    "it opened": lambda p, stay, code, who: confirm_use(p, code, who),
    "deleted": lambda p, stay, code, who: confirm_deletion(p, code, Deletion("Nora", p.clock.now(), who)),
}
THEIRS_NOT = (Reason.NOT_YOURS, Reason.NOT_AN_APPROVER)
RULES = Rules(
    Rule(("U_EVE",)),
    (
        Rule(("U_BEN", "U_CARA"), locks=("Door 0",), name="the first door"),
        Rule(("U_BEN", "U_FAY"), locks=("Door 1",), name="the second"),
    ),
    reminders=ApproverReminders((timedelta(minutes=10),), ("U_GUS",)),
)
OTHERS = ("U_EVE", "U_FAY", "U_GUS", "U_MALLORY")


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _queue, _texter):
        still = made.clock.now().replace(minute=20)
        clock = replace(made.clock, now=lambda: still)
        yield replace(made, rules=RULES, policy=replace(made.policy, quiet=None), clock=clock)


async def refused(doing: Awaitable[object]) -> Reason | None:
    try:
        await doing
    except Refusal as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize("act", ACTS)
async def test_who_approves_at_another_door_does_nothing_about_this_one(ports: Ports, act: str) -> None:
    stay = await a_texted_stay(ports)
    code = (await codes(ports, stay.id))[0].id
    for person in OTHERS:
        assert await refused(ACTS[act](ports, stay, code, person)) in THEIRS_NOT, person
    assert await refused(ACTS[act](ports, stay, code, "U_CARA")) not in THEIRS_NOT


@pytest.mark.parametrize("act", ACTS)
async def test_of_several_doors_whoever_approves_at_each(ports: Ports, act: str) -> None:
    stay = await a_texted_stay(ports, doors=2)
    code = (await codes(ports, stay.id))[0].id
    for person in ("U_CARA", *OTHERS):
        assert await refused(ACTS[act](ports, stay, code, person)) in THEIRS_NOT, person
    assert await refused(ACTS[act](ports, stay, code, "U_BEN")) not in THEIRS_NOT


async def test_the_rules_of_today_count(ports: Ports) -> None:
    """Whoever approved it and is no approver of its door any more has nothing to say about it."""
    stay = await a_stay(ports)
    later = replace(ports, rules=replace(RULES, rules=(Rule(("U_CARA",), locks=("Door 0",)),)))
    assert await refused(withdraw(later, stay.id, "U_BEN")) is Reason.NOT_YOURS
    assert await refused(withdraw(later, stay.id, "U_CARA")) is None


async def test_the_backup_acts_once_it_was_called(ports: Ports) -> None:
    stay = await a_stay(ports)
    why = "it was decided before they were called"
    assert await refused(withdraw(at(ports, 5), stay.id, "U_GUS")) is Reason.NOT_YOURS, why
    waiting = await asked(ports)
    assert await refused(withdraw(ports, waiting.id, "U_GUS")) is Reason.NOT_YOURS
    assert await refused(decide_request(at(ports, 0.5), waiting.id, "U_GUS", approved=True)) is None
    assert await refused(withdraw(at(ports, 9), waiting.id, "U_GUS")) is None


async def test_the_backup_acts_once_an_alert_has_come_to_them(ports: Ports) -> None:
    stay = await a_texted_stay(ports)
    now = ports.clock.now()
    alert = Alert(ports.new_id(), "k", AlertKind.WANTS_HELP, now, now, None, stay.id, lock_id=stay.lock_id)
    async with ports.store() as uow:
        await uow.alerts.add(alert)
    assert await refused(withdraw(ports, stay.id, "U_GUS")) is Reason.NOT_YOURS
    async with ports.store() as uow:
        await uow.alerts.save(replace(alert, rung=Rung.APPROVERS))
    assert await refused(withdraw(ports, stay.id, "U_FAY")) is Reason.NOT_YOURS
    assert await refused(withdraw(ports, stay.id, "U_GUS")) is None


async def asked(ports: Ports) -> AccessRequest:
    async with ports.store() as uow:
        lock = (await uow.locks.all())[0]
    wanted = PinRequest("U_ADA", (lock.id,), "Nora", Phone("+33639985555"), window(ports, 200, 210), ports.new_id())
    await ask_for_pin(ports, wanted)
    async with ports.store() as uow:
        return (await uow.requests.of_requester("U_ADA", 1))[0]
