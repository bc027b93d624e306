"""Changing an approved stay on real rows of both kinds of database: free before a PIN is made, a new PIN afterwards."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.conversation.answers.stay_answers import shown
from bot.conversation.team.amendments import wanted_changes
from bot.domain.approvals.policy import ApproverReminders, Rule, Rules
from bot.domain.approvals.wanted_changes import WantedChange
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import DOOR_LEFT, CodeStatus
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.given_up import Deletion
from bot.domain.stays.standing import standing
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Clock, Ports
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import NewTime, change_stay, decide_change, preview_change, want_change
from bot.workflows.confirm_deletion import confirm_deletion
from bot.workflows.confirm_use import confirm_use
from bot.workflows.decide_request import decide_request
from bot.workflows.find_stay import find_stay
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from bot.workflows.process_request import process_request
from bot.workflows.replace_pin import replace_pin
from bot.workflows.send_message import send_message
from bot.workflows.withdraw import withdraw
from storage.engine import Database
from tests.benchmarks.ports import installation
from tests.workflows.test_amending import audited, codes, kept, outcome_of

PHONE = Phone("+33639981234")
HOUR = timedelta(hours=1)
ONE = Rules(Rule(("U_BEN", "U_CARA")), reminders=ApproverReminders(()))


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _queue, _texter):
        still = made.clock.now().replace(minute=20)
        quiet = replace(made.policy, quiet=None)
        clock = Clock(lambda: still, made.clock.wall)
        yield replace(made, rules=ONE, approvers=_approvers, policy=quiet, clock=clock)


async def _approvers() -> frozenset[str]:
    return frozenset(("U_BEN", "U_CARA"))


def at(ports: Ports, hours: float) -> Ports:
    now = ports.clock.now() + hours * HOUR
    return replace(ports, clock=Clock(lambda: now, ports.clock.wall))


def hour(ports: Ports, hours: float) -> datetime:
    return ports.clock.now().replace(minute=0, second=0, microsecond=0) + hours * HOUR


def window(ports: Ports, start: float, end: float) -> AccessWindow:
    return AccessWindow(hour(ports, start), hour(ports, end))


async def a_stay(ports: Ports, start: float = 72, end: float = 112, doors: int = 1, **more: object) -> AccessRequest:
    """Asked for by Ada, approved by Ben."""
    async with ports.store() as uow:
        locks = [lock.id for lock in await uow.locks.all()][:doors]
    time = window(ports, start, end)
    wanted = PinRequest("U_ADA", tuple(locks), "Cleo", PHONE, time, ports.new_id(), **more)  # type: ignore[arg-type]
    await ask_for_pin(ports, wanted)
    async with ports.store() as uow:
        request = (await uow.requests.of_requester("U_ADA", 1))[0]
    return await decide_request(ports, request.id, "U_BEN", approved=True)


async def run(ports: Ports, request_id: str) -> None:
    """As a worker does: what is due about this stay's codes and texts."""
    for _ in range(2):
        for code in await codes(ports, request_id):
            await process_code(ports, code.id)
            await mint_pin(ports, code.id)
            await process_code(ports, code.id)
        async with ports.store() as uow:
            texts = [m.id for m in await uow.messages.of_request(request_id) if m.recipient == code.guest_id]
        for text in texts:
            await send_message(ports, text)
        for code in await codes(ports, request_id):
            await process_code(ports, code.id)


async def a_texted_stay(ports: Ports, **more: object) -> AccessRequest:
    request = await a_stay(ports, 0, 40, **more)  # type: ignore[arg-type]
    await run(ports, request.id)
    assert {code.status for code in await codes(ports, request.id)} == {CodeStatus.SHARED}
    return request


def chosen(ports: Ports, start: float, end: float, seen: int = 0, accepted: int = 0) -> NewTime:
    return NewTime(window(ports, start, end), ports.new_id(), seen, accepted)


async def texts(ports: Ports, request_id: str) -> list[tuple[str, bool]]:
    """What the guest is texted, in order: the phrase, and whether the PIN before is to be forgotten."""
    async with ports.store() as uow:
        guest = await uow.guests.of_stay(request_id)
        assert guest is not None
        found = await uow.messages.of_request(request_id)
    return [(m.phrase, "replaces" in m.facts) for m in found if m.recipient == guest.id]


async def test_before_a_pin_is_made_a_change_is_free_and_silent(ports: Ports, database: Database) -> None:
    stay = await a_stay(ports)
    seen = await preview_change(ports, stay.id, "U_ADA", lambda _: (window(ports, 80, 100), frozenset()))
    assert (seen.cost, seen.refusal, seen.closed) == ((), None, None)
    done = await change_stay(ports, stay.id, "U_ADA", chosen(ports, 80, 100))
    assert done.cost == ()
    before, after = await codes(ports, stay.id)
    assert (before.status, after.status) == (CodeStatus.RELEASED, CodeStatus.RESERVED)
    assert (after.window, after.part, after.replaces) == (window(ports, 80, 100), before.part, None)
    request = await kept(ports, stay.id)
    assert request.granted == after.window
    assert request.asked == stay.asked
    assert request.decision == stay.decision
    assert await texts(ports, stay.id) == []
    assert (await audited(database, stay.id))[-1] == ("U_ADA", "changed")


