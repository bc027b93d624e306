"""Doors opened from afar, on real rows of both kinds of database: one order, one call, one honest sentence."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.conversation.team.notices import NoticeKind, notice
from bot.domain.approvals.policy import Rule
from bot.domain.locks.remote_commands import FOLLOWED_FOR, GOOD_FOR, MOST_A_MINUTE, Action, RemoteStatus
from bot.domain.messages.message import Message
from bot.domain.refusals import Reason, Refusal
from bot.ports import LockInfo, Misconfigured, Operated, OutcomeUnknown, ProviderError, Rejected, Subject, Unavailable
from bot.workflows.operate_lock import RemoteRequest, operate_lock, order, receive_attempt
from bot.workflows.sync_locks import sync_locks
from tests.benchmarks.ports import InstantLocks
from tests.due import due_rows
from tests.workflows.test_delivery_races import Installation, a_house

S = RemoteStatus


@dataclass
class Bridge(InstantLocks):
    """One lock with a bridge, one without; answers as it is told to, and counts what it is asked."""

    answers: list[Operated | ProviderError] = field(default_factory=list)
    looks: list[Operated | ProviderError] = field(default_factory=list)
    ordered: int = 0

    async def locks(self) -> list[LockInfo]:
        return [LockInfo("B1", "Loft", "Europe/Paris", True, True), LockInfo("N1", "Gate", "Europe/Paris", True, False)]

    async def operate(self, lock_ref: str, action: Action) -> Operated:
        self.ordered += 1
        return self._said(self.answers)

    async def operated(self, ref: str) -> Operated:
        return self._said(self.looks)

    def _said(self, from_: list[Operated | ProviderError]) -> Operated:
        answer = from_.pop(0) if len(from_) > 1 else from_[0]
        if isinstance(answer, ProviderError):
            raise answer
        return answer


class Bench:
    def __init__(self, made: Installation, bridge: Bridge) -> None:
        self.made, self.bridge = made, bridge
        self.orders = 0

    async def lock_id(self, name: str = "Loft") -> str:
        async with self.made.ports.store() as uow:
            return next(lock.id for lock in await uow.locks.all() if lock.name == name)

    async def orders_it(self, name: str = "Loft", person: str = "U_BEN", delivery: str = "") -> None:
        self.orders += 1
        delivery = delivery or f"d{self.orders}"
        wanted = RemoteRequest(await self.lock_id(name), Action.UNLOCK, person, delivery)
        await order(self.made.ports, wanted)

    async def steps(self, seconds: float = 0) -> None:
        """The worker takes whatever is due; the clock goes on a second at a time."""
        for _ in range(int(seconds) + 1):
            async with self.made.ports.store() as uow:
                due = await due_rows(uow, Subject.REMOTE, self.made.ports.clock.now())
            await asyncio.gather(*(operate_lock(self.made.ports, one) for one in due for _ in range(2)))
            self.made.move(seconds=1)

    async def said(self, *, in_channel: bool = False) -> list[Message]:
        """What whoever ordered heard, or the channel."""
        channel = self.made.ports.options.approvals_channel
        async with self.made.ports.store() as uow:
            found = [
                await uow.messages.get(one) for one in await due_rows(uow, Subject.MESSAGE, self.made.ports.clock.now())
            ]
        return [
            m
            for m in found
            if m is not None and m.phrase == "remote_outcome" and (m.recipient == channel) is in_channel
        ]


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    async with a_house(database_url) as made:
        bridge = Bridge()
        bridge.__dict__.update(InstantLocks().__dict__)
        made.ports = replace(made.ports, locks=bridge)
        await sync_locks(made.ports)
        yield Bench(made, bridge)


async def outcome(bench: Bench) -> str:
    (said,) = await bench.said()
    assert said.recipient == "U_BEN"
    return said.facts["status"]


async def test_it_is_done_at_the_second_look(bench: Bench) -> None:
    bench.bridge.answers, bench.bridge.looks = [Operated("a1")], [Operated("a1"), Operated("a1", True)]
    await bench.orders_it()
    await bench.steps(6)
    assert (await outcome(bench), bench.bridge.ordered) == (S.DONE, 1)


async def test_the_bridge_is_offline(bench: Bench) -> None:
    bench.bridge.answers, bench.bridge.looks = [Operated("a1")], [Operated("a1", False, "Its bridge is offline.")]
    await bench.orders_it()
    await bench.steps(4)
    assert await outcome(bench) == S.FAILED
    assert (await bench.said())[0].facts["problem"] == "Its bridge is offline."


@pytest.mark.parametrize("error", [Rejected("no"), Misconfigured("no key")])
async def test_an_order_that_is_not_taken(bench: Bench, error: ProviderError) -> None:
    bench.bridge.answers = [error]
    await bench.orders_it()
    await bench.steps(4)
    assert (await outcome(bench), bench.bridge.ordered) == (S.FAILED, 1)


async def test_a_lost_answer_is_never_ordered_again(bench: Bench) -> None:
    bench.bridge.answers = [OutcomeUnknown("no answer")]
    await bench.orders_it()
    await bench.steps(GOOD_FOR.total_seconds() + 5)
    assert (await outcome(bench), bench.bridge.ordered) == (S.UNKNOWN, 1)


async def test_what_certainly_did_not_happen_is_tried_again_but_not_for_long(bench: Bench) -> None:
    bench.bridge.answers = [Unavailable("busy"), Unavailable("busy"), Operated("a1", True)]
    await bench.orders_it()
    await bench.steps(8)
    assert (await outcome(bench), bench.bridge.ordered) == (S.DONE, 3)


async def test_a_door_does_not_open_a_minute_later(bench: Bench) -> None:
    bench.bridge.answers = [Unavailable("busy")]
    await bench.orders_it()
    await bench.steps(GOOD_FOR.total_seconds() + 5)
    assert await outcome(bench) == S.TOO_LATE
    bench.bridge.answers, before = [Operated("a1", True)], bench.bridge.ordered
    await bench.steps(90)
    assert bench.bridge.ordered == before


async def test_nobody_worked_for_a_minute(bench: Bench) -> None:
    bench.bridge.answers = [Operated("a1", True)]
    await bench.orders_it()
    bench.made.move(seconds=GOOD_FOR.total_seconds() + 1)
    await bench.steps(2)
    assert (await outcome(bench), bench.bridge.ordered) == (S.TOO_LATE, 0)


async def test_a_worker_that_died_while_it_ordered(bench: Bench) -> None:
    """The row says that the call had begun: after the lease that is told, and not done again."""
    bench.bridge.answers = [Operated("a1", True)]
    await bench.orders_it()
    async with bench.made.ports.store() as uow:
        (one,) = await due_rows(uow, Subject.REMOTE, bench.made.ports.clock.now())
        found = await uow.remote_commands.get(one)
        assert found is not None
        wall = bench.made.ports.clock.wall()
        held = replace(found, status=S.SENDING, claimed_until=wall + timedelta(seconds=60), due_at=wall)
        await uow.remote_commands.save(held)
    await bench.steps(5)
    assert await bench.said() == []
    bench.made.move(seconds=60)
    await bench.steps(2)
    assert (await outcome(bench), bench.bridge.ordered) == (S.UNKNOWN, 0)


async def test_an_attempt_that_never_ends(bench: Bench) -> None:
    bench.bridge.answers, bench.bridge.looks = [Operated("a1")], [Operated("a1")]
    await bench.orders_it()
    await bench.steps(FOLLOWED_FOR.total_seconds() + 5)
    assert (await outcome(bench), bench.bridge.ordered) == (S.UNKNOWN, 1)


async def test_told_that_it_has_ended_while_it_is_looked_at(bench: Bench) -> None:
    """The provider's event moves the row on between the look and what came of it: one outcome, and no bug."""

    class Told(Bridge):
        async def operated(self, ref: str) -> Operated:
            await receive_attempt(bench.made.ports, f"ev{len(self.looks)}", ref)
            return await super().operated(ref)

    provider = Told(answers=[Operated("a1")], looks=[Operated("a1"), Operated("a1", done=True)])
    provider.__dict__.update({k: v for k, v in bench.bridge.__dict__.items() if k not in ("answers", "looks")})
    bench.bridge, bench.made.ports = provider, replace(bench.made.ports, locks=provider)
    await bench.orders_it()
    await bench.steps(10)
    assert (await outcome(bench), provider.ordered) == ("done", 1)


