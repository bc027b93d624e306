"""A card is updated at most once a second and never with what it shows already; its last state is never lost."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.domain.messages.card import Card, rests
from bot.domain.messages.notice import Notice, Posted
from bot.ports import Clock, Gone, LockInfo, OutcomeUnknown, Ports, ProviderError, Subject, Unavailable
from bot.ports.wanted_cards import want_card
from bot.processes.clock import sweep
from bot.workflows.decide_request import decide_request
from bot.workflows.show_card import show_card
from tests.benchmarks.ports import InstantChat, installation
from tests.due import due_rows
from tests.moments import START
from tests.workflows.test_giving_up import a_request

PAUSE = timedelta(seconds=1)


class Killed(BaseException):
    """The process ends."""


@dataclass
class Screen(InstantChat):
    """What stands in the channel: every heading that was ever put there."""

    said: list[str] = field(default_factory=list)
    fails: BaseException | None = None
    meanwhile: Callable[[], Awaitable[None]] | None = None
    posted: list[str] = field(default_factory=list)
    post_fails: ProviderError | None = None
    left: Posted | None = None
    """What an earlier try has left in the channel."""

    def __post_init__(self) -> None:
        super().__init__()

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted:
        self.posted.append(notice.heading)
        if (fails := self.post_fails) is not None:
            self.post_fails = None
            raise fails
        return await super().post(channel, notice, post_id=post_id, thread=thread, workspace=workspace)

    async def find(
        self, channel: str, *, post_id: str, since: datetime, thread: str | None = None, workspace: str = ""
    ) -> Posted | None:
        return self.left

    async def update(self, posted: Posted, notice: Notice, *, post_id: str, workspace: str = "") -> None:
        if not isinstance(self.fails, Unavailable):
            self.said.append(notice.heading)
        fails, self.fails = self.fails, None
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        if fails is not None:
            raise fails


@dataclass
class Shown:
    """A request whose card is posted."""

    ports: Ports
    chat: Screen
    moment: list[datetime]
    id: str

    async def card(self) -> Card:
        async with self.ports.store() as uow:
            found = await uow.cards.get(self.id)
        assert found is not None
        return found

    async def call_door(self, name: str) -> None:
        """Changes what the card says, or not."""
        async with self.ports.store() as uow:
            await uow.locks.put(LockInfo("L0", name, "Europe/Paris", True, False), "UTC")
        await self.want()

    async def want(self) -> None:
        async with self.ports.store() as uow:
            await uow.cards.want(self.id, "C_APPROVALS", self.ports.clock.now())

    async def is_due(self) -> bool:
        async with self.ports.store() as uow:
            return self.id in await due_rows(uow, Subject.CARD, self.ports.clock.now())

    async def sweep(self, **later: float) -> None:
        """After so long: every card that is due."""
        self.moment[0] += timedelta(**later)

        async def put(due: list[tuple[Subject, str]]) -> None:
            for subject, row in due:
                if subject is Subject.CARD:
                    await show_card(self.ports, row)

        await sweep(self.ports, put)


@pytest.fixture
async def shown(database_url: str) -> AsyncIterator[Shown]:
    async with installation(database_url) as (made, _queue, _texter):
        moment, chat = [made.clock.now()], Screen()
        clock = Clock(lambda: moment[0], lambda: moment[0])
        ports = replace(made, chat=chat, clock=clock, options=replace(made.options, card_pause=PAUSE))
        request = await a_request(ports)
        await show_card(ports, request.id)
        yield Shown(ports, chat, moment, request.id)


async def test_a_click_is_answered_at_once_and_what_follows_goes_together(shown: Shown) -> None:
    await decide_request(shown.ports, shown.id, "U_BEN", approved=True)
    await show_card(shown.ports, shown.id)
    assert len(shown.chat.said) == 1, "at once, though it was posted in the same moment"
    for name in ("Blue door", "Red door"):
        await shown.call_door(name)
        await show_card(shown.ports, shown.id)
    await shown.sweep(seconds=0.9)
    assert len(shown.chat.said) == 1
    assert await shown.is_due(), "whatever becomes of this process"
    await shown.sweep(seconds=0.1)
    assert [said.partition(":")[0] for said in shown.chat.said[1:]] == ["Cleo at Red door"]
    assert not await shown.is_due()


async def test_one_that_rests_is_not_nudged_and_comes_when_it_has_rested(shown: Shown) -> None:
    async def wanted() -> bool:
        async with shown.ports.store() as uow:
            await want_card(shown.ports, uow, shown.id)
            return (Subject.CARD, shown.id) in uow.leaving()  # type: ignore[attr-defined]

    await shown.call_door("Blue door")
    assert await wanted()
    await show_card(shown.ports, shown.id)
    await shown.call_door("Red door")
    shown.moment[0] += PAUSE / 2
    assert not await wanted()
    assert not await shown.is_due()
    await shown.sweep(seconds=1)
    assert [said.partition(":")[0] for said in shown.chat.said] == ["Cleo at Blue door", "Cleo at Red door"]


async def test_what_changes_during_an_update_is_shown_after_the_pause(shown: Shown) -> None:
    shown.chat.meanwhile = lambda: shown.call_door("Red door")
    await shown.call_door("Blue door")
    await show_card(shown.ports, shown.id)
    await shown.sweep()
    assert len(shown.chat.said) == 1
    await shown.sweep(seconds=1)
    assert "Red door" in shown.chat.said[1]


async def test_what_it_shows_already_is_not_said_again(shown: Shown) -> None:
    await shown.call_door("Blue door")
    await show_card(shown.ports, shown.id)
    shown.moment[0] += timedelta(seconds=1)
    await shown.want()
    assert await shown.is_due()
    await show_card(shown.ports, shown.id)
    assert len(shown.chat.said) == 1
    await shown.sweep(days=1)
    assert not await shown.is_due()
    await shown.call_door("Red door")
    await shown.sweep()
    assert len(shown.chat.said) == 2


@pytest.mark.parametrize("fails", [Killed(), OutcomeUnknown("lost")], ids=["killed", "answer lost"])
async def test_what_nobody_knows_to_stand_there_is_replaced(shown: Shown, fails: BaseException) -> None:
    """Blue, then red, of which nobody knows, then blue again: what was recorded last is no longer what stands there."""
    await shown.call_door("Blue door")
    await shown.sweep(seconds=1)
    await shown.call_door("Red door")
    shown.chat.fails = fails
    shown.moment[0] += timedelta(seconds=1)
    with suppress(Killed):
        await show_card(shown.ports, shown.id)
    assert "Red door" in shown.chat.said[-1]
    await shown.call_door("Blue door")
    await shown.sweep(minutes=10)
    assert "Blue door" in shown.chat.said[-1]


async def test_a_slow_worker_whose_update_was_lost_leaves_it_unknown(shown: Shown) -> None:
    """While it waits, its time runs out, and another shows what is true."""

    async def another() -> None:
        shown.moment[0] += timedelta(minutes=10)
        await shown.call_door("Red door")
        await show_card(shown.ports, shown.id)

    await shown.call_door("Blue door")
    shown.chat.fails, shown.chat.meanwhile = OutcomeUnknown("lost"), another
    await show_card(shown.ports, shown.id)
    assert "Red door" in shown.chat.said[-1]
    await shown.want()
    await shown.sweep(seconds=1)
    assert len(shown.chat.said) == 3, "the lost one may have come last"


async def test_a_refused_update_is_tried_again(shown: Shown) -> None:
    await shown.call_door("Blue door")
    shown.chat.fails = Unavailable("away")
    await show_card(shown.ports, shown.id)
    assert shown.chat.said == []
    await shown.sweep(minutes=1)
    assert len(shown.chat.said) == 1


async def test_a_card_that_somebody_deleted_is_posted_anew(shown: Shown) -> None:
    before = await shown.card()
    await shown.call_door("Blue door")
    shown.chat.fails = Gone("message_not_found")
    await show_card(shown.ports, shown.id)
    await shown.sweep(minutes=1)
    after = await shown.card()
    assert (after.channel, after.ts != before.ts, after.ts is None) == (before.channel, True, False)
    assert "Blue door" in shown.chat.posted[-1]


async def test_a_post_of_which_slack_did_not_answer_is_found_and_says_what_is_true_by_now(shown: Shown) -> None:
    request = await a_request(shown.ports)
    shown.chat.post_fails = OutcomeUnknown("lost")
    await show_card(shown.ports, request.id)
    posts = len(shown.chat.posted)
    shown.chat.left = Posted("C_APPROVALS", "77.0")
    await shown.sweep(minutes=10)
    async with shown.ports.store() as uow:
        card = await uow.cards.get(request.id)
    assert card is not None
    assert (card.ts, len(shown.chat.posted)) == ("77.0", posts)
    assert shown.chat.said == [shown.chat.posted[-1]]


@pytest.mark.parametrize(("ago", "still"), [(-1.0, False), (0.0, True), (0.9, True), (1.0, False)])
def test_it_rests_for_a_second_whatever_another_machine_believes(ago: float, still: bool) -> None:
    card = Card("R", "C", "1.0", 1, 1, None, 1, START - timedelta(seconds=ago))
    assert rests(card, START, PAUSE) is still
    assert not rests(replace(card, updated_at=None), START, PAUSE)
