"""What whoever asked, or pressed, reads at once."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation.answers.answers import AskedFor, asked
from bot.conversation.answers.stay_answers import replaced
from bot.domain.locks.lock import Lock
from bot.domain.pins import Phone
from bot.domain.planning.stay_plan import PlannedDoor, plan_stay
from bot.domain.stays.access_codes import AccessCode, TakenSlot
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow, PinKind

NOW = datetime(2026, 12, 4, 12, tzinfo=UTC)
WINDOW = AccessWindow(NOW + timedelta(hours=2), NOW + timedelta(hours=46))
LOCK = Lock("L1", "d1", "Front door", "Europe/Paris")


@pytest.mark.parametrize(
    ("read_as", "said"), [("AT", "The number had no country: it was read as one of Austria."), ("", "")]
)
def test_a_number_without_its_country_is_said_to_be_read_as_ours(read_as: str, said: str) -> None:
    planned = plan_stay(WINDOW, [PlannedDoor(LOCK.id, LOCK.name, LOCK.zoneinfo)], now=NOW)
    (words,) = asked(AskedFor(LOCK, "Ana", "C_APPROVALS", read_as=read_as), planned).remarks
    assert [line for line in words.splitlines() if "country" in line] == ([said] if said else [])


def test_of_a_pin_before_that_opens_nothing_no_word_is_said() -> None:
    guest = Guest("G1", "Ana", Phone("+33639981234"))
    new = AccessCode("C2", "R1", "L1", "G1", PinKind.HOURLY, WINDOW, TakenSlot("2026-12-04T15", 1), mint_at=NOW)
    said = "A new PIN for Ana at Front door, Fri 4 Dec 15:00 - Sun 6 Dec 11:00, is being made; it comes by text."
    assert replaced(guest, LOCK, new) == said