async def test_the_same_order_twice_is_one(bench: Bench) -> None:
    bench.bridge.answers = [Operated("a1", True)]
    for _ in range(3):
        await bench.orders_it(delivery="same")
    await bench.steps(3)
    assert (await outcome(bench), bench.bridge.ordered) == (S.DONE, 1)


async def test_who_may_and_where(bench: Bench) -> None:
    for name, person, reason in (("Loft", "U_MALLORY", Reason.MAY_NOT_UNLOCK), ("Gate", "U_BEN", Reason.NO_BRIDGE)):
        with pytest.raises(Refusal) as refused:
            await bench.orders_it(name, person)
        assert refused.value.reason is reason
    named = replace(bench.made.ports.rules, may_unlock=("U_CARA",))
    bench.made.ports = replace(bench.made.ports, rules=named)
    await bench.orders_it(person="U_CARA")
    with pytest.raises(Refusal):
        await bench.orders_it(person="U_BEN")


async def test_fifteen_a_minute_however_many_at_once(bench: Bench) -> None:
    bench.bridge.answers = [Operated("a1", True)]
    done = await asyncio.gather(*(bench.orders_it() for _ in range(MOST_A_MINUTE + 5)), return_exceptions=True)
    refused = [one for one in done if isinstance(one, Refusal)]
    assert [one.reason for one in refused] == [Reason.TOO_MANY_UNLOCKS] * 5
    await bench.steps(3)
    assert bench.bridge.ordered == MOST_A_MINUTE
    bench.made.move(seconds=61)
    await bench.orders_it()