async def test_the_slot_that_is_given_up_can_be_the_very_one_needed(ports: Ports) -> None:
    stays = [await a_stay(ports) for _ in range(3)]
    await change_stay(ports, stays[0].id, "U_BEN", chosen(ports, 72, 120))
    assert (await codes(ports, stays[0].id))[-1].window == window(ports, 72, 120)


async def test_a_pin_that_exists_opens_on_and_a_new_one_is_made(ports: Ports) -> None:
    stay = await a_texted_stay(ports)
    pick = chosen(ports, 0, 60)
    assert await outcome_of(change_stay(ports, stay.id, "U_BEN", pick)) is Reason.PIN_MADE_MEANWHILE
    seen = await preview_change(ports, stay.id, "U_BEN", lambda _: (pick.window, frozenset()))
    assert [pin.number for pin in seen.cost] == [1]
    await change_stay(ports, stay.id, "U_BEN", replace(pick, accepted=1))
    await run(ports, stay.id)
    old, new = await codes(ports, stay.id)
    assert (old.status, new.status) == (CodeStatus.WITHDRAWN, CodeStatus.SHARED)
    assert (new.replaces, new.part, new.window.ends_at) == (old.id, old.part, hour(ports, 60))
    assert await texts(ports, stay.id) == [("pin", False), ("pin", True)]
    pins = standing([old, new], [], ports.clock.now())
    assert [pin.code.id for pin in pins.earlier] == [old.id]
    await confirm_deletion(ports, old.id, Deletion("Ed", ports.clock.now(), "U_BEN"))


async def test_a_guest_who_is_in_stays_longer_with_a_pin_from_this_hour(ports: Ports) -> None:
    stay = await a_texted_stay(ports)
    (old,) = await codes(ports, stay.id)
    await confirm_use(ports, old.id, "U_BEN")
    later = at(ports, 30)
    await change_stay(later, stay.id, "U_BEN", NewTime(window(ports, 0, 70), "d", 0, 1))
    new = (await codes(ports, stay.id))[-1]
    assert new.window == AccessWindow(hour(later, 0), hour(ports, 70))
    assert (await kept(ports, stay.id)).granted == AccessWindow(stay.granted.starts_at, hour(ports, 70))


async def test_shorter_is_a_new_pin_and_the_old_one_opens_to_its_end(ports: Ports) -> None:
    stay = await a_texted_stay(ports)
    await change_stay(ports, stay.id, "U_ADA", chosen(ports, 0, 20, accepted=1))
    old, new = await codes(ports, stay.id)
    assert (old.window, new.window) == (window(ports, 0, 40), window(ports, 0, 20))
    pins = standing([old, new], [], at(ports, 30).clock.now())
    assert pins.open == pins.earlier


async def test_moved_to_another_week_the_guest_hears_of_it_now(ports: Ports) -> None:
    stay = await a_texted_stay(ports)
    await change_stay(ports, stay.id, "U_BEN", chosen(ports, 200, 240, accepted=1))
    await run(ports, stay.id)
    assert await texts(ports, stay.id) == [("pin", False), ("moved_new_pin", False)]
    # Changed once more before that PIN is made: free, and the guest, who knows, hears of it again.
    seen = await preview_change(ports, stay.id, "U_BEN", lambda _: (window(ports, 210, 240), frozenset()))
    assert seen.cost == ()
    await change_stay(ports, stay.id, "U_BEN", chosen(ports, 210, 240, seen=1))
    await run(ports, stay.id)
    assert [name for name, _ in await texts(ports, stay.id)] == ["pin", "moved_new_pin", "moved_new_pin"]
    await run(at(ports, 200), stay.id)
    assert (await texts(ports, stay.id))[-1] == ("pin", True)


async def test_whose_word_it_takes(ports: Ports) -> None:
    stay = await a_stay(ports)
    assert await outcome_of(change_stay(ports, stay.id, "U_EVE", chosen(ports, 80, 100))) is Reason.NOT_YOURS
    with pytest.raises(Refusal) as refused:
        await change_stay(ports, stay.id, "U_ADA", chosen(ports, 72, 120))
    assert refused.value.reason is Reason.BEYOND_APPROVED
    assert refused.value.facts["who"] == ("U_BEN", "U_CARA")
    assert await kept(ports, stay.id) == stay
    await change_stay(ports, stay.id, "U_ADA", chosen(ports, 72, 100))
    await change_stay(ports, stay.id, "U_CARA", chosen(ports, 72, 120, seen=1))
    assert (await codes(ports, stay.id))[-1].window == window(ports, 72, 120)


async def test_nobody_grows_a_stay_past_a_rule(ports: Ports) -> None:
    rules = replace(
        ONE, rules=(Rule(("U_BEN",), max_hours=60, name="short"), Rule(("U_CARA", "U_BEN"), 2, name="long"))
    )
    ruled = replace(ports, rules=rules)
    stay = await a_texted_stay(ruled)
    late = at(ruled, 30)
    with pytest.raises(Refusal) as refused:
        await change_stay(late, stay.id, "U_BEN", NewTime(window(ports, 0, 70), "d", 0, 1))
    assert (refused.value.reason, refused.value.facts["who"]) == (Reason.BEYOND_APPROVED, ("U_CARA",))
    await change_stay(late, stay.id, "U_BEN", NewTime(window(ports, 0, 60), "d", 0, 1))


