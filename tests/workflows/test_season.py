"""Seasons of bookings from four kinds of source at once (`season.py`): a small one in every run, and a large one where
it is deep."""

import random

import pytest

from tests.cases import DEEP
from tests.workflows.calendar_house import calendar_house
from tests.workflows.season import Season
from tests.workflows.season_sources import Calendars, People, Programs, Webhooks

pytestmark = pytest.mark.processes  # a whole bot, played for weeks

HAPPENS = """
booked; moved; cancelled; supplied; approved; changes agreed to; used; PINs; PINs looked at
booked by people; booked by zapier; booked by guesty; booked by hospitable; booked by calcom; booked by booking
cancelled after its PIN was made; moved after its PIN was made
echoed; an echo was dropped; a calendar is empty; a calendar leaves one out; a calendar has moved; a calendar hangs
a webhook was lost; a webhook came twice; a webhook came behind a later one; a webhook came behind the cancellation
a booking system did not answer; a booking system came back; a call was repeated; a call did not come through
Slack sent a command twice
"""
"""What has to have happened, or the season shows nothing."""

SELDOM = """
booked by airbnb; booked by google; booked by vrbo; a calendar said cancelled; a calendar came back
a calendar fails; a calendar is noise; a calendar is a login page; a calendar leads to a private place
a calendar leads in a circle; a calendar is another's; a later read has mended what was not delivered
"""


async def play(database_url: str, seed: int, doors: int, wanted: int, steps: int) -> Season:
    async with calendar_house(database_url, doors) as house:
        season = Season(house, random.Random(seed), doors, wanted)
        await season.begin([kind(season) for kind in (Calendars, Webhooks, Programs, People)])
        for _ in range(steps):
            if season.happened["booked"] >= wanted:
                break
            await season.step()
        await season.settle()
    return season


def check(season: Season, happens: str = HAPPENS) -> None:
    assert season.faults == [], "\n".join(season.faults[:20])
    expected = [what.strip() for line in happens.splitlines() for what in line.split(";") if what.strip()]
    never = [what for what in expected if not season.happened[what]]
    assert never == [], f"never happened: {never} of {sorted(season.happened.items())}"


async def test_a_season_at_four_doors(sqlite_url: str) -> None:
    check(await play(sqlite_url, 12, doors=4, wanted=75, steps=70))


@pytest.mark.deep
@pytest.mark.timeout(2_000)
async def test_a_season_at_twenty_doors(sqlite_url: str) -> None:
    assert DEEP
    season = await play(sqlite_url, 1, doors=20, wanted=2_000, steps=1_500)
    print(*sorted(season.happened.items()), sep="\n")
    check(season, HAPPENS + SELDOM)
    assert season.happened["booked"] == 2_000, season.happened
