"""Online PINs on real rows of both kinds of database: asked for once, told truly, and their digits never said."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.conversation.team.notices import Word, notice
from bot.domain.locks.online_pins import LATE_AFTER, OnlinePin, OnlineStatus
from bot.domain.messages.message import Message
from bot.domain.pins import Pin
from bot.domain.planning.ledger import LIVE_LIMIT
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow
from bot.ports import (
    LockSeen,
    OnlineOrder,
    OnlineSeen,
    OutcomeUnknown,
    Ports,
    ProviderError,
    Rejected,
    Standing,
    Subject,
    Unavailable,
)
from bot.workflows.online_pin import Wish, attend_online_pin, change, erase, look_at_lock, program
from bot.workflows.sync_locks import sync_locks
from tests.benchmarks.ports import InstantLocks
from tests.due import due_rows
from tests.workflows.test_delivery_races import House, a_house

S = OnlineStatus
PENDING, SET, GONE = OnlineSeen("ac1"), OnlineSeen("ac1", Standing.SET), OnlineSeen("ac1", Standing.GONE)


class Doors(InstantLocks):
    async def locks(self) -> list[LockSeen]:
        return [LockSeen("B1", "Loft", "Europe/Paris", True, True), LockSeen("N1", "Gate", "Europe/Paris", True, False)]


@dataclass
class Bridge:
    """Answers each call with the next that was laid out for it, and keeps what it was asked."""

    answers: dict[str, list[OnlineSeen | ProviderError | None]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def program(self, order: OnlineOrder) -> OnlineSeen:
        return self._must("program", order.pin.digits)

    async def find(self, order: OnlineOrder) -> OnlineSeen | None:
        return self._said("find", order.pin.digits)

    async def change(self, ref: str, order: OnlineOrder) -> OnlineSeen:
        return self._must("change", order.pin.digits)

    async def erase(self, ref: str, order: OnlineOrder) -> OnlineSeen:
        return self._must("erase", ref)

    async def look(self, ref: str) -> OnlineSeen:
        return self._must("look", ref)

    def _must(self, what: str, about: str) -> OnlineSeen:
        seen = self._said(what, about)
        assert seen is not None
        return seen

    def _said(self, what: str, about: str) -> OnlineSeen | None:
        self.asked.append((what, about))
        laid_out = self.answers.get(what) or [SET]
        answer = laid_out.pop(0) if len(laid_out) > 1 else laid_out[0]
        if isinstance(answer, ProviderError):
            raise answer
        return answer


@dataclass
class Desk:
    made: House
    bridge: Bridge
    wishes: int = 0

    @property
    def ports(self) -> Ports:
        return self.made.ports

    async def lock_id(self, name: str = "Loft") -> str:
        async with self.ports.store() as work:
            return next(lock.id for lock in await work.locks.all() if lock.name == name)

    async def wants(
        self, digits: str = "4821", lock: str = "Loft", window: AccessWindow | None = None, delivery: str = ""
    ) -> None:
        self.wishes += 1
        delivery = delivery or f"d{self.wishes}"
        await program(self.ports, Wish(await self.lock_id(lock), "Cleaners", digits, window, "U_BEN", delivery))

    async def pins(self) -> list[OnlinePin]:
        return list((await look_at_lock(self.ports, await self.lock_id(), "U_BEN")).pins)

    async def pin(self) -> OnlinePin:
        (found,) = await self.pins()
        return found

    async def steps(self, seconds: int = 0, by: int = 1) -> None:
        """The worker takes whatever is due, twice at once; the clock goes on, `by` seconds at a time."""
        for _ in range(0, seconds + 1, by):
            async with self.ports.store() as work:
                due = await due_rows(work, Subject.ONLINE, self.ports.clock.now())
            await asyncio.gather(*(attend_online_pin(self.ports, one) for one in due * 2))
            self.made.move(seconds=by)

    async def told(self) -> list[str]:
        return [message.facts["outcome"] for message in await self.messages()]

    async def messages(self) -> list[Message]:
        async with self.ports.store() as work:
            found = [
                await work.messages.get(one) for one in await due_rows(work, Subject.MESSAGE, self.ports.clock.now())
            ]
        return [m for m in found if m is not None and m.phrase == Word.ONLINE_PIN.value]


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with a_house(database_url) as made:
        bridge = Bridge()
        made.ports = replace(made.ports, locks=Doors(), online=bridge)
        await sync_locks(made.ports)
        yield Desk(made, bridge)


async def test_set_changed_and_deleted(desk: Desk) -> None:
    desk.bridge.answers = {"program": [PENDING], "look": [PENDING, SET], "change": [PENDING], "erase": [PENDING]}
    await desk.wants()
    assert (await desk.pin()).status is S.SETTING
    await desk.steps(12)
    assert ((await desk.pin()).status, await desk.told()) == (S.LIVE, ["live"])
    await change(desk.ports, (await desk.pin()).id, "97 53", "U_BEN")
    await desk.steps(6)
    assert ((await desk.pin()).status, await desk.told()) == (S.LIVE, ["live", "changed"])
    desk.bridge.answers["look"] = [PENDING, GONE]
    held = await erase(desk.ports, (await desk.pin()).id, "U_BEN")
    assert await erase(desk.ports, held.id, "U_BEN") == held
    await desk.steps(8)
    assert (await desk.pins(), await desk.told()) == ([], ["live", "changed", "gone"])
    acts = [one for one in desk.bridge.asked if one[0] != "look"]
    assert acts == [("program", "4821"), ("change", "9753"), ("erase", "ac1")]
    for message in await desk.messages():
        shown = str(notice(Word(message.phrase), message.facts))
        assert "4821" not in shown
        assert "9753" not in shown
        assert message.recipient == "U_BEN"


async def test_a_lost_answer_is_looked_up(desk: Desk) -> None:
    desk.bridge.answers = {"program": [OutcomeUnknown("broke off")], "find": [SET]}
    await desk.wants()
    await desk.steps(int(desk.ports.house.lease.total_seconds()) + 20, by=20)
    assert (await desk.told(), [one[0] for one in desk.bridge.asked]) == (["live"], ["program", "find"])


async def test_a_lost_question_is_asked_again(desk: Desk) -> None:
    desk.bridge.answers = {"program": [OutcomeUnknown("broke off"), SET], "find": [None]}
    await desk.wants()
    await desk.steps(int(desk.ports.house.lease.total_seconds()) + 20, by=20)
    assert (await desk.told(), [one[0] for one in desk.bridge.asked]) == (["live"], ["program", "find", "program"])


async def test_a_provider_that_is_away_is_asked_later(desk: Desk) -> None:
    desk.bridge.answers = {"program": [Unavailable("away"), SET], "find": [None]}
    await desk.wants()
    await desk.steps(4)
    assert await desk.told() == ["live"]


async def test_what_is_refused_is_said(desk: Desk) -> None:
    desk.bridge.answers = {"program": [Rejected("no", "duplicate_access_code")]}
    await desk.wants()
    await desk.steps(3)
    (message,) = await desk.messages()
    words = notice(Word.ONLINE_PIN, message.facts)
    assert words.heading == "No online PIN was set for Cleaners"
    assert words.remarks == ("The lock holds these digits already: choose others. It does not open Loft.",)
    assert await desk.pins() == []


async def test_a_change_that_fails_leaves_the_old_digits(desk: Desk) -> None:
    await desk.wants()
    await desk.steps()
    desk.bridge.answers = {"change": [Rejected("no", "duplicate_access_code")]}
    pin = await desk.pin()
    await change(desk.ports, pin.id, "9753", "U_BEN")
    await desk.steps(3)
    assert ((await desk.pin()).status, await desk.told()) == (S.LIVE, ["live", "not_changed"])
    lock_id = await desk.lock_id()
    async with desk.ports.store() as work:
        assert await work.online.digits(pin.id) == Pin("4821")
        assert not await work.online.holds(lock_id, Pin("9753"), desk.ports.clock.now())


async def test_what_takes_long_is_told_once(desk: Desk) -> None:
    desk.bridge.answers = {
        "program": [PENDING],
        "look": [OnlineSeen("ac1", Standing.PENDING, "Its bridge is offline.")],
    }
    await desk.wants()
    await desk.steps(int(LATE_AFTER.total_seconds()) + 60, by=20)
    (late,) = await desk.messages()
    assert late.facts["outcome"] == "late"
    said = notice(Word.ONLINE_PIN, late.facts).remarks[0]
    assert said.startswith("Its bridge is offline. It goes on by itself")
    assert "Until then it does not open Loft." in said
    desk.bridge.answers["look"] = [SET]
    desk.made.move(minutes=6)
    await desk.steps()
    assert await desk.told() == ["late", "live"]


async def test_deleted_before_it_was_ever_sent(desk: Desk) -> None:
    await desk.wants()
    await erase(desk.ports, (await desk.pin()).id, "U_BEN")
    await desk.steps(2)
    assert (await desk.told(), desk.bridge.asked) == (["gone"], [])


async def test_deleted_elsewhere(desk: Desk) -> None:
    desk.bridge.answers = {"program": [PENDING], "look": [GONE]}
    await desk.wants()
    await desk.steps(4)
    assert (await desk.told(), await desk.pins()) == (["vanished"], [])


async def refusal(doing: object) -> Reason:
    with pytest.raises(Refusal) as trouble:
        await doing  # type: ignore[misc]
    return trouble.value.reason


async def test_refusals(desk: Desk) -> None:
    now = desk.ports.clock.now()
    over = AccessWindow(now - timedelta(hours=3), now - timedelta(hours=1))
    back = AccessWindow(now + timedelta(hours=3), now + timedelta(hours=1))
    assert await refusal(desk.wants("12")) is Reason.BAD_DIGITS
    assert await refusal(desk.wants("1234567")) is Reason.BAD_DIGITS
    assert await refusal(desk.wants("12a4")) is Reason.BAD_DIGITS
    assert await refusal(desk.wants(lock="Gate")) is Reason.NO_BRIDGE
    assert await refusal(desk.wants(window=over)) is Reason.ALREADY_OVER
    assert await refusal(desk.wants(window=back)) is Reason.ENDS_BEFORE_START
    await desk.wants("4821")
    assert await refusal(desk.wants("4821")) is Reason.DIGITS_TAKEN
    pin = await desk.pin()
    assert await refusal(change(desk.ports, pin.id, "9753", "U_BEN")) is Reason.ONLINE_PIN_BUSY
    assert await refusal(change(desk.ports, "nobody", "9753", "U_BEN")) is Reason.UNKNOWN_ONLINE_PIN
    await desk.steps()
    assert await refusal(change(desk.ports, pin.id, "4821", "U_BEN")) is Reason.DIGITS_TAKEN
    for doing in (change(desk.ports, pin.id, "9753", "U_ADA"), erase(desk.ports, pin.id, "U_ADA")):
        assert await refusal(doing) is Reason.MAY_NOT_UNLOCK


async def test_two_at_once_and_a_retry(desk: Desk) -> None:
    await asyncio.gather(desk.wants("4821", delivery="x"), desk.wants("4821", delivery="x"))
    assert len(await desk.pins()) == 1
    outcomes = await asyncio.gather(desk.wants("5555"), desk.wants("5555"), return_exceptions=True)
    assert [type(one) for one in outcomes if one is not None] == [Refusal]


async def test_counted_among_the_199_until_it_ends(desk: Desk) -> None:
    now, lock_id = desk.ports.clock.now(), await desk.lock_id()
    async with desk.ports.store() as work:
        for number in range(LIVE_LIMIT - 1):
            held = OnlinePin(f"p{number}", lock_id, "x", "U_BEN", "U_BEN", now, status=S.LIVE)
            await work.online.add(held, Pin(f"{number:06}"))
    window = AccessWindow(now, now + timedelta(hours=2))
    await desk.wants("999999", window=window)
    assert await refusal(desk.wants("888888")) is Reason.LOCK_FULL
    async with desk.ports.store() as work:
        held_now = await work.codes.holdings(lock_id, now)
        assert (held_now.live, held_now.next_end) == (LIVE_LIMIT, window.ends_at)
        assert (await work.codes.held(now))[lock_id] == LIVE_LIMIT
        assert (await work.codes.holdings(lock_id, window.ends_at)).live == LIVE_LIMIT - 1
    desk.made.move(hours=3)
    await desk.wants("888888")