async def test_what_the_rules_approve_by_themselves_the_requester_may_have(ports: Ports) -> None:
    stay = await a_stay(ports)
    alone = replace(ports, rules=replace(ONE, rules=(Rule(("U_BEN",), automatic=True, max_hours=60, name="all"),)))
    await change_stay(alone, stay.id, "U_ADA", chosen(ports, 72, 120))
    assert await outcome_of(change_stay(alone, stay.id, "U_ADA", chosen(ports, 72, 140, 1))) is Reason.BEYOND_APPROVED


async def test_all_doors_or_none(ports: Ports) -> None:
    stay = await a_stay(ports, doors=2)
    async with ports.store() as uow:
        second = (await uow.locks.all())[1].id
    for _ in range(3):
        time = window(ports, 60, 100)
        await ask_for_pin(ports, PinRequest("U_ADA", (second,), "Ana", Phone("+33639985555"), time, ports.new_id()))
        async with ports.store() as uow:
            other = (await uow.requests.of_requester("U_ADA", 1))[0]
        await decide_request(ports, other.id, "U_BEN", approved=True)
    before = await codes(ports, stay.id)
    with pytest.raises(Refusal) as refused:
        await change_stay(ports, stay.id, "U_BEN", chosen(ports, 60, 112))
    assert refused.value.reason is Reason.SLOT_FULL
    assert refused.value.offers
    assert await codes(ports, stay.id) == before
    assert await kept(ports, stay.id) == stay
    await change_stay(ports, stay.id, "U_BEN", chosen(ports, 61, 112))
    assert [code.part for code in await codes(ports, stay.id)] == [0, 1, 0, 1]


async def test_two_doors_are_one_text_after_a_change(ports: Ports) -> None:
    stay = await a_texted_stay(ports, doors=2)
    seen = await preview_change(ports, stay.id, "U_BEN", lambda _: (window(ports, 0, 50), frozenset()))
    assert len(seen.cost) == 2
    await change_stay(ports, stay.id, "U_BEN", chosen(ports, 0, 50, accepted=2))
    await run(ports, stay.id)
    assert await texts(ports, stay.id) == [("pin", False), ("pin", True)]


async def test_what_was_never_made_is_not_replaced(ports: Ports) -> None:
    stay = await a_stay(ports)
    (code,) = await codes(ports, stay.id)
    for one in (code.id, "01NOWHERE"):
        assert await outcome_of(replace_pin(ports, one, "U_BEN")) is Reason.NOTHING_TO_REPLACE
    assert await codes(ports, stay.id) == [code]


async def test_a_chain_goes_on_after_the_pin_that_runs(ports: Ports) -> None:
    stay = await a_stay(ports, 0, 60, chain=True)
    await run(ports, stay.id)
    first, second, third = await codes(ports, stay.id)
    assert (first.status, third.status) == (CodeStatus.SHARED, CodeStatus.RESERVED)
    later = at(ports, 3)
    await change_stay(later, stay.id, "U_BEN", NewTime(window(ports, 0, 90), "d1", 0, 0))
    after = await codes(ports, stay.id)
    assert after[0] == first, "what runs is left as it is"
    assert after[1] == second
    assert [(c.part, c.status) for c in after[2:]] == [
        (2, CodeStatus.RELEASED),
        (2, CodeStatus.RESERVED),
        (3, CodeStatus.RESERVED),
    ]
    assert after[-1].window.ends_at == hour(ports, 90)
    assert [name for name, _ in await texts(ports, stay.id)] == ["pin", "moved_same_pin"]
    await change_stay(later, stay.id, "U_ADA", NewTime(window(ports, 0, 40), "d2", 1, 0))
    alive = [c for c in await codes(ports, stay.id) if c.given_up is None]
    assert [c.part for c in alive] == [0, 1]
    assert alive[-1].window.ends_at == hour(ports, 40)


async def test_a_chain_cut_short_within_the_pin_that_runs(ports: Ports) -> None:
    stay = await a_stay(ports, 0, 60, chain=True)
    await run(ports, stay.id)
    first = (await codes(ports, stay.id))[0]
    await change_stay(
        at(ports, 3), stay.id, "U_ADA", NewTime(AccessWindow(hour(ports, 0), first.window.ends_at), "d", 0)
    )
    alive = [c for c in await codes(ports, stay.id) if c.given_up is None]
    assert alive == [first]


async def test_on_arrival_stays_on_arrival_and_who_knows_hears_at_once(ports: Ports) -> None:
    stay = await a_stay(ports, 10, 50, on_arrival=True)
    await run(ports, stay.id)
    assert [name for name, _ in await texts(ports, stay.id)] == ["on_arrival"]
    await change_stay(ports, stay.id, "U_BEN", chosen(ports, 100, 150))
    await run(ports, stay.id)
    new = (await codes(ports, stay.id))[-1]
    assert (new.on_arrival, new.status, new.window) == (True, CodeStatus.RESERVED, window(ports, 100, 150))
    assert [name for name, _ in await texts(ports, stay.id)] == ["on_arrival", "on_arrival"]


async def test_a_one_time_pin_is_moved_as_one(ports: Ports) -> None:
    stay = await a_stay(ports, 72, 96, one_time=True)
    await change_stay(ports, stay.id, "U_BEN", chosen(ports, 80, 81))
    new = (await codes(ports, stay.id))[-1]
    assert (new.kind, new.window) == (PinKind.ONE_TIME, window(ports, 80, 104))


