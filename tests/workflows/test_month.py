"""A slice of the simulated month (`python -m tests.month` plays all of it), and that its judge can say no."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.messages.languages import Language
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.workflows.sync_locks import sync_locks
from tests.month.play import SPRING, Play, play

pytestmark = pytest.mark.processes  # the whole bot, played for weeks


async def played(url: str, seed: int, stays: int, change: Callable[[Ports], Ports] | None = None) -> Play:
    async with play(url, seed) as made:
        if change is not None:
            made.use(change)
        await made.plan(stays)
        await made.run()
        return made


@pytest.mark.parametrize(
    "stays",
    [
        12,
        pytest.param(50, marks=[pytest.mark.deep, pytest.mark.timeout(600)]),
        pytest.param(1000, marks=[pytest.mark.deep, pytest.mark.timeout(2400)]),
    ],
)
async def test_stays_in_twelve_zones(sqlite_url: str, stays: int) -> None:
    made = await played(sqlite_url, 11, stays)
    assert made.judge.wrong == []
    assert made.tally["text: pin"] > stays / 2
    assert made.tally["text: reminder"] > stays / 5
    assert made.tally["guests who got in"] > stays / 3
    assert made.tally["unused two hours before, and somebody knows"] > stays // 17


async def test_the_judge_sees_texts_at_night(sqlite_url: str) -> None:
    def seen() -> bool:
        return any("reminder at" in words for words in made.judge.wrong)

    async with play(sqlite_url, 11) as made:
        made.use(lambda ports: replace(ports, policy=replace(ports.policy, quiet=None)))
        await made.plan(6)
        ends = made.agenda.now + timedelta(days=30)
        while not seen() and made.agenda.now < ends:
            await made.run_until(made.agenda.now + timedelta(days=1))
        assert seen()


async def test_the_judge_reads_what_a_text_says(sqlite_url: str) -> None:
    """A PIN text that does not tell its deadline, for stays that have one."""
    words = {"pin": "{pin} {starts} {ends}", "pins": "{pins}\n{starts} {ends}"}
    short = {(language.value, name): text for language in Language for name, text in words.items()}
    async with play(sqlite_url, 11) as made:
        made.use(lambda ports: replace(ports, options=replace(ports.options, wording=short)))
        await sync_locks(made.ports)
        async with made.ports.store() as uow:
            locks = (await uow.locks.all())[:5]
        starts = SPRING[0] + timedelta(hours=48)
        for lock in locks:
            doors = ((lock, made.world.doors[lock.provider_ref]),)
            made.people.plans(doors, AccessWindow(starts, starts + timedelta(hours=44)), SPRING[0])
        await made.run()
    assert any(" pin does not say " in words for words in made.judge.wrong)
