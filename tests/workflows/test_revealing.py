"""Looking at a PIN and hiding it again, on real rows of both kinds of database: written before it is shown, once
however often it is delivered, and hidden whatever happens to us or to Slack."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.approvals.revealing import MOST_LOOKS, Reveal, Secret
from bot.domain.messages.notice import Notice
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode
from bot.ports import Clock, Gone, Misconfigured, OutcomeUnknown, Ports, ProviderError, Rejected, Subject, Unavailable
from bot.processes.clock import sweep
from bot.workflows.decide_request import decide_request
from bot.workflows.find_stay import find_stay
from bot.workflows.hide_pin import hide_pin
from bot.workflows.process_code import process_code
from bot.workflows.reveal_pin import Revealed, RevealRequest, ask_to_reveal, reveal_pin
from bot.workflows.withdraw import withdraw
from storage.audit_tables import AuditEntryRow
from storage.engine import open_database
from tests.benchmarks.ports import InstantChat, installation
from tests.workflows.test_giving_up import a_request, a_shared_pin

MINUTE = timedelta(minutes=1)


@dataclass
class Windows(InstantChat):
    """What was covered; `errors` come first."""

    errors: list[ProviderError] = field(default_factory=list)
    covered: list[tuple[str, Notice]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    async def cover(self, place: str, notice: Notice, *, workspace: str = "") -> None:
        await asyncio.sleep(0.01)
        if self.errors:
            raise self.errors.pop(0)
        self.covered.append((place, notice))


@dataclass
class Town:
    """The core with windows that can be looked into, and a clock that the test moves."""

    url: str
    real: Ports
    windows: Windows
    ahead: timedelta = timedelta()

    @property
    def ports(self) -> Ports:
        clock = Clock(lambda: self.real.clock.now() + self.ahead, lambda: self.real.clock.wall() + self.ahead)
        return replace(self.real, chat=self.windows, clock=clock)

    async def look(self, code: AccessCode, place: str = "V1", person: str = "U_BEN") -> Revealed | None:
        return await reveal_pin(self.ports, code.request_id, RevealRequest(person, "the guest lost it", place))

    async def row(self, place: str = "V1") -> Reveal:
        async with self.ports.store() as uow:
            found = await uow.reveals.at_place(place)
        assert found is not None
        return found

    async def entries(self, what: str) -> list[AuditEntryRow]:
        database = open_database(self.url)
        async with database.engine.connect() as connection:
            table = AuditEntryRow.__table__  # type: ignore[attr-defined]
            rows = (await connection.execute(select(table).where(table.c.what == what).order_by(table.c.id))).all()
        await database.engine.dispose()
        return list(rows)

    async def said(self, code: AccessCode, phrase: str) -> list[dict[str, str]]:
        async with self.ports.store() as uow:
            return [dict(m.facts) for m in await uow.messages.of_request(code.request_id) if m.phrase == phrase]


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with installation(database_url) as (ports, _queue, _texter):
        yield Town(database_url, ports, Windows())


async def pin_of(ports: Ports, code: AccessCode) -> str:
    async with ports.store() as uow:
        pin = await uow.codes.pin(code.id)
    assert pin is not None
    return pin.digits


async def test_the_look_is_written_and_the_digits_are_not(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    digits = await pin_of(town.ports, code)
    wanted = RevealRequest("U_BEN", f"is it {digits}? " + "x" * 400, "V1")
    seen = await reveal_pin(town.ports, code.request_id, wanted)
    assert seen is not None
    assert seen.pin.digits == digits
    assert digits not in repr(seen)
    assert (await town.row()).due_at == (await town.row()).at + MINUTE
    (entry,) = await town.entries("revealed")
    assert (entry.actor, entry.subject) == ("U_BEN", code.id)
    assert entry.facts["why"].startswith("is it •••? xxx")
    assert len(entry.facts["why"]) == 200
    (reported,) = await town.said(code, "revealed")
    assert reported == {"by": "U_BEN", "reason": entry.facts["why"]}


async def test_delivered_five_times_at_once_it_is_written_once(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    seen = await asyncio.gather(*(town.look(code) for _ in range(5)))
    assert {one.pin.digits for one in seen if one} == {await pin_of(town.ports, code)}
    assert None not in seen
    assert len(await town.entries("revealed")) == len(await town.said(code, "revealed")) == 1


async def test_a_window_has_one_minute_and_one_person(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    assert await town.look(code)
    assert await town.look(code)
    both = replace(town.ports, rules=replace(town.ports.rules, may_reveal=("U_BEN", "U_DORA")))
    assert await reveal_pin(both, code.request_id, RevealRequest("U_DORA", "me too", "V1")) is None
    assert await reveal_pin(both, code.request_id, RevealRequest("U_DORA", "me too", "V-Dora"))
    town.ahead = timedelta(seconds=61)
    assert await town.look(code) is None
    assert [entry.actor for entry in await town.entries("revealed")] == ["U_BEN", "U_DORA"]
    with pytest.raises(Refusal) as no:
        await town.look(code, "V2", "U_ADA")
    assert no.value.reason is Reason.MAY_NOT_REVEAL


async def test_who_may_not_is_written_down_too(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    for person in ("U_ADA", "U_MALLORY"):
        with pytest.raises(Refusal) as no:
            await ask_to_reveal(town.ports, code.request_id, person)
        assert no.value.reason is Reason.MAY_NOT_REVEAL
        with pytest.raises(Refusal):
            await town.look(code, f"V-{person}", person)
    refused = await town.entries("reveal_refused")
    assert [(e.actor, e.facts["because"]) for e in refused] == [
        ("U_ADA", "may_not_reveal"),
        ("U_ADA", "may_not_reveal"),
        ("U_MALLORY", "may_not_reveal"),
        ("U_MALLORY", "may_not_reveal"),
    ]
    assert await town.entries("revealed") == []
    assert await town.said(code, "revealed") == []


async def test_nothing_to_see_is_said_as_it_is(town: Town) -> None:
    pending = await a_request(town.ports)
    with pytest.raises(Refusal) as no:
        await ask_to_reveal(town.ports, pending.id, "U_BEN")
    assert no.value.facts["status"] == "not approved"
    code = await a_shared_pin(town.ports)
    town.ahead = timedelta(hours=24)
    assert await town.look(code, "V-unconfirmed"), "it may open: whoever deletes it at the lock has to know it"
    town.ahead = timedelta(hours=60)
    for doing in (ask_to_reveal(town.ports, code.request_id, "U_BEN"), town.look(code)):
        with pytest.raises(Refusal) as no:
            await doing
        assert no.value.facts["status"] == "ended"
    assert len(await town.entries("reveal_refused")) == 3
    with pytest.raises(Refusal) as no:
        await ask_to_reveal(town.ports, "nothing", "U_BEN")
    assert no.value.reason is Reason.UNKNOWN_REQUEST


async def test_ten_looks_an_hour(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    for n in range(MOST_LOOKS):
        assert await town.look(code, f"V{n}")
        assert await town.look(code, f"V{n}")  # Slack delivers it again: the same look
    for doing in (ask_to_reveal(town.ports, code.request_id, "U_BEN"), town.look(code, "V-more")):
        with pytest.raises(Refusal) as no:
            await doing
        assert no.value.reason is Reason.TOO_MANY_LOOKS
    assert await town.look(code, "V3"), "what is still shown is still shown"
    town.ahead = timedelta(minutes=61)
    assert await town.look(code, "V-later")


async def test_a_minute_later_the_clock_has_it_hidden(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    await town.look(code)
    row = await town.row()
    assert await swept(town) == set()
    await hide_pin(town.ports, row.id)
    assert town.windows.covered == []
    town.ahead = timedelta(seconds=60)
    assert await swept(town) == {row.id}
    await asyncio.gather(*(hide_pin(town.ports, row.id) for _ in range(4)))
    ((place, notice),) = town.windows.covered
    assert (place, notice.heading) == ("V1", "PIN hidden")
    assert await pin_of(town.ports, code) not in str(notice).replace(" ", "")
    assert (await town.row()).hidden_at is not None
    assert await swept(town) == set()
    assert [e.facts for e in await town.entries("hidden")] == [{"person": "U_BEN"}]


async def swept(town: Town) -> set[str]:
    """The looks that the clock finds due."""
    found: list[tuple[Subject, str]] = []

    async def put(nudges: list[tuple[Subject, str]]) -> None:
        found.extend(nudges)

    await sweep(town.ports, put)
    return {row for subject, row in found if subject is Subject.REVEAL}


@pytest.mark.parametrize("error", [Unavailable("-"), Unavailable("-", 7.0), OutcomeUnknown("-"), Misconfigured("-")])
async def test_slacks_errors_only_moves_the_next_try(town: Town, error: ProviderError) -> None:
    code = await a_shared_pin(town.ports)
    await town.look(code)
    row, town.ahead = await town.row(), MINUTE
    town.windows.errors = [error]
    await hide_pin(town.ports, row.id)
    due = (await town.row()).due_at
    assert due is not None
    assert (await town.row()).hidden_at is None
    town.ahead = due - row.at + timedelta(seconds=1)
    assert await swept(town) == {row.id}
    await hide_pin(town.ports, row.id)
    assert [place for place, _ in town.windows.covered] == ["V1"]
    assert (await town.row()).hidden_at is not None


async def test_a_window_that_was_closed_is_hidden(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    await town.look(code)
    town.ahead, town.windows.errors = MINUTE, [Gone("-")]
    await hide_pin(town.ports, (await town.row()).id)
    assert (await town.row()).hidden_at is not None


async def test_what_slack_refuses_for_good_is_given_up(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    await town.look(code)
    town.windows.errors = [Rejected("-")] * 100
    tries = 0
    while (await town.row()).due_at is not None:
        town.ahead, tries = town.ahead + timedelta(minutes=6), tries + 1
        await hide_pin(town.ports, (await town.row()).id)
    assert tries == 12
    assert (await town.row()).hidden_at is None


async def test_another_takes_over_what_a_dead_worker_had_in_hand(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    await town.look(code)
    row, town.ahead = await town.row(), MINUTE
    now, lease = town.ports.clock.now(), town.ports.options.lease
    async with town.ports.store() as uow:  # claimed, and then the process dies
        await uow.reveals.save(replace(row, claimed_until=town.ports.clock.wall() + lease, due_at=now + lease))
    await hide_pin(town.ports, row.id)
    assert town.windows.covered == []
    town.ahead += lease + timedelta(seconds=1)
    assert await swept(town) == {row.id}
    await hide_pin(town.ports, row.id)
    assert len(town.windows.covered) == 1


async def test_another_pin_is_another_look(town: Town) -> None:
    """Replaced while the window is open: what is delivered again does not show the new one under the old look."""
    code = await a_shared_pin(town.ports)
    await town.look(code)
    async with town.ports.store() as uow:
        pin = await uow.codes.pin(code.id)
        assert pin is not None
        slot = replace(code.slot, index=code.slot.index + 1)
        newer = replace(code, id=town.ports.new_id(), slot=slot, replaces=code.id, version=0)
        await uow.codes.add(newer)
        await uow.codes.save(newer, pin)
    assert await town.look(code) is None
    assert len(await town.entries("revealed")) == 1


async def test_whom_the_rules_name_finds_the_stay_to_look_at_and_no_other(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    named = replace(town.ports, rules=replace(town.ports.rules, may_reveal=("U_DORA",)))
    stay = await find_stay(named, "cleo", "U_DORA", to_reveal=True)
    assert stay.request.id == code.request_id
    assert (await find_stay(named, stay.request.short_id, "U_DORA", to_reveal=True)).request == stay.request
    for ports, person, to_reveal in (
        (named, "U_DORA", False),
        (named, "U_MALLORY", True),
        (town.ports, "U_DORA", True),
    ):
        for words in ("cleo", "cle", stay.request.short_id):
            with pytest.raises(Refusal) as no:
                await find_stay(ports, words, person, to_reveal=to_reveal)
            assert (no.value.reason, no.value.facts["known"]) == (Reason.UNKNOWN_STAY, ())


async def test_a_withdrawn_pin_can_still_be_seen(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    await withdraw(town.ports, code.request_id, "U_ADA")
    await process_code(town.ports, code.id)
    seen = await town.look(code)
    assert seen is not None
    assert seen.sight.code.status.value == "withdrawn"


# --- the guest's number, which goes the same way --------------------------------------------------------------------


async def number(town: Town, request_id: str, place: str = "N1", person: str = "U_BEN") -> Revealed | None:
    wanted = RevealRequest(person, "call +33 6 39 98 12 34 about 4815", place, Secret.NUMBER)
    return await reveal_pin(town.ports, request_id, wanted)


async def test_a_number_is_looked_at_as_a_pin_is(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    assert (await ask_to_reveal(town.ports, code.id, "U_BEN", Secret.NUMBER)).guest.name == "Cleo"
    seen = await asyncio.gather(*(number(town, code.request_id) for _ in range(4)))
    assert {one.sight.guest.phone.e164 for one in seen if one} == {"+33639981234"}
    assert {one.pin for one in seen if one} == {None}
    assert "39981234" not in repr(seen)
    (entry,) = await town.entries("revealed")
    assert (entry.actor, entry.subject) == ("U_BEN", code.request_id)
    assert entry.facts == {"why": "call ••• about •••", "of": "number"}
    assert await town.said(code, "revealed") == [{"by": "U_BEN", "reason": "call ••• about •••", "of": "number"}]
    row = await town.row("N1")
    town.ahead = MINUTE
    assert await swept(town) == {row.id}
    await hide_pin(town.ports, row.id)
    ((place, notice),) = town.windows.covered
    assert (place, notice.heading) == ("N1", "Number hidden")
    (hidden,) = await town.entries("hidden")
    assert (hidden.subject, hidden.facts) == (code.request_id, {"person": "U_BEN"})
    assert await number(town, code.request_id) is None, "this window has had its minute"


async def test_one_window_shows_one_thing(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    assert await number(town, code.request_id, "V1")
    assert await town.look(code, "V1") is None
    assert await town.look(code, "V2")
    assert await number(town, code.request_id, "V2") is None


async def test_pins_and_numbers_count_together(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    for n in range(MOST_LOOKS):
        assert await (number(town, code.request_id, f"V{n}") if n % 2 else town.look(code, f"V{n}"))
    for doing in (number(town, code.request_id, "V-more"), town.look(code, "V-too")):
        with pytest.raises(Refusal) as no:
            await doing
        assert no.value.reason is Reason.TOO_MANY_LOOKS


async def test_who_may_not_see_the_pin_does_not_see_the_number(town: Town) -> None:
    code = await a_shared_pin(town.ports)
    for person in ("U_ADA", "U_MALLORY"):
        for doing in (
            ask_to_reveal(town.ports, code.request_id, person, Secret.NUMBER),
            number(town, code.request_id, f"N-{person}", person),
        ):
            with pytest.raises(Refusal) as no:
                await doing
            assert no.value.reason is Reason.MAY_NOT_REVEAL
    refused = await town.entries("reveal_refused")
    assert {(e.actor, e.facts["because"], e.facts["of"]) for e in refused} == {
        ("U_ADA", "may_not_reveal", "number"),
        ("U_MALLORY", "may_not_reveal", "number"),
    }
    named = replace(town.ports, rules=replace(town.ports.rules, may_reveal=("requester",)))
    assert (await ask_to_reveal(named, code.request_id, "U_ADA", Secret.NUMBER)).guest.phone.e164 == "+33639981234"


async def test_a_number_is_there_before_and_after_its_pin(town: Town) -> None:
    pending = await a_request(town.ports)
    with pytest.raises(Refusal) as no:
        await number(town, pending.id)
    assert (no.value.reason, no.value.facts["status"]) == (Reason.NOBODY_TO_CALL, "not approved")
    await decide_request(town.ports, pending.id, "U_BEN", approved=True)
    assert await number(town, pending.id, "N-before"), "no PIN yet: it may be overdue, and its guest on the way"
    code = await a_shared_pin(town.ports)
    await withdraw(town.ports, code.request_id, "U_ADA")
    assert await number(town, code.request_id, "N-withdrawn")
    town.ahead = timedelta(days=30)
    with pytest.raises(Refusal) as no:
        await number(town, code.request_id, "N-after")
    assert no.value.facts["status"] == "ended"