async def test_what_cannot_be_changed_says_why(ports: Ports) -> None:
    async with ports.store() as uow:
        lock = (await uow.locks.all())[0]
    time = window(ports, 72, 112)
    await ask_for_pin(ports, PinRequest("U_ADA", (lock.id,), "Cleo", PHONE, time, ports.new_id()))
    async with ports.store() as uow:
        pending = (await uow.requests.of_requester("U_ADA", 1))[0]

    async def status(of: AccessRequest, on: Ports, *times: float) -> object:
        with pytest.raises(Refusal) as refused:
            await change_stay(on, of.id, "U_ADA", chosen(ports, *times))
        assert refused.value.reason is Reason.NOTHING_TO_CHANGE
        return refused.value.facts["status"]

    assert await status(pending, ports, 72, 100) == "pending"
    stay = await a_stay(ports)
    assert await status(stay, ports, 72, 112) == "the same"
    assert await status(stay, at(ports, 200), 72, 300) == "ended"
    await withdraw(ports, stay.id, "U_ADA")
    assert await status(stay, ports, 72, 100) == "withdrawn"
    texted = await a_texted_stay(ports)
    await withdraw(ports, texted.id, "U_ADA")
    assert await status(texted, ports, 0, 20) == "withdrawn"
    assert (await preview_change(ports, texted.id, "U_ADA")).closed is not None


async def test_the_same_form_twice_and_two_forms_at_once(ports: Ports) -> None:
    stay = await a_stay(ports)
    pick = chosen(ports, 80, 100)
    await asyncio.gather(*(change_stay(ports, stay.id, "U_ADA", pick) for _ in range(3)))
    assert (await kept(ports, stay.id)).amendments == 1
    came = await asyncio.gather(
        outcome_of(change_stay(ports, stay.id, "U_ADA", chosen(ports, 82, 100, 1))),
        outcome_of(change_stay(ports, stay.id, "U_BEN", chosen(ports, 84, 120, 1))),
    )
    assert came.count(Reason.CHANGED_MEANWHILE) == 1
    alive = [code for code in await codes(ports, stay.id) if code.status is CodeStatus.RESERVED]
    assert [code.window for code in alive] == [(await kept(ports, stay.id)).granted]


async def test_a_pin_that_was_being_made_counts_as_made(ports: Ports) -> None:
    stay = await a_stay(ports, 0, 40)
    (code,) = await codes(ports, stay.id)
    await process_code(ports, code.id)
    assert await outcome_of(change_stay(ports, stay.id, "U_BEN", chosen(ports, 0, 50))) is Reason.PIN_MADE_MEANWHILE
    await change_stay(ports, stay.id, "U_BEN", chosen(ports, 0, 50, accepted=1))
    await run(ports, stay.id)
    assert await texts(ports, stay.id) == [("pin", False)], "nobody is told to forget what they never had"


async def test_where_two_approved_both_still_count(ports: Ports) -> None:
    two = replace(ports, rules=Rules(Rule(("U_BEN", "U_CARA"), 2), reminders=ApproverReminders(())))
    stay = await a_stay(two)
    await decide_request(two, stay.id, "U_CARA", approved=True)
    await change_stay(two, stay.id, "U_ADA", chosen(ports, 80, 100))
    after = await kept(ports, stay.id)
    assert [one.approver for one in after.approvals] == ["U_BEN"]
    assert await outcome_of(change_stay(two, stay.id, "U_BEN", chosen(ports, 70, 100, 1))) is Reason.BEYOND_APPROVED


# --- another door ----------------------------------------------------------------------------------------------------


async def doors(ports: Ports) -> list[str]:
    async with ports.store() as uow:
        return [lock.id for lock in await uow.locks.all()]


def elsewhere(ports: Ports, start: float, end: float, *lock_ids: str, seen: int = 0, accepted: int = 0) -> NewTime:
    return replace(chosen(ports, start, end, seen, accepted), lock_ids=lock_ids)


async def test_another_door_before_a_pin_is_made_is_free(ports: Ports, database: Database) -> None:
    stay, ids = await a_stay(ports), await doors(ports)
    done = await change_stay(ports, stay.id, "U_BEN", elsewhere(ports, 72, 112, ids[1]))
    assert (done.cost, done.request.lock_ids, done.lock.id) == ((), (ids[1],), ids[1])
    before, after = await codes(ports, stay.id)
    assert (before.status, before.lock_id) == (CodeStatus.RELEASED, ids[0])
    assert (after.status, after.lock_id, after.part, after.replaces) == (CodeStatus.RESERVED, ids[1], 0, None)
    assert await texts(ports, stay.id) == []
    assert (await audited(database, stay.id))[-1] == ("U_BEN", "changed")
    async with ports.store() as uow:
        (line,) = [m for m in await uow.messages.of_request(stay.id) if m.phrase == "stay_changed"]
        locks = {lock.id: lock.name for lock in await uow.locks.all()}
    assert (line.facts["doors_from"], line.facts["doors_to"]) == (locks[ids[0]], locks[ids[1]])


