"""Which stays of one number overlap with what is asked for, at the same door."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.doubles import doubles, overlap
from bot.domain.stays.given_up import GivenUp
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

R, S = RequestStatus, CodeStatus
T0 = datetime(2026, 12, 4, 14, tzinfo=UTC)
GONE = GivenUp("U_BEN", T0)


def window(start: float, end: float) -> AccessWindow:
    return AccessWindow(T0 + timedelta(hours=start), T0 + timedelta(hours=end))


def code(status: CodeStatus = S.RESERVED, start: float = 0, end: float = 40, **more: object) -> AccessCode:
    made = AccessCode("C", "R", "L0", "G", PinKind.HOURLY, window(start, end), TakenSlot("k", 1), T0, status)
    return replace(made, **more)  # type: ignore[arg-type]


def request(status: RequestStatus = R.APPROVED, **more: object) -> AccessRequest:
    time = window(0, 40)
    made = AccessRequest("R", "L0", "G", "U_ADA", time, time, PinKind.HOURLY, T0, status=status)
    return replace(made, **more)  # type: ignore[arg-type]


@every(
    ("start", "end", "shared"),
    [
        (0, 40, True),
        (10, 20, True),
        (-10, 50, True),
        (-10, 0, False),
        (-10, 0.1, True),
        (39.9, 60, True),
        (40, 60, False),
        (60, 70, False),
    ],
)
def test_what_overlaps(start: float, end: float, shared: bool) -> None:
    one, other = window(0, 40), window(start, end)
    assert overlap(one, other) is overlap(other, one) is shared


@every(
    ("stay", "codes", "hours", "found"),
    [
        (request(R.PENDING), (), -1, True),
        (request(R.PENDING), (), 40, False),
        (request(R.DENIED), (), -1, False),
        (request(R.LAPSED), (), -1, False),
        (request(R.WITHDRAWN), (), -1, False),
        (request(), (code(),), -1, True),
        (request(), (code(S.SHARED),), 1, True),
        (request(), (code(S.FAILED),), 1, True),
        (request(), (code(S.UNCONFIRMED),), 30, True),
        (request(), (code(S.ACTIVE),), 40, False),
        (request(), (code(S.ENDED),), 10, False),
        (request(), (code(S.RELEASED, given_up=GONE),), -1, False),
        (request(), (code(S.WITHDRAWN, given_up=GONE),), 1, False),
        (request(), (code(lock_id="L9"),), -1, False),
        (request(R.PENDING, lock_id="L9", more_locks=("L0",)), (), -1, True),
        # Moved to another time since: what its PINs stand for counts.
        (request(), (code(S.WITHDRAWN, given_up=GONE), code(start=100, end=140, id="C2")), 1, False),
    ],
)
def test_what_stands(stay: AccessRequest, codes: tuple[AccessCode, ...], hours: float, found: bool) -> None:
    now = T0 + timedelta(hours=hours)
    assert bool(doubles(window(5, 45), ("L0", "L1"), [(stay, codes)], now)) is found


def test_the_doors_that_are_shared_and_the_time_there() -> None:
    chain = (code(end=24), code(start=24, end=40, id="C2", part=1), code(lock_id="L7", id="C3", part=2))
    (found,) = doubles(window(30, 50), ("L0", "L1"), [(request(more_locks=("L7",)), chain)], T0)
    assert (found.lock_ids, found.window) == (("L0",), window(0, 40))
