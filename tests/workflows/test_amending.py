"""Amending on real rows of both kinds of database, with everybody pressing at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.approvals.policy import ApproverReminders, Rule, Rules
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Ports
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_request import Chosen, amend_request, decide_request
from bot.workflows.preview_amendment import preview_amendment
from bot.workflows.process_request import process_request
from bot.workflows.replace_pin import replace_pin
from bot.workflows.withdraw import Withdrawn, withdraw
from storage.audit_export import audit_entries
from storage.engine import Database
from tests.benchmarks.ports import installation

PHONE = Phone("+33639981234")
HOUR = timedelta(hours=1)
ONE = Rules(Rule(("U_BEN", "U_CARA")), reminders=ApproverReminders(()))
TWO = replace(ONE, rules=(Rule(("U_BEN", "U_CARA"), 2, name="two"),))
LOCK_SLOTS = 3


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _queue, _texter):
        yield replace(made, rules=ONE)


def hour(ports: Ports, hours: float) -> datetime:
    return ports.clock.now().replace(minute=0, second=0, microsecond=0) + hours * HOUR


async def a_request(ports: Ports, start: float = 72, name: str = "Cleo") -> AccessRequest:
    """Asked for, of 40 hours, to begin in so many."""
    starts = hour(ports, start)
    async with ports.store() as uow:
        lock = (await uow.locks.all())[0]
    wanted = PinRequest("U_ADA", (lock.id,), name, PHONE, AccessWindow(starts, starts + 40 * HOUR), ports.new_id())
    await ask_for_pin(ports, wanted)
    async with ports.store() as uow:
        return (await uow.requests.of_requester("U_ADA", 1))[0]


def chosen(ports: Ports, start: float = 72, hours: float = 50, *, seen: int = 0, one_time: bool = False) -> Chosen:
    starts = hour(ports, start)
    return Chosen(AccessWindow(starts, starts + hours * HOUR), ports.new_id(), one_time, seen)


async def outcome_of(doing: Awaitable[object]) -> object:
    """What came of it: a result, or the reason of a refusal."""
    try:
        return await doing
    except Refusal as refusal:
        return refusal.reason


async def kept(ports: Ports, request_id: str) -> AccessRequest:
    async with ports.store() as uow:
        found = await uow.requests.get(request_id)
    assert found is not None
    return found


async def codes(ports: Ports, request_id: str) -> list[AccessCode]:
    async with ports.store() as uow:
        return list(await uow.codes.of_request(request_id))


async def said(ports: Ports, request_id: str) -> list[str]:
    async with ports.store() as uow:
        return sorted(m.phrase for m in await uow.messages.of_request(request_id))


async def audited(database: Database, subject: str) -> list[tuple[str, str]]:
    return [(str(e["actor"]), str(e["what"])) async for e in audit_entries(database) if e["subject"] == subject]


async def test_amended_and_approved_in_one_step(ports: Ports, database: Database) -> None:
    asked = await a_request(ports)
    pick = chosen(ports)
    await amend_request(ports, asked.id, "U_BEN", pick, "longer is fine")
    after = await kept(ports, asked.id)
    assert after.status is RequestStatus.APPROVED
    assert (after.asked, after.granted, after.wanted) == (asked.asked, pick.window, pick.window)
    assert after.amendment is not None
    assert after.amendment.by == "U_BEN"
    assert after.decision is not None
    assert (after.decision.approver, after.decision.reason) == ("U_BEN", "longer is fine")
    (code,) = await codes(ports, asked.id)
    assert (code.window, code.status) == (pick.window, CodeStatus.RESERVED)
    assert await said(ports, asked.id) == ["approved", "decided"]
    assert await audited(database, asked.id) == [("U_ADA", "asked"), ("U_BEN", "amended"), ("U_BEN", "approved")]
    (entry,) = [e async for e in audit_entries(database) if e["what"] == "amended"]
    assert str(asked.granted.ends_at.isoformat()) in str(entry["facts"])
    assert str(pick.window.ends_at.isoformat()) in str(entry["facts"])


async def test_digits_among_the_words_are_hidden(ports: Ports) -> None:
    asked = await a_request(ports)
    await amend_request(ports, asked.id, "U_BEN", chosen(ports), "the old one was 481 529 063")
    after = await kept(ports, asked.id)
    assert after.decision is not None
    assert after.decision.reason == "the old one was •••"


async def test_a_refused_amendment_leaves_no_trace(ports: Ports, database: Database) -> None:
    asked = await a_request(ports)
    pick = chosen(ports, hours=-5)
    assert await outcome_of(amend_request(ports, asked.id, "U_BEN", pick)) is Reason.ENDS_BEFORE_START
    assert await kept(ports, asked.id) == asked
    assert await audited(database, asked.id) == [("U_ADA", "asked")]
    good = replace(chosen(ports), delivery=pick.delivery)
    assert isinstance(await amend_request(ports, asked.id, "U_BEN", good), AccessRequest), "the same form, corrected"


async def test_a_full_slot_gives_offers_and_another_hour_is_taken(ports: Ports) -> None:
    for n in range(LOCK_SLOTS):
        await decide_request(ports, (await a_request(ports, 60, f"Ana {n}")).id, "U_BEN", approved=True)
    asked = await a_request(ports)
    with pytest.raises(Refusal) as refused:
        await amend_request(ports, asked.id, "U_BEN", chosen(ports, 60))
    assert refused.value.reason is Reason.SLOT_FULL
    offer = refused.value.offers[0]
    pick = Chosen(AccessWindow(offer.starts_at, offer.ends_at), ports.new_id())
    await amend_request(ports, asked.id, "U_BEN", pick)
    assert (await codes(ports, asked.id))[0].window == pick.window


@pytest.mark.parametrize("round_", range(5))
async def test_one_approves_while_another_amends(ports: Ports, round_: int) -> None:
    asked = await a_request(ports)
    doing = [
        decide_request(ports, asked.id, "U_BEN", approved=True),
        amend_request(ports, asked.id, "U_CARA", chosen(ports)),
    ]
    came = await asyncio.gather(*(outcome_of(one) for one in (doing if round_ % 2 else doing[::-1])))
    assert sum(isinstance(one, AccessRequest) for one in came) == 1
    assert came.count(Reason.ALREADY_DECIDED) == 1
    after = await kept(ports, asked.id)
    (code,) = await codes(ports, asked.id)
    assert code.window == after.granted
    assert after.decision is not None
    assert (after.amendment is not None) == (after.decision.approver == "U_CARA")
    assert await said(ports, asked.id) == ["approved", "decided"]


@pytest.mark.parametrize("round_", range(5))
async def test_withdrawn_or_denied_while_being_amended(ports: Ports, round_: int) -> None:
    asked = await a_request(ports)

    def other() -> Awaitable[object]:
        if round_ % 2:
            return decide_request(ports, asked.id, "U_BEN", approved=False)
        return withdraw(ports, asked.id, "U_ADA")

    first, second = await asyncio.gather(
        outcome_of(other()), outcome_of(amend_request(ports, asked.id, "U_CARA", chosen(ports)))
    )
    after = await kept(ports, asked.id)
    if isinstance(second, AccessRequest):
        assert after.status is RequestStatus.APPROVED
        assert first is Reason.ALREADY_DECIDED or isinstance(first, Withdrawn)
    else:
        assert second is Reason.ALREADY_DECIDED
        assert after.amendment is None
        assert await codes(ports, asked.id) == []


async def test_the_same_form_twice_at_once_decides_once(ports: Ports, database: Database) -> None:
    asked, pick = await a_request(ports), chosen(ports)
    came = await asyncio.gather(*(outcome_of(amend_request(ports, asked.id, "U_BEN", pick)) for _ in range(4)))
    assert all(isinstance(one, AccessRequest) for one in came), "a retry is no mistake of anybody's"
    assert len(await codes(ports, asked.id)) == 1
    assert [what for _, what in await audited(database, asked.id)].count("amended") == 1


async def test_two_forms_for_the_last_slot(ports: Ports) -> None:
    """Two requests amended to the same hour, which has one place left."""
    for n in range(LOCK_SLOTS - 1):
        await decide_request(ports, (await a_request(ports, 60, f"Ana {n}")).id, "U_BEN", approved=True)
    first, second = await a_request(ports), await a_request(ports, 73)
    came = await asyncio.gather(
        outcome_of(amend_request(ports, first.id, "U_BEN", chosen(ports, 60))),
        outcome_of(amend_request(ports, second.id, "U_CARA", chosen(ports, 60))),
    )
    assert came.count(Reason.SLOT_FULL) == 1
    states = {(await kept(ports, one.id)).status for one in (first, second)}
    assert states == {RequestStatus.APPROVED, RequestStatus.PENDING}


async def test_lapsed_and_unknown(ports: Ports) -> None:
    asked = await a_request(ports)
    later = replace(ports, clock=replace(ports.clock, now=lambda: asked.granted.starts_at + HOUR))
    await process_request(later, asked.id)
    assert await outcome_of(amend_request(later, asked.id, "U_BEN", chosen(later))) is Reason.ALREADY_DECIDED
    assert (await preview_amendment(later, asked.id, "U_BEN")).closed is not None
    assert await outcome_of(amend_request(ports, "nothing", "U_BEN", chosen(ports))) is Reason.UNKNOWN_REQUEST
    assert await outcome_of(preview_amendment(ports, "nothing", "U_BEN")) is Reason.UNKNOWN_REQUEST


async def test_where_two_are_needed_an_amendment_is_the_first_approval(ports: Ports) -> None:
    two = replace(ports, rules=TWO)
    asked = await a_request(two)
    await decide_request(two, asked.id, "U_CARA", approved=True)
    after = await amend_request(two, asked.id, "U_BEN", chosen(two), "longer")
    after = await kept(two, asked.id)
    assert after.status is RequestStatus.PENDING
    assert [one.approver for one in after.approvals] == ["U_BEN"]
    assert [one.approver for one in after.voided] == ["U_CARA"]
    assert await codes(two, asked.id) == []
    assert await said(two, asked.id) == ["amended"]

    refused = await outcome_of(decide_request(two, asked.id, "U_CARA", approved=True))
    assert refused is Reason.CHANGED_MEANWHILE, "the card they look at shows the other window"
    await decide_request(two, asked.id, "U_CARA", approved=True, seen=1)
    after = await kept(two, asked.id)
    assert after.status is RequestStatus.APPROVED
    (code,) = await codes(two, asked.id)
    assert code.window == after.granted == after.wanted != asked.granted
    async with two.store() as uow:
        word = next(m for m in await uow.messages.of_request(asked.id) if m.phrase == "approved")
    assert (word.facts["amended_by"], word.facts["words"]) == ("U_BEN", "longer")


async def test_amended_back_and_forth(ports: Ports) -> None:
    """Each amendment voids what was said about the window before it; nothing that was said is lost."""
    two = replace(ports, rules=TWO)
    asked = await a_request(two)
    await amend_request(two, asked.id, "U_BEN", chosen(two, hours=50))
    late = await outcome_of(amend_request(two, asked.id, "U_CARA", chosen(two, hours=60)))
    assert late is Reason.CHANGED_MEANWHILE, "their form was opened before"
    await amend_request(two, asked.id, "U_CARA", chosen(two, hours=60, seen=1))
    await amend_request(two, asked.id, "U_BEN", chosen(two, hours=50, seen=2))
    after = await kept(two, asked.id)
    assert [one.approver for one in after.approvals] == ["U_BEN"]
    assert [one.approver for one in after.voided] == ["U_BEN", "U_CARA"]
    again = await outcome_of(amend_request(two, asked.id, "U_BEN", chosen(two, hours=50, seen=3)))
    assert again is Reason.APPROVED_BY_YOU
    await amend_request(two, asked.id, "U_CARA", chosen(two, hours=50, seen=3))
    assert (await kept(two, asked.id)).status is RequestStatus.APPROVED
    assert await said(two, asked.id) == ["amended", "amended", "amended", "approved", "decided"]


@pytest.mark.parametrize("round_", range(3))
async def test_two_amend_at_once_where_two_are_needed(ports: Ports, round_: int) -> None:
    two = replace(ports, rules=TWO)
    asked = await a_request(two)
    came = await asyncio.gather(
        outcome_of(amend_request(two, asked.id, "U_BEN", chosen(two, hours=50))),
        outcome_of(amend_request(two, asked.id, "U_CARA", chosen(two, hours=60))),
    )
    assert came.count(Reason.CHANGED_MEANWHILE) == 1
    after = await kept(two, asked.id)
    assert after.amendments == len(after.approvals) == 1
    assert after.voided == ()


async def test_nobody_amends_their_way_past_a_rule(ports: Ports) -> None:
    rules = replace(ONE, rules=(Rule(("U_BEN",), max_hours=48, name="short"), Rule(("U_CARA",), name="long")))
    ruled = replace(ports, rules=rules)
    asked = await a_request(ruled)
    assert await outcome_of(amend_request(ruled, asked.id, "U_BEN", chosen(ruled))) is Reason.LEFT_TO_OTHERS
    assert await outcome_of(amend_request(ruled, asked.id, "U_CARA", chosen(ruled))) is Reason.NOT_AN_APPROVER
    assert await outcome_of(amend_request(ruled, asked.id, "U_ADA", chosen(ruled))) is Reason.OWN_REQUEST
    assert await kept(ruled, asked.id) == asked
    await amend_request(ruled, asked.id, "U_BEN", chosen(ruled, hours=20))
    assert (await kept(ruled, asked.id)).status is RequestStatus.APPROVED


async def test_another_kind_and_back(ports: Ports) -> None:
    asked = await a_request(ports)
    seen = await preview_amendment(ports, asked.id, "U_BEN")
    assert seen.plan is not None
    assert not seen.changes
    await amend_request(ports, asked.id, "U_BEN", chosen(ports, one_time=True))
    after = await kept(ports, asked.id)
    assert after.amendment is not None
    assert (after.kind, after.amendment.kind_asked) == (PinKind.ONE_TIME, PinKind.HOURLY)
    assert (await codes(ports, asked.id))[0].kind is PinKind.ONE_TIME


async def test_nothing_changed_is_a_plain_approval(ports: Ports) -> None:
    asked = await a_request(ports)
    await amend_request(ports, asked.id, "U_BEN", chosen(ports, hours=40), "fine")
    after = await kept(ports, asked.id)
    assert (after.status, after.amendment) == (RequestStatus.APPROVED, None)


async def test_a_replacement_runs_to_the_amended_end(ports: Ports) -> None:
    asked, pick = await a_request(ports, 0), chosen(ports, 0, 60)
    await amend_request(ports, asked.id, "U_BEN", pick)
    (code,) = await codes(ports, asked.id)
    async with ports.store() as uow:
        await uow.codes.save(replace(code, status=CodeStatus.UNCONFIRMED))
    new = await replace_pin(ports, code.id, "U_BEN")
    assert new.window.ends_at == pick.window.ends_at