async def test_the_pin_at_the_door_that_was_left_opens_it_to_its_end(ports: Ports) -> None:
    stay, ids = await a_texted_stay(ports), await doors(ports)
    pick = elsewhere(ports, 0, 40, ids[1])
    assert await outcome_of(change_stay(ports, stay.id, "U_BEN", pick)) is Reason.PIN_MADE_MEANWHILE
    done = await change_stay(ports, stay.id, "U_BEN", replace(pick, accepted=1))
    assert [pin.code.lock_id for pin in done.cost] == [ids[0]]
    await run(ports, stay.id)
    old, new = await codes(ports, stay.id)
    assert (old.status, old.lock_id) == (CodeStatus.WITHDRAWN, ids[0])
    assert (new.status, new.lock_id, new.replaces) == (CodeStatus.SHARED, ids[1], old.id)
    pins = standing([old, new], [], ports.clock.now())
    assert [pin.code.id for pin in pins.earlier] == [old.id]
    assert [pin.code.id for pin in pins.guests] == [new.id]
    assert await texts(ports, stay.id) == [("pin", False), ("pin", True)]
    found = await find_stay(ports, stay.short_id, "U_ADA")
    words = shown(found.request, found.guest, found.locks, found.codes, (), (), found.now, found.left)
    assert f"PIN number 1 still opens {found.left[0].name} until" in words
    gone = await withdraw(at(ports, 1), stay.id, "U_BEN")
    assert [code.id for code in gone.open] == [old.id, new.id]
    assert found.left[0].name in gone.lock.name
    await run(at(ports, 41), stay.id)
    assert {code.status for code in await codes(ports, stay.id)} == {CodeStatus.ENDED}


async def test_one_door_of_two_is_exchanged_and_the_other_is_left_alone(ports: Ports) -> None:
    stay, ids = await a_texted_stay(ports, doors=2), await doors(ports)
    before = await codes(ports, stay.id)
    done = await change_stay(ports, stay.id, "U_BEN", elsewhere(ports, 0, 40, ids[1], ids[2], accepted=1))
    assert done.request.lock_ids == (ids[2], ids[1]), "the new one stands where one was left"
    await run(ports, stay.id)
    _, kept, new = await codes(ports, stay.id)
    assert (kept.id, kept.status, kept.part) == (before[1].id, CodeStatus.SHARED, 1)
    assert (new.lock_id, new.part, new.status) == (ids[2], 0, CodeStatus.SHARED)
    assert (await texts(ports, stay.id))[-1] == ("pin", False), "the one that stays is not to be forgotten"


async def test_doors_are_added_and_left_out(ports: Ports) -> None:
    stay, ids = await a_texted_stay(ports), await doors(ports)
    await change_stay(ports, stay.id, "U_BEN", elsewhere(ports, 0, 40, *ids[:3]))
    await run(ports, stay.id)
    made = await codes(ports, stay.id)
    assert [(code.lock_id, code.part, code.status) for code in made] == [
        (each, part, CodeStatus.SHARED) for part, each in enumerate(ids[:3])
    ]
    more = elsewhere(ports, 0, 40, *ids[:4], seen=1)
    if len(ids) > 3:
        assert await outcome_of(change_stay(ports, stay.id, "U_BEN", more)) is Reason.TOO_MANY_DOORS
    seen = await preview_change(ports, stay.id, "U_ADA", lambda _: (window(ports, 0, 40), frozenset()), 1, [ids[1]])
    assert (len(seen.cost), seen.makes, seen.refusal) == (2, False, None)
    await change_stay(ports, stay.id, "U_ADA", elsewhere(ports, 0, 40, ids[1], seen=1, accepted=2))
    await run(ports, stay.id)
    after = await codes(ports, stay.id)
    assert [code.part for code in after] == [DOOR_LEFT, 1, DOOR_LEFT]
    pins = standing(after, [], ports.clock.now())
    assert [pin.code.lock_id for pin in pins.current] == [ids[1]]
    assert len(pins.earlier) == 2
    assert (await texts(ports, stay.id))[-1] == ("moved_same_pin", False)
    assert await outcome_of(replace_pin(ports, after[0].id, "U_BEN")) is Reason.ALREADY_REPLACED
    # Back again: the PIN that was left there opens besides the new one.
    await change_stay(ports, stay.id, "U_BEN", elsewhere(ports, 0, 40, ids[1], ids[0], seen=2))
    await run(ports, stay.id)
    assert (await codes(ports, stay.id))[-1].status is CodeStatus.SHARED


async def test_another_door_is_never_within_what_was_approved(ports: Ports) -> None:
    stay, ids = await a_stay(ports), await doors(ports)
    with pytest.raises(Refusal) as refused:
        await change_stay(ports, stay.id, "U_ADA", elsewhere(ports, 72, 112, ids[1]))
    assert (refused.value.reason, refused.value.facts["who"]) == (Reason.BEYOND_APPROVED, ("U_BEN", "U_CARA"))
    async with ports.store() as uow:
        names = {lock.id: lock.name for lock in await uow.locks.all()}
    ruled = replace(ONE, rules=(Rule(("U_CARA",), locks=(names[ids[1]],), name="hers"),))
    theirs = replace(ports, rules=ruled)
    assert (
        await outcome_of(change_stay(theirs, stay.id, "U_BEN", elsewhere(ports, 72, 112, ids[1])))
        is Reason.BEYOND_APPROVED
    )
    alone = replace(ports, rules=replace(ONE, rules=(Rule(("U_BEN",), automatic=True, locks=(names[ids[1]],)),)))
    await change_stay(alone, stay.id, "U_ADA", elsewhere(ports, 72, 112, ids[1]))
    assert (await kept(ports, stay.id)).lock_ids == (ids[1],)


