"""A bot beside a sandbox goes by the sandbox's clock: what it writes down later is later."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from providers.sandbox.follow import FollowedClock

THEN = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
A_MOMENT = timedelta(seconds=5)
"""More than a machine needs from one line to the next."""


class Sandbox:
    def __init__(self) -> None:
        self.now: datetime | None = THEN

    def answer(self, _request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"now": self.now.isoformat()}) if self.now else httpx.Response(500)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
async def clock(sandbox: Sandbox) -> AsyncIterator[FollowedClock]:
    clock = FollowedClock("http://sandbox/sandbox/clock")
    await clock._client.aclose()
    clock._client = httpx.AsyncClient(transport=httpx.MockTransport(sandbox.answer))
    await clock._ask()
    yield clock
    await clock.close()


async def test_it_is_the_sandboxes_time_and_is_moved_with_it(clock: FollowedClock, sandbox: Sandbox) -> None:
    assert THEN <= clock.now() < THEN + A_MOMENT
    sandbox.now = THEN + timedelta(days=90)
    await clock._ask()
    assert sandbox.now <= clock.now() < sandbox.now + A_MOMENT


@pytest.mark.parametrize("back", [timedelta(milliseconds=1), timedelta(seconds=9)])
async def test_an_answer_that_was_late_moves_nothing_back(
    clock: FollowedClock, sandbox: Sandbox, back: timedelta
) -> None:
    before = clock.now()
    sandbox.now = THEN - back
    await clock._ask()
    said = [clock.now() for _ in range(100)]
    assert said == sorted(said)
    assert before <= said[0], "it went back"
    assert said[-1] < THEN + A_MOMENT
    sandbox.now = THEN + timedelta(minutes=1)
    await clock._ask()
    assert clock.now() >= sandbox.now, "it goes on with the sandbox"


async def test_another_sandbox_has_a_time_of_its_own(clock: FollowedClock, sandbox: Sandbox) -> None:
    clock.now()
    sandbox.now = THEN - timedelta(days=3)
    await clock._ask()
    assert sandbox.now <= clock.now() < sandbox.now + A_MOMENT


async def test_one_that_does_not_answer_leaves_it_as_it_is(clock: FollowedClock, sandbox: Sandbox) -> None:
    sandbox.now = None
    await clock._ask()
    assert THEN <= clock.now() < THEN + A_MOMENT
