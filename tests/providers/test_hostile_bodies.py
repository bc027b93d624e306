"""Ten thousand hostile bodies at every route that takes one, signed so that they come inside: no 5xx, and the loop
never stands still for long. Hostile calendars are in `test_feeds_parsing`."""

import asyncio
import gc
import random
import time
from collections import Counter

import pytest

from bot.processes.refusing import BOOKINGS
from bot.wiring import booking_room
from tests.cases import examples
from tests.providers.hostile import HostileBot, hostile_body, hostile_bot, routes_with_bodies
from tests.stalls import watched_loop

STALL, WHOLE = 0.05, 1.0
"""Seconds of processor time: of one callback, and of one request from its first byte to its answer."""


async def good_ones(bot: HostileBot) -> None:
    """What is sent on a good day; by then everything is loaded."""
    for path, door in bot.doors.items():
        for good in door.goods:
            answer = await bot.send(bot.signed(door, door.written(good), door.kind(good)))
            assert answer.status_code < 500, f"{path} {good}: {answer.text}"
            if path not in NOBODYS:
                assert answer.status_code in (200, 201, 204, 303, 404, 409), f"{path} {good}: {answer.status_code}"


UNASKED = {f"/{vendor}/webhooks/{{key}}" for vendor in BOOKINGS if not booking_room(vendor).setup.in_address}
"""Nothing is expected there, and nothing read."""

NOBODYS = {*UNASKED, "/smoobu/webhooks", "/slack/events", "/g/{token}"}
"""Where what is sent is about nothing that is there, or to an address that is nobody's."""


async def test_every_route_that_takes_a_body_is_among_them(sqlite_url: str) -> None:
    async with hostile_bot(sqlite_url) as bot:
        assert routes_with_bodies(bot.app) == set(bot.doors)


@pytest.mark.processes  # the whole bot, and ten thousand requests in deep
@pytest.mark.properties
@pytest.mark.timeout(1_800)
def test_hostile_bodies(sqlite_url: str) -> None:
    async def judged() -> None:
        async with hostile_bot(sqlite_url) as bot:
            await none_does_harm(bot)

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(judged())


async def none_does_harm(bot: HostileBot) -> None:
    rng, wrong, answers = random.Random(20261204), list[str](), Counter[int]()
    await good_ones(bot)
    with watched_loop() as stalls:
        for number in range(examples(200)):
            path, door = rng.choices(list(bot.doors.items()), [0.1 if path in UNASKED else 1 for path in bot.doors])[0]
            how, body, kind = hostile_body(door, rng)
            if number % 100 == 0:  # a process that keeps what it was sent would be looked through for ever longer
                bot.heard.clear()
                gc.collect()
            what = f"{number}: {path} {how}, {len(body)} bytes of {kind[:40]!r}: {body[:80]!r}"
            request = bot.signed(door, body, kind)
            await asyncio.sleep(0)
            stalls.longest, began = 0.0, time.thread_time()
            answer = await bot.send(request)
            took, stall = time.thread_time() - began, stalls.longest
            answers[answer.status_code] += 1
            if answer.status_code >= 500 or stall > STALL or took > WHOLE:
                wrong.append(f"{answer.status_code}, stood still for {stall:.3f} s of {took:.3f}: {what}")
    assert wrong == [], f"{len(wrong)} of {answers}:\n" + "\n".join(wrong[:40])
    assert {200, 400, 401, 404, 413, 422} <= set(answers), answers
    await good_ones(bot)