async def test_no_such_door_the_same_door_and_a_full_one(ports: Ports) -> None:
    stay, ids = await a_stay(ports), await doors(ports)
    assert await outcome_of(change_stay(ports, stay.id, "U_BEN", elsewhere(ports, 72, 112, "L"))) is Reason.UNKNOWN_LOCK
    same = await outcome_of(change_stay(ports, stay.id, "U_BEN", elsewhere(ports, 72, 112, ids[0])))
    assert same is Reason.NOTHING_TO_CHANGE
    for number in range(3):
        phone, time = Phone(f"+3363998555{number}"), window(ports, 72, 112)
        await ask_for_pin(ports, PinRequest("U_ADA", (ids[1],), "Ana", phone, time, ports.new_id()))
        async with ports.store() as uow:
            other = (await uow.requests.of_requester("U_ADA", 1))[0]
        await decide_request(ports, other.id, "U_BEN", approved=True)
    before = await codes(ports, stay.id)
    with pytest.raises(Refusal) as refused:
        await change_stay(ports, stay.id, "U_BEN", elsewhere(ports, 72, 112, ids[0], ids[1]))
    assert (refused.value.reason, bool(refused.value.offers)) == (Reason.SLOT_FULL, True)
    assert await codes(ports, stay.id) == before
    assert await kept(ports, stay.id) == stay


async def test_a_chain_goes_on_at_another_door_from_this_hour(ports: Ports) -> None:
    stay, ids = await a_stay(ports, 0, 60, chain=True), await doors(ports)
    await run(ports, stay.id)
    later = at(ports, 3)
    pick = NewTime(window(ports, 0, 60), "d", 0, 1, (ids[1],))
    await change_stay(later, stay.id, "U_BEN", pick)
    await run(later, stay.id)
    every_code = await codes(ports, stay.id)
    pins = standing(every_code, [], later.clock.now())
    assert {pin.code.lock_id for pin in pins.current} == {ids[1]}
    assert [pin.code.part for pin in pins.current] == [0, 1, 2]
    assert pins.current[0].code.window.starts_at == hour(later, 0)
    assert [pin.code.lock_id for pin in pins.earlier] == [ids[0]]


async def test_a_stay_on_arrival_waits_at_its_new_door(ports: Ports) -> None:
    stay, ids = await a_stay(ports, 10, 50, on_arrival=True), await doors(ports)
    await run(ports, stay.id)
    await change_stay(ports, stay.id, "U_BEN", elsewhere(ports, 10, 50, ids[1], ids[2]))
    await run(ports, stay.id)
    _, *new = await codes(ports, stay.id)
    assert [(code.lock_id, code.on_arrival, code.status) for code in new] == [
        (each, True, CodeStatus.RESERVED) for each in ids[1:3]
    ]
    assert [name for name, _ in await texts(ports, stay.id)] == ["on_arrival", "on_arrival"]


async def test_two_managers_exchange_the_door_at_once(ports: Ports) -> None:
    stay, ids = await a_stay(ports), await doors(ports)
    came = await asyncio.gather(
        outcome_of(change_stay(ports, stay.id, "U_CARA", elsewhere(ports, 72, 112, ids[1]))),
        outcome_of(change_stay(ports, stay.id, "U_BEN", elsewhere(ports, 72, 112, ids[2]))),
    )
    assert came.count(Reason.CHANGED_MEANWHILE) == 1
    alive = [code for code in await codes(ports, stay.id) if code.status is CodeStatus.RESERVED]
    assert [code.lock_id for code in alive] == list((await kept(ports, stay.id)).lock_ids)


# --- beyond what was approved ----------------------------------------------------------------------------------------


async def questions(ports: Ports, request_id: str) -> list[WantedChange]:
    async with ports.store() as uow:
        return wanted_changes(await uow.messages.of_request(request_id))


async def answered(ports: Ports, request_id: str, to: str) -> list[tuple[str, str]]:
    """Notices to one person: the word, and what came of it."""
    async with ports.store() as uow:
        found = await uow.messages.of_request(request_id)
    kinds = ("changed", "change_answered")
    return [(m.phrase, m.facts.get("outcome", "")) for m in found if m.recipient == to and m.phrase in kinds]


async def overtaken_by(doing: object) -> object:
    with pytest.raises(Refusal) as refused:
        await doing  # type: ignore[misc]
    assert refused.value.reason is Reason.CHANGE_OVERTAKEN
    return refused.value.facts["status"]


