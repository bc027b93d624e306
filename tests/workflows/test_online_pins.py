"""Online PINs on real rows of both kinds of database: asked for once, told truly, and their digits never said."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.conversation.team.notices import NoticeKind, notice
from bot.domain.locks.online_pins import LATE_AFTER, OnlinePin, OnlineStatus
from bot.domain.messages.message import Message
from bot.domain.pins import Pin
from bot.domain.planning.ledger import LIVE_LIMIT
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow
from bot.ports import (
    LockInfo,
    OnlineOrder,
    OnlinePinInfo,
    OnlineState,
    OutcomeUnknown,
    Ports,
    ProviderError,
    Rejected,
    Subject,
    Unavailable,
)
from bot.workflows.online_pin import OnlinePinRequest, change, erase, look_at_lock, process_online_pin, program
from bot.workflows.sync_locks import sync_locks
from tests.benchmarks.ports import InstantLocks
from tests.due import due_rows
from tests.workflows.test_delivery_races import Installation, a_house

S = OnlineStatus
PENDING, SET, GONE = OnlinePinInfo("ac1"), OnlinePinInfo("ac1", OnlineState.SET), OnlinePinInfo("ac1", OnlineState.GONE)


class BridgedLocks(InstantLocks):
    async def locks(self) -> list[LockInfo]:
        return [LockInfo("B1", "Loft", "Europe/Paris", True, True), LockInfo("N1", "Gate", "Europe/Paris", True, False)]


@dataclass
class Bridge:
    """Answers each call with the next that was laid out for it, and keeps what it was asked."""

    answers: dict[str, list[OnlinePinInfo | ProviderError | None]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def program(self, order: OnlineOrder) -> OnlinePinInfo:
        return self._must("program", order.pin.digits)

    async def find(self, order: OnlineOrder) -> OnlinePinInfo | None:
        return self._said("find", order.pin.digits)

    async def change(self, ref: str, order: OnlineOrder) -> OnlinePinInfo:
        return self._must("change", order.pin.digits)

    async def erase(self, ref: str, order: OnlineOrder) -> OnlinePinInfo:
        return self._must("erase", ref)

    async def look(self, ref: str) -> OnlinePinInfo:
        return self._must("look", ref)

    def _must(self, what: str, about: str) -> OnlinePinInfo:
        seen = self._said(what, about)
        assert seen is not None
        return seen

    def _said(self, what: str, about: str) -> OnlinePinInfo | None:
        self.asked.append((what, about))
        laid_out = self.answers.get(what) or [SET]
        answer = laid_out.pop(0) if len(laid_out) > 1 else laid_out[0]
        if isinstance(answer, ProviderError):
            raise answer
        return answer


@dataclass
class Bench:
    made: Installation
    bridge: Bridge
    requested: int = 0

    @property
    def ports(self) -> Ports:
        return self.made.ports

    async def lock_id(self, name: str = "Loft") -> str:
        async with self.ports.store() as uow:
            return next(lock.id for lock in await uow.locks.all() if lock.name == name)

    async def wants(
        self, digits: str = "4821", lock: str = "Loft", window: AccessWindow | None = None, delivery: str = ""
    ) -> None:
        self.requested += 1
        delivery = delivery or f"d{self.requested}"
        await program(
            self.ports, OnlinePinRequest(await self.lock_id(lock), "Cleaners", digits, window, "U_BEN", delivery)
        )

    async def pins(self) -> list[OnlinePin]:
        return list((await look_at_lock(self.ports, await self.lock_id(), "U_BEN")).pins)

    async def pin(self) -> OnlinePin:
        (found,) = await self.pins()
        return found

    async def steps(self, seconds: int = 0, by: int = 1) -> None:
        """The worker takes whatever is due, twice at once; the clock goes on, `by` seconds at a time."""
        for _ in range(0, seconds + 1, by):
            async with self.ports.store() as uow:
                due = await due_rows(uow, Subject.ONLINE, self.ports.clock.now())
            await asyncio.gather(*(process_online_pin(self.ports, one) for one in due * 2))
            self.made.move(seconds=by)

    async def reported(self) -> list[str]:
        return [message.facts["outcome"] for message in await self.messages()]

    async def messages(self, *, in_channel: bool = False) -> list[Message]:
        """What whoever wished it heard, or the channel."""
        channel = self.ports.options.approvals_channel
        async with self.ports.store() as uow:
            found = [
                await uow.messages.get(one) for one in await due_rows(uow, Subject.MESSAGE, self.ports.clock.now())
            ]
        return [
            m
            for m in found
            if m is not None and m.phrase == NoticeKind.ONLINE_PIN.value and (m.recipient == channel) is in_channel
        ]


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    async with a_house(database_url) as made:
        bridge = Bridge()
        made.ports = replace(made.ports, locks=BridgedLocks(), online=bridge)
        await sync_locks(made.ports)
        yield Bench(made, bridge)


async def test_set_changed_and_deleted(bench: Bench) -> None:
    bench.bridge.answers = {"program": [PENDING], "look": [PENDING, SET], "change": [PENDING], "erase": [PENDING]}
    await bench.wants()
    assert (await bench.pin()).status is S.SETTING
    await bench.steps(12)
    assert ((await bench.pin()).status, await bench.reported()) == (S.LIVE, ["live"])
    await change(bench.ports, (await bench.pin()).id, "97 53", "U_BEN")
    await bench.steps(6)
    assert ((await bench.pin()).status, await bench.reported()) == (S.LIVE, ["live", "changed"])
    bench.bridge.answers["look"] = [PENDING, GONE]
    held = await erase(bench.ports, (await bench.pin()).id, "U_BEN")
    assert await erase(bench.ports, held.id, "U_BEN") == held
    await bench.steps(8)
    assert (await bench.pins(), await bench.reported()) == ([], ["live", "changed", "gone"])
    acts = [one for one in bench.bridge.asked if one[0] != "look"]
    assert acts == [("program", "4821"), ("change", "9753"), ("erase", "ac1")]
    for message in await bench.messages():
        shown = str(notice(NoticeKind(message.phrase), message.facts))
        assert "4821" not in shown
        assert "9753" not in shown
        assert message.recipient == "U_BEN"


async def test_a_lost_answer_is_looked_up(bench: Bench) -> None:
    bench.bridge.answers = {"program": [OutcomeUnknown("broke off")], "find": [SET]}
    await bench.wants()
    await bench.steps(int(bench.ports.options.lease.total_seconds()) + 20, by=20)
    assert (await bench.reported(), [one[0] for one in bench.bridge.asked]) == (["live"], ["program", "find"])


async def test_a_lost_question_is_asked_again(bench: Bench) -> None:
    bench.bridge.answers = {"program": [OutcomeUnknown("broke off"), SET], "find": [None]}
    await bench.wants()
    await bench.steps(int(bench.ports.options.lease.total_seconds()) + 20, by=20)
    assert (await bench.reported(), [one[0] for one in bench.bridge.asked]) == (
        ["live"],
        ["program", "find", "program"],
    )


async def test_a_provider_that_is_away_is_asked_later(bench: Bench) -> None:
    bench.bridge.answers = {"program": [Unavailable("away"), SET], "find": [None]}
    await bench.wants()
    await bench.steps(4)
    assert await bench.reported() == ["live"]


async def test_what_is_refused_is_said(bench: Bench) -> None:
    bench.bridge.answers = {"program": [Rejected("no", "duplicate_access_code")]}
    await bench.wants()
    await bench.steps(3)
    (message,) = await bench.messages()
    words = notice(NoticeKind.ONLINE_PIN, message.facts)
    assert words.heading == "No online PIN was set for Cleaners"
    assert words.remarks == ("The lock holds these digits already: choose others. It does not open Loft.",)
    assert await bench.pins() == []


async def test_a_change_that_fails_leaves_the_old_digits(bench: Bench) -> None:
    await bench.wants()
    await bench.steps()
    bench.bridge.answers = {"change": [Rejected("no", "duplicate_access_code")]}
    pin = await bench.pin()
    await change(bench.ports, pin.id, "9753", "U_BEN")
    await bench.steps(3)
    assert ((await bench.pin()).status, await bench.reported()) == (S.LIVE, ["live", "not_changed"])
    lock_id = await bench.lock_id()
    async with bench.ports.store() as uow:
        assert await uow.online.digits(pin.id) == Pin("4821")
        assert not await uow.online.holds(lock_id, Pin("9753"), bench.ports.clock.now())


async def test_what_takes_long_is_told_once(bench: Bench) -> None:
    bench.bridge.answers = {
        "program": [PENDING],
        "look": [OnlinePinInfo("ac1", OnlineState.PENDING, "Its bridge is offline.")],
    }
    await bench.wants()
    await bench.steps(int(LATE_AFTER.total_seconds()) + 60, by=20)
    (late,) = await bench.messages()
    assert late.facts["outcome"] == "late"
    said = notice(NoticeKind.ONLINE_PIN, late.facts).remarks[0]
    assert said.startswith("Its bridge is offline. It goes on by itself")
    assert "Until then it does not open Loft." in said
    bench.bridge.answers["look"] = [SET]
    bench.made.move(minutes=6)
    await bench.steps()
    assert await bench.reported() == ["late", "live"]


async def test_deleted_before_it_was_ever_sent(bench: Bench) -> None:
    await bench.wants()
    await erase(bench.ports, (await bench.pin()).id, "U_BEN")
    await bench.steps(2)
    assert (await bench.reported(), bench.bridge.asked) == (["gone"], [])


@pytest.mark.parametrize("lost", [OutcomeUnknown("broke off"), Unavailable("away")])
async def test_deleted_while_nobody_knows_whether_it_was_set(bench: Bench, lost: ProviderError) -> None:
    """A provider that lists no PINs finds none; the lock may take the digits all the same."""
    bench.bridge.answers = {"program": [lost], "find": [None], "erase": [PENDING], "look": [PENDING]}
    await bench.wants()
    await bench.steps()
    await erase(bench.ports, (await bench.pin()).id, "U_BEN")
    await bench.steps(120, by=60)
    assert ("erase", "") in bench.bridge.asked
    assert await bench.reported() == []
    bench.bridge.answers["look"] = [GONE]
    await bench.steps(240, by=60)
    assert await bench.reported() == ["gone"]


@pytest.mark.parametrize("heard", [PENDING, SET, OutcomeUnknown("broke off")])
async def test_deleted_while_the_provider_is_being_asked(bench: Bench, heard: OnlinePinInfo | ProviderError) -> None:
    """What came of the call is kept on the row as it is now, and nothing is taken for a bug."""

    class Asked(Bridge):
        async def program(self, order: OnlineOrder) -> OnlinePinInfo:
            await erase(bench.ports, (await bench.pin()).id, "U_BEN")
            return await super().program(order)

    bench.bridge = Asked({"program": [heard], "find": [SET], "erase": [PENDING], "look": [GONE]})
    bench.made.ports = replace(bench.ports, online=bench.bridge)
    await bench.wants()
    await bench.steps(300, by=60)
    assert [what for what, _ in bench.bridge.asked].count("program") == 1
    assert ("erase", "ac1") in bench.bridge.asked
    assert await bench.reported() == ["gone"]


async def test_deleted_while_its_digits_change(bench: Bench) -> None:
    """The lock may have taken the new ones: nobody else is given either until it has let the PIN go."""
    bench.bridge.answers = {"change": [OutcomeUnknown("broke off")], "erase": [PENDING], "look": [PENDING]}
    await bench.wants("4821")
    await bench.steps()
    pin = await bench.pin()
    await change(bench.ports, pin.id, "7413", "U_BEN")
    await bench.steps()
    await erase(bench.ports, pin.id, "U_BEN")
    await bench.steps(60, by=60)
    assert await refusal(bench.wants("7413")) is Reason.DIGITS_TAKEN
    bench.bridge.answers["look"] = [GONE]
    await bench.steps(600, by=60)
    assert await bench.reported() == ["live", "gone"]
    async with bench.ports.store() as uow:
        assert await uow.online.digits(pin.id) == Pin("4821"), "what it was changed to is forgotten"
    await bench.wants("7413")


async def test_deleted_elsewhere(bench: Bench) -> None:
    bench.bridge.answers = {"program": [PENDING], "look": [GONE]}
    await bench.wants()
    await bench.steps(4)
    assert (await bench.reported(), await bench.pins()) == (["vanished"], [])


async def refusal(doing: object) -> Reason:
    with pytest.raises(Refusal) as error:
        await doing  # type: ignore[misc]
    return error.value.reason


async def test_refusals(bench: Bench) -> None:
    now = bench.ports.clock.now()
    over = AccessWindow(now - timedelta(hours=3), now - timedelta(hours=1))
    back = AccessWindow(now + timedelta(hours=3), now + timedelta(hours=1))
    assert await refusal(bench.wants("12")) is Reason.BAD_DIGITS
    for easy in ("0000", "777777", "1234", "2345", "012345", "4321", "987654", "7890", "8901", "3210", "1098", "11-11"):
        assert await refusal(bench.wants(easy)) is Reason.EASY_DIGITS, easy
    assert await refusal(bench.wants("1234567")) is Reason.BAD_DIGITS
    assert await refusal(bench.wants("12a4")) is Reason.BAD_DIGITS
    assert await refusal(bench.wants(lock="Gate")) is Reason.NO_BRIDGE
    assert await refusal(bench.wants(window=over)) is Reason.ALREADY_OVER
    assert await refusal(bench.wants(window=back)) is Reason.ENDS_BEFORE_START
    await bench.wants("4821")
    assert await refusal(bench.wants("4821")) is Reason.DIGITS_TAKEN
    pin = await bench.pin()
    assert await refusal(change(bench.ports, pin.id, "9753", "U_BEN")) is Reason.ONLINE_PIN_BUSY
    assert await refusal(change(bench.ports, "nobody", "9753", "U_BEN")) is Reason.UNKNOWN_ONLINE_PIN
    await bench.steps()
    assert await refusal(change(bench.ports, pin.id, "4821", "U_BEN")) is Reason.DIGITS_TAKEN
    for doing in (change(bench.ports, pin.id, "9753", "U_ADA"), erase(bench.ports, pin.id, "U_ADA")):
        assert await refusal(doing) is Reason.MAY_NOT_UNLOCK


async def test_two_at_once_and_a_retry(bench: Bench) -> None:
    await asyncio.gather(bench.wants("4821", delivery="x"), bench.wants("4821", delivery="x"))
    assert len(await bench.pins()) == 1
    outcomes = await asyncio.gather(bench.wants("5575"), bench.wants("5575"), return_exceptions=True)
    assert [type(one) for one in outcomes if one is not None] == [Refusal]


async def test_counted_among_the_199_until_it_ends(bench: Bench) -> None:
    now, lock_id = bench.ports.clock.now(), await bench.lock_id()
    async with bench.ports.store() as uow:
        for number in range(LIVE_LIMIT - 1):
            held = OnlinePin(f"p{number}", lock_id, "x", "U_BEN", "U_BEN", now, status=S.LIVE)
            await uow.online.add(held, Pin(f"{number:06}"))
    window = AccessWindow(now, now + timedelta(hours=2))
    await bench.wants("999979", window=window)
    assert await refusal(bench.wants("888868")) is Reason.LOCK_FULL
    async with bench.ports.store() as uow:
        held_now = await uow.codes.holdings(lock_id, now)
        assert (held_now.live, held_now.next_end) == (LIVE_LIMIT, window.ends_at)
        assert (await uow.codes.held(now))[lock_id] == LIVE_LIMIT
        assert (await uow.codes.holdings(lock_id, window.ends_at)).live == LIVE_LIMIT - 1
    bench.made.move(hours=3)
    await bench.wants("888868")
