"""What the form for changes says first: what a change costs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.conversation.forms.change_previews import confirm, done, granted, not_yet
from bot.conversation.forms.previews import Choice
from bot.domain.locks.lock import Lock
from bot.domain.pins import Phone
from bot.domain.planning.plan import plan
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import Standing, standing
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

S = CodeStatus
T0 = datetime(2026, 12, 4, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOCK = Lock("L", "ref", "Front door", "Europe/Paris")
ANA = Guest("G", "Ana", Phone("+33639981234"))
WINDOW, LONGER = AccessWindow(T0, T0 + 44 * HOUR), AccessWindow(T0, T0 + 68 * HOUR)


def code(status: CodeStatus, made: bool = True, number: int = 1, **more: object) -> AccessCode:
    name, slot = f"C{number}", TakenSlot("k", number)
    kept = AccessCode(name, "R", "L", "G", PinKind.HOURLY, WINDOW, slot, T0, status, has_pin=made, part=number)
    return replace(kept, **more)  # type: ignore[arg-type]


def heading(pins: Standing, count: int) -> str:
    planned = plan(LONGER, zone=LOCK.zoneinfo, now=pins.now)
    return granted(ANA, planned, Choice.STAY, LOCK, pins.current[:count], pins).heading


@every(
    ("codes", "hours", "count", "words"),
    [
        ([code(S.RESERVED, made=False)], -30, 0, "No PIN is made yet: this change costs nothing."),
        ([code(S.EXPIRED)], 30, 0, "This change costs nothing: the PIN before opens nothing any more."),
        ([code(S.SHARED)], 1, 1, "Ana's PIN opens until Sun 6 Dec 11:00 whatever you do; a new one is made for "),
        ([code(S.MINTING, made=False)], -2, 1, "Ana's PIN opens until Sun 6 Dec 11:00 whatever you do; "),
        ([code(S.UNCONFIRMED)], 30, 1, "Ana's PIN may open until Sun 6 Dec 11:00 whatever you do; a new one is made "),
        ([code(S.SHARED), code(S.SHARED, number=2)], 1, 2, "Ana's 2 PINs open until Sun 6 Dec 11:00 whatever you do; "),
    ],
)
def test_the_cost_stands_first(codes: list[AccessCode], hours: int, count: int, words: str) -> None:
    assert heading(standing(codes, [], T0 + hours * HOUR), count).startswith(words)


def test_it_is_asked_before_it_happens_and_said_after_it() -> None:
    pins = standing([code(S.SHARED)], [Evidence("C1", "lock", T0, "L")], T0 + HOUR)
    planned = plan(LONGER, zone=LOCK.zoneinfo, now=pins.now)
    asked = confirm(ANA, LOCK, planned, pins.current, pins.now)
    assert asked.startswith("*Please confirm.* Ana's PIN opens until Sun 6 Dec 11:00 whatever you do; ")
    assert asked.endswith("Press *Make a new PIN* to do it.")
    assert "whatever you do" in not_yet(LOCK, pins, ANA).remarks[0]
    request = AccessRequest("R", "L", "G", "U_ADA", WINDOW, LONGER, PinKind.HOURLY, T0)
    assert done(request, ANA, LOCK, pins.current, pins.now).endswith(
        "A new PIN comes by text. Ana's PIN opens until Sun 6 Dec 11:00, unless it is deleted at the lock."
    )
    assert "PIN" not in done(request, ANA, LOCK, (), pins.now)