async def test_a_change_beyond_is_kept_and_planned_anew(ports: Ports, database: Database) -> None:
    stay, ids = await a_stay(ports), await doors(ports)
    pick = elsewhere(ports, 70, 120, ids[1])
    seen = await preview_change(ports, stay.id, "U_ADA", lambda _: (pick.window, frozenset()), None, [ids[1]])
    assert (seen.asks, seen.refusal) == (("U_BEN", "U_CARA"), None)
    sent = await want_change(ports, stay.id, "U_ADA", pick)
    assert sent.lapses_at == hour(ports, 70)
    await want_change(ports, stay.id, "U_ADA", pick)
    await want_change(ports, stay.id, "U_ADA", replace(pick, delivery="another"))
    (one,) = await questions(ports, stay.id)
    assert (one.window, one.lock_ids, one.by) == (pick.window, (ids[1],), "U_ADA")
    assert (await kept(ports, stay.id)).lock_ids == (ids[0],)
    assert await outcome_of(decide_change(ports, one.id, "U_EVE", agreed=True)) is Reason.NOT_AN_APPROVER
    assert await outcome_of(decide_change(ports, one.id, "U_ADA", agreed=True)) is Reason.OWN_REQUEST
    assert await outcome_of(decide_change(ports, stay.id, "U_BEN", agreed=True)) is Reason.UNKNOWN_REQUEST
    came = await asyncio.gather(
        outcome_of(decide_change(ports, one.id, "U_BEN", agreed=True)),
        outcome_of(decide_change(ports, one.id, "U_CARA", agreed=False)),
    )
    assert came.count(Reason.CHANGE_OVERTAKEN) == 1
    after, (settled,) = await kept(ports, stay.id), await questions(ports, stay.id)
    agreed = settled.outcome == "yes"
    assert (after.lock_ids, after.due_at) == ((ids[1] if agreed else ids[0],), None)
    assert await answered(ports, stay.id, "U_ADA") == [("change_answered", settled.outcome)]
    assert (await audited(database, stay.id))[-1][1] in ("change_agreed", "change_denied")


async def test_what_overtakes_a_question(ports: Ports) -> None:
    stay, ids = await a_stay(ports), await doors(ports)
    await want_change(ports, stay.id, "U_ADA", elsewhere(ports, 72, 112, ids[1]))
    await want_change(ports, stay.id, "U_ADA", elsewhere(ports, 72, 112, ids[2]))
    first, second = await questions(ports, stay.id)
    assert await overtaken_by(decide_change(ports, first.id, "U_BEN", agreed=True)) == "newer"
    await change_stay(ports, stay.id, "U_ADA", chosen(ports, 80, 112))
    assert await overtaken_by(decide_change(ports, second.id, "U_BEN", agreed=False)) == "changed"
    await want_change(ports, stay.id, "U_ADA", elsewhere(ports, 80, 112, ids[1], seen=1))
    third = (await questions(ports, stay.id))[-1]
    late = at(ports, 80.1)
    assert await overtaken_by(decide_change(late, third.id, "U_BEN", agreed=True)) == "lapsed"
    for _ in range(2):
        await process_request(late, stay.id)
    assert (await questions(ports, stay.id))[-1].outcome == "lapsed"
    assert await answered(ports, stay.id, "U_ADA") == [("change_answered", "lapsed")]
    assert (await kept(ports, stay.id)).due_at is None
    await withdraw(ports, stay.id, "U_ADA")
    other = await a_stay(ports)
    await want_change(ports, other.id, "U_ADA", elsewhere(ports, 72, 112, ids[1]))
    (given_up,) = await questions(ports, other.id)
    await withdraw(ports, other.id, "U_ADA")
    refused = await outcome_of(decide_change(ports, given_up.id, "U_BEN", agreed=True))
    assert refused is Reason.NOTHING_TO_CHANGE
    await process_request(at(ports, 80), other.id)
    assert (await questions(ports, other.id))[-1].outcome == "", "it was given up, and nobody is told that it lapsed"


async def test_where_nobody_can_decide_nothing_is_asked(ports: Ports) -> None:
    stay, ids = await a_stay(ports), await doors(ports)
    pick = elsewhere(ports, 72, 112, ids[1])
    for approvers, needed in ((("U_ADA",), 1), (("U_BEN",), 2), (("U_ADA", "U_BEN", "sms:Eva"), 2)):
        few = replace(ports, rules=Rules(Rule(approvers, needed), reminders=ApproverReminders(())))
        assert await outcome_of(want_change(few, stay.id, "U_ADA", pick)) is Reason.BEYOND_APPROVED
    assert await questions(ports, stay.id) == []
    assert await overtaken_by(want_change(ports, stay.id, "U_BEN", pick)) == "yours"


def needing(ports: Ports, needed: int, *approvers: str) -> Ports:
    return replace(ports, rules=Rules(Rule(approvers, needed), reminders=ApproverReminders(())))


async def test_where_two_are_needed_two_agree(ports: Ports, database: Database) -> None:
    two = needing(ports, 2, "U_BEN", "U_CARA", "U_DAN")
    stay, ids = await a_stay(ports), await doors(ports)
    sent = await want_change(two, stay.id, "U_ADA", elsewhere(ports, 72, 112, ids[1]))
    assert (sent.whom, sent.needed) == (("U_BEN", "U_CARA", "U_DAN"), 2)
    (one,) = await questions(ports, stay.id)
    assert await outcome_of(decide_change(two, one.id, "U_ADA", agreed=True)) is Reason.OWN_REQUEST
    await decide_change(two, one.id, "U_BEN", agreed=True)
    for _ in range(2):
        assert await outcome_of(decide_change(two, one.id, "U_BEN", agreed=True)) is Reason.APPROVED_BY_YOU
    (half,) = await questions(ports, stay.id)
    assert (half.agreed, half.outcome, (await kept(ports, stay.id)).lock_ids) == (("U_BEN",), "", (ids[0],))
    came = await asyncio.gather(
        outcome_of(decide_change(two, one.id, "U_CARA", agreed=True)),
        outcome_of(decide_change(two, one.id, "U_DAN", agreed=True)),
    )
    assert sorted(map(str, came)) == sorted(map(str, (None, Reason.CHANGE_OVERTAKEN)))
    assert (await kept(ports, stay.id)).lock_ids == (ids[1],)
    assert await answered(ports, stay.id, "U_ADA") == [("change_answered", "yes")]
    said = [what for _, what in await audited(database, stay.id)]
    assert said.count("change_agreed") == 2


