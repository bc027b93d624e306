"""What the card says of a PIN that was given up is no surer than what we know of it."""

from datetime import UTC, datetime, timedelta

from bot.conversation.team.stay_words import pin_words
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.standing import PinStanding, pin_state
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

NOW = datetime(2026, 12, 4, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def withdrawn(began: float, *, once: bool = False, has_pin: bool = True, source: str = "") -> str:
    """The words for a PIN that was given up; it began so many hours ago."""
    starts, kind = NOW - began * HOUR, PinKind.ONE_TIME if once else PinKind.HOURLY
    window, slot = AccessWindow(starts, starts + (24 if once else 44) * HOUR), TakenSlot("x", 1)
    code = AccessCode("c", "r", "l", "g", kind, window, slot, starts, CodeStatus.WITHDRAWN, has_pin)
    seen = (Evidence("c", source, NOW, ""),) if source else ()
    return pin_words(PinStanding(code, 1, pin_state(code, seen, NOW), current=True, evidence=seen))


@every(
    ("given", "words"),
    [
        ({"began": 1}, "withdrawn, still opens until its end"),
        ({"began": 25}, "withdrawn, may still open"),
        ({"began": 25, "source": "lock"}, "withdrawn, still opens until its end"),
        ({"began": 1, "has_pin": False}, "withdrawn while it was being made, may open"),
        ({"began": 25, "has_pin": False}, "withdrawn, no PIN was ever known"),
        ({"began": -1, "once": True}, "withdrawn, still opens until its end"),
        ({"began": 1, "once": True}, "withdrawn, opens once, may still open"),
        ({"began": 1, "once": True, "source": "guest"}, "withdrawn, opens once and has been used, as people say"),
        ({"began": 1, "once": True, "source": "lock"}, "withdrawn, used, opens nothing any more"),
        ({"began": 45}, "ended"),
    ],
)
def test_how_sure_it_is(given: dict[str, object], words: str) -> None:
    assert withdrawn(**given) == words  # type: ignore[arg-type]


@every(
    ("status", "words"),
    [
        (CodeStatus.READY, "PIN made, its text did not arrive"),
        (CodeStatus.SHARED, "PIN made, its text did not arrive"),
        (CodeStatus.ACTIVE, "in"),
        (CodeStatus.WITHDRAWN, "withdrawn, still opens until its end"),
    ],
)
def test_a_pin_that_its_guest_does_not_know_is_not_on_its_way(status: CodeStatus, words: str) -> None:
    window, slot = AccessWindow(NOW, NOW + 44 * HOUR), TakenSlot("x", 1)
    code = AccessCode("c", "r", "l", "g", PinKind.HOURLY, window, slot, NOW, status, has_pin=True)
    assert pin_words(PinStanding(code, 1, pin_state(code, (), NOW), current=True, unread=True)) == words