# --- whose door it is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("house", "of_the_loft", "may"),
    [
        ((), (), {"U_BEN"}),
        (("U_CARA",), (), {"U_CARA"}),
        ((), ("U_DAN",), {"U_DAN"}),
        (("U_CARA",), ("U_DAN", "S05DESK"), {"U_DAN", "U_EVE"}),
    ],
)
async def test_a_door_belongs_to_those_whom_its_rule_names(
    bench: Bench, house: tuple[str, ...], of_the_loft: tuple[str, ...], may: set[str]
) -> None:
    """The approver of another door, of the default or of a later rule for the same door opens it no more."""
    rules = (
        Rule(("U_FAY",), locks=("Gate",), name="gate"),
        Rule(("U_BEN",), locks=("lo*",), max_hours=4, may_unlock=of_the_loft, name="loft"),
        Rule(("U_GUS",), locks=("Loft",), name="loft, longer"),
    )
    ports = bench.made.ports
    bench.made.ports = replace(ports, rules=replace(ports.rules, rules=rules, may_unlock=house), groups=_desk)
    for person in ("U_BEN", "U_CARA", "U_DAN", "U_EVE", "U_FAY", "U_GUS"):
        if person in may:
            await bench.orders_it(person=person)
            continue
        with pytest.raises(Refusal) as refused:
            await bench.orders_it(person=person)
        assert refused.value.reason is Reason.MAY_NOT_UNLOCK, person


async def _desk() -> dict[str, frozenset[str]]:
    return {"S05DESK": frozenset({"U_EVE"})}


async def test_the_channel_reads_who_opened_a_door(bench: Bench) -> None:
    bench.bridge.answers = [Operated("a1", done=True)]
    await bench.orders_it()
    await bench.steps(3)
    (channel,) = await bench.said(in_channel=True)
    words = notice(NoticeKind.REMOTE_OUTCOME, channel.facts)
    assert words.heading == "Loft is unlocked. It locks itself again after a moment."
    assert words.remarks == ("Asked by <@U_BEN>.",)
    assert len(await bench.said()) == 1