async def test_the_first_two_of_three_at_the_same_moment(ports: Ports) -> None:
    three = needing(ports, 3, "U_BEN", "U_CARA", "U_DAN")
    stay, ids = await a_stay(ports), await doors(ports)
    await want_change(three, stay.id, "U_ADA", elsewhere(ports, 72, 112, ids[1]))
    (one,) = await questions(ports, stay.id)
    await asyncio.gather(*(decide_change(three, one.id, who, agreed=True) for who in ("U_BEN", "U_CARA")))
    (half,) = await questions(ports, stay.id)
    assert set(half.agreed) == {"U_BEN", "U_CARA"}
    async with ports.store() as uow:
        notes = [m.facts for m in await uow.messages.of_request(stay.id) if m.phrase == "taken"]
    assert [(len(facts["agreed"].split(",")), facts["missing"]) for facts in notes] == [(1, "2"), (2, "1")]
    await decide_change(three, one.id, "U_DAN", agreed=True)
    assert (await kept(ports, stay.id)).lock_ids == (ids[1],)


async def test_one_no_is_enough_where_two_are_needed(ports: Ports) -> None:
    two = needing(ports, 2, "U_BEN", "U_CARA")
    stay, ids = await a_stay(ports), await doors(ports)
    await want_change(two, stay.id, "U_ADA", elsewhere(ports, 72, 112, ids[1]))
    (one,) = await questions(ports, stay.id)
    await decide_change(two, one.id, "U_BEN", agreed=True)
    await decide_change(two, one.id, "U_BEN", agreed=False)
    (settled,) = await questions(ports, stay.id)
    assert (settled.outcome, settled.decided_by) == ("no", "U_BEN")
    assert await outcome_of(decide_change(two, one.id, "U_CARA", agreed=True)) is Reason.CHANGE_OVERTAKEN
    assert (await kept(ports, stay.id)).lock_ids == (ids[0],)


async def test_an_approver_who_asks_has_said_so_already(ports: Ports) -> None:
    two = needing(ports, 2, "U_BEN", "U_CARA")
    stay, ids = await a_stay(ports), await doors(ports)
    sent = await want_change(two, stay.id, "U_BEN", elsewhere(ports, 72, 112, ids[1]))
    assert (sent.whom, sent.needed) == (("U_CARA",), 1)
    (one,) = await questions(ports, stay.id)
    assert await outcome_of(decide_change(two, one.id, "U_BEN", agreed=True)) is Reason.APPROVED_BY_YOU
    await decide_change(two, one.id, "U_CARA", agreed=True)
    assert (await kept(ports, stay.id)).lock_ids == (ids[1],)


async def test_whoever_agreed_and_may_decide_no_more_does_not_count(ports: Ports) -> None:
    stay, ids = await a_stay(ports), await doors(ports)
    before = needing(ports, 2, "U_BEN", "U_CARA", "U_EVE")
    await want_change(before, stay.id, "U_ADA", elsewhere(ports, 72, 112, ids[1]))
    (one,) = await questions(ports, stay.id)
    await decide_change(before, one.id, "U_EVE", agreed=True)
    after = needing(ports, 2, "U_BEN", "U_CARA")
    await decide_change(after, one.id, "U_CARA", agreed=True)
    assert (await kept(ports, stay.id)).lock_ids == (ids[0],)
    await decide_change(after, one.id, "U_BEN", agreed=True)
    assert (await kept(ports, stay.id)).lock_ids == (ids[1],)


async def test_a_pin_that_was_made_meanwhile_and_a_door_that_is_full(ports: Ports) -> None:
    stay, ids = await a_texted_stay(ports), await doors(ports)
    await want_change(ports, stay.id, "U_ADA", elsewhere(ports, 0, 40, ids[1]))
    (one,) = await questions(ports, stay.id)
    assert one.lapses_at == stay.granted.ends_at
    for number in range(3):
        phone, time = Phone(f"+3363998555{number}"), window(ports, 0, 40)
        await ask_for_pin(ports, PinRequest("U_ADA", (ids[1],), "Ana", phone, time, ports.new_id()))
        async with ports.store() as uow:
            other = (await uow.requests.of_requester("U_ADA", 1))[0]
        await decide_request(ports, other.id, "U_BEN", approved=True)
    assert await outcome_of(decide_change(ports, one.id, "U_BEN", agreed=True)) is Reason.SLOT_FULL
    await decide_change(at(ports, 1), one.id, "U_CARA", agreed=True)
    old, new = await codes(ports, stay.id)
    assert (old.status, new.lock_id, new.window.starts_at) == (CodeStatus.WITHDRAWN, ids[1], hour(ports, 1))
