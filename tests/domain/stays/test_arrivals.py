"""Who arrives, and whether they are ready."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.messages.message import Attempt, Medium, Message, MessageStatus
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.alerts import Alert, AlertKind
from bot.domain.stays.arrivals import Readiness, arrives_at, readiness
from bot.domain.stays.given_up import GivenUp
from bot.domain.stays.standing import standing
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every
from tests.domain.stays.test_standing import DAY, HOUR, LONG, T0, code, used

R, S, M = Readiness, CodeStatus, MessageStatus
NOW = T0 - timedelta(hours=30)
REQUEST = AccessRequest("R", "L", "G", "U_ADA", LONG, LONG, PinKind.HOURLY, NOW, RequestStatus.APPROVED)
WAITS = code(S.RESERVED, has_pin=False, mint_at=T0 - 24 * HOUR)


def text(status: MessageStatus, phrase: str = "pin", code_id: str = "C1", **more: object) -> Message:
    made = Message(f"m-{code_id}", f"{code_id}:{phrase}", Medium.SMS, "G", phrase, NOW, code_id=code_id, status=status)
    return replace(made, **more)  # type: ignore[arg-type]


def alert(kind: AlertKind) -> Alert:
    return Alert("A", "key", kind, NOW, NOW, None, "R", "C1", "L")


def of(
    codes: list[AccessCode],
    texts: list[Message] | None = None,
    alerts: list[Alert] | None = None,
    *,
    request: AccessRequest = REQUEST,
    opted_out: bool = False,
) -> Readiness:
    pins = standing(codes, [], NOW)
    return readiness(request, pins, texts or [], alerts or [], opted_out=opted_out, now=NOW)


FAILED_ONCE = (Attempt("SM1", "away", NOW),)


@every(
    ("codes", "texts", "found"),
    [
        ([code(S.SHARED)], [text(M.DELIVERED)], R.READY),
        ([code(S.SHARED)], [text(M.SENT)], R.TEXTED),
        ([code(S.READY)], [text(M.QUEUED)], R.TEXTED),
        ([code(S.READY)], [], R.TEXTED),
        ([code(S.MINTING, has_pin=False)], [], R.TEXTED),
        ([WAITS], [], R.LATER),
        ([replace(WAITS, mint_at=NOW)], [], R.TEXTED),
        ([replace(WAITS, on_arrival=True)], [], R.LATER),
        ([replace(WAITS, on_arrival=True, mint_at=NOW)], [text(M.DELIVERED, "on_arrival")], R.READY),
        ([replace(WAITS, on_arrival=True, mint_at=NOW)], [text(M.UNDELIVERED, "on_arrival")], R.UNDELIVERED),
        ([code(S.SHARED)], [text(M.UNDELIVERED)], R.UNDELIVERED),
        ([code(S.SHARED)], [text(M.REFUSED)], R.UNDELIVERED),
        ([code(S.SHARED)], [text(M.DROPPED)], R.UNDELIVERED),
        ([code(S.SHARED)], [text(M.QUEUED, earlier=FAILED_ONCE)], R.UNDELIVERED),
        ([code(S.SHARED)], [text(M.UNDELIVERED), text(M.DELIVERED)], R.READY),
        ([code(S.SHARED)], [text(M.DELIVERED), text(M.UNDELIVERED)], R.UNDELIVERED),
        ([code(S.SHARED)], [text(M.DELIVERED), text(M.UNDELIVERED, "reminder")], R.READY),
        ([code(S.SHARED)], [text(M.DELIVERED, code_id="other")], R.TEXTED),
        ([code(S.FAILED, has_pin=False)], [], R.NO_PIN),
        ([], [], R.NO_PIN),
    ],
)
def test_how_far_an_arrival_has_come(codes: list[AccessCode], texts: list[Message], found: Readiness) -> None:
    assert of(codes, texts) is found


def test_of_several_doors_the_one_that_lags_says_so() -> None:
    first, second = code(S.SHARED), code(S.SHARED, code_id="C2", part=1, lock_id="L2")
    delivered = text(M.DELIVERED)
    assert of([first, second], [delivered]) is R.TEXTED
    assert of([first, second], [delivered, text(M.UNDELIVERED, code_id="C2")]) is R.UNDELIVERED
    assert of([first, second], [text(M.DELIVERED, facts={"together": "C1\nC2"})]) is R.READY


def test_a_pin_that_another_took_the_place_of_does_not_count() -> None:
    old, new = code(S.WITHDRAWN, given_up=GivenUp("U_BEN", NOW)), code(S.SHARED, code_id="C2")
    assert of([old, new], [text(M.UNDELIVERED), text(M.DELIVERED, code_id="C2")]) is R.READY
    assert of([old, new], [text(M.DELIVERED)]) is R.TEXTED


@every(
    ("texts", "opted_out", "kinds", "found"),
    [
        ([], True, [], R.NO_TEXTS),
        ([text(M.REFUSED)], True, [AlertKind.OPTED_OUT], R.NO_TEXTS),
        ([text(M.DELIVERED)], True, [], R.READY),
        ([text(M.DELIVERED)], True, [AlertKind.OPTED_OUT], R.ALERT),
        ([text(M.DELIVERED)], False, [AlertKind.WANTS_HELP], R.ALERT),
        ([], False, [AlertKind.OVERDUE], R.ALERT),
        ([text(M.UNDELIVERED)], False, [AlertKind.UNDELIVERED], R.UNDELIVERED),
        ([], False, [AlertKind.NO_NUMBER], R.NO_NUMBER),
    ],
)
def test_what_needs_somebody(texts: list[Message], opted_out: bool, kinds: list[AlertKind], found: Readiness) -> None:
    assert of([code(S.READY)], texts, [alert(kind) for kind in kinds], opted_out=opted_out) is found


def test_one_that_waits_for_a_decision_is_to_decide_whatever_else() -> None:
    waits = replace(REQUEST, status=RequestStatus.PENDING)
    assert of([], [], [alert(AlertKind.NO_NUMBER)], request=waits, opted_out=True) is R.TO_DECIDE


def test_when_somebody_arrives() -> None:
    def when(*codes: AccessCode, request: AccessRequest = REQUEST, seen: bool = False) -> object:
        return arrives_at(request, standing(codes, [used()] if seen else [], NOW))

    later = AccessWindow(T0 + 5 * HOUR, LONG.ends_at)
    gone = GivenUp("U_BEN", NOW)
    assert when(code(S.SHARED)) == T0
    assert when(code(S.SHARED), seen=True) is None, "somebody has been in"
    assert when(request=replace(REQUEST, status=RequestStatus.PENDING)) == T0
    assert when(request=replace(REQUEST, status=RequestStatus.WITHDRAWN)) is None
    assert when(code(S.WITHDRAWN, given_up=gone)) is None
    assert when(code(S.RELEASED, has_pin=False)) is None
    assert when(code(S.FAILED, has_pin=False)) == T0
    assert when(code(S.WITHDRAWN, given_up=gone), code(S.RESERVED, later, "C2", has_pin=False)) == later.starts_at
    second = AccessWindow(DAY.ends_at, DAY.ends_at + 24 * HOUR)
    assert when(code(S.SHARED, DAY), code(S.RESERVED, second, "C2", part=1, has_pin=False)) == T0, "a chain begins once"
