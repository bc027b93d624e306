"""What each PIN of a stay does, for one PIN in every state and for stays of several."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.messages.message import Medium, Message, MessageStatus
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.given_up import Deletion
from bot.domain.stays.standing import Opens, PinState, newest_like, pin_state, standing
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

S, P = CodeStatus, PinState
T0 = datetime(2026, 12, 4, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG, DAY = AccessWindow(T0, T0 + 44 * HOUR), AccessWindow(T0, T0 + 24 * HOUR)


def code(status: CodeStatus, window: AccessWindow = LONG, code_id: str = "C1", **more: object) -> AccessCode:
    made = AccessCode(code_id, "R", "L", "G", PinKind.HOURLY, window, TakenSlot("k", 1), T0, status, has_pin=True)
    return replace(made, **more)  # type: ignore[arg-type]


def used(code_id: str = "C1", source: str = "guest") -> Evidence:
    return Evidence(code_id, source, T0 + HOUR, "G")


NO_PIN = {"has_pin": False}
ONCE = {"kind": PinKind.ONE_TIME}


@every(
    ("pin", "evidence", "hours", "state"),
    [
        (code(S.RESERVED, **NO_PIN), [], -30, P.WAITS),
        (code(S.MINTING, **NO_PIN), [], -20, P.MAKING),
        (code(S.MINTING), [], -20, P.OPENS),
        (code(S.READY), [], -20, P.OPENS),
        (code(S.SHARED), [], 23.99, P.OPENS),
        (code(S.SHARED), [], 24, P.UNCONFIRMED),
        (code(S.SHARED), [used()], 24, P.OPENS),
        (code(S.UNCONFIRMED), [], 30, P.UNCONFIRMED),
        (code(S.UNCONFIRMED), [used()], 30, P.OPENS),
        (code(S.EXPIRED), [], 30, P.EXPIRED),
        (code(S.EXPIRED), [used(source="lock")], 30, P.OPENS),
        (code(S.EXPIRED), [], 44, P.ENDED),
        (code(S.ACTIVE), [used()], 43.99, P.OPENS),
        (code(S.ACTIVE), [used()], 44, P.ENDED),
        (code(S.SHARED, DAY), [], 23.99, P.OPENS),
        (code(S.SHARED, DAY), [], 24, P.ENDED),
        (code(S.WITHDRAWN), [], 1, P.OPENS),
        (code(S.WITHDRAWN), [], 30, P.UNCONFIRMED),
        (code(S.WITHDRAWN), [used()], 30, P.OPENS),
        (code(S.WITHDRAWN, **NO_PIN), [], 1, P.MAY_EXIST),
        (code(S.WITHDRAWN, **NO_PIN), [], 30, P.NEVER_MADE),
        (code(S.ENDED, deleted=Deletion("Nora", T0, "U_BEN")), [used()], 2, P.DELETED),
        (code(S.RELEASED, **NO_PIN), [], 1, P.NEVER_MADE),
        (code(S.FAILED, **NO_PIN), [], 1, P.NEVER_MADE),
        (code(S.SHARED, DAY, **ONCE), [], -0.1, P.OPENS),
        (code(S.SHARED, DAY, **ONCE), [], -0.08, P.MAY_BE_SPENT),
        (code(S.SHARED, DAY, **ONCE), [], 0, P.MAY_BE_SPENT),
        (code(S.READY, DAY, **ONCE), [], 5, P.MAY_BE_SPENT),
        (code(S.WITHDRAWN, DAY, **ONCE), [], 5, P.MAY_BE_SPENT),
        (code(S.SHARED, DAY, **ONCE), [], 24, P.ENDED),
        (code(S.ACTIVE, DAY, **ONCE), [used()], 5, P.MAY_BE_SPENT),
        (code(S.ACTIVE, DAY, **ONCE), [used(), used(source="lock")], 5, P.SPENT),
        (code(S.WITHDRAWN, DAY, **ONCE), [used(source="lock_time")], 5, P.MAY_BE_SPENT),
    ],
)
def test_one_pin(pin: AccessCode, evidence: list[Evidence], hours: float, state: PinState) -> None:
    assert pin_state(pin, evidence, T0 + hours * HOUR) is state


def test_what_people_may_rely_on() -> None:
    certain = {state for state in P if _opens(state) is Opens.CERTAIN}
    perhaps = {state for state in P if _opens(state) is Opens.PERHAPS}
    assert (certain, perhaps) == ({P.OPENS}, {P.UNCONFIRMED, P.MAY_EXIST, P.MAY_BE_SPENT})


def _opens(state: PinState) -> Opens:
    return replace(standing([code(S.SHARED)], [], T0).pins[0], state=state).opens


def test_an_earlier_pin_that_opens_stays_in_view_behind_the_newest() -> None:
    first, second = code(S.WITHDRAWN), code(S.RELEASED, code_id="C2", replaces="C1", has_pin=False)
    pins = standing([first, second], [], T0 + HOUR)
    assert [p.code.id for p in pins.open] == ["C1"] == [p.code.id for p in pins.earlier]
    assert pins.main is not None
    assert (pins.main.code.id, pins.main.may_open) == ("C2", False)


def test_each_door_and_each_part_has_a_newest_of_its_own() -> None:
    front, garage = code(S.ACTIVE, part=0), code(S.UNCONFIRMED, code_id="C2", part=1, lock_id="L2")
    again = code(S.SHARED, code_id="C3", part=1, lock_id="L2", replaces="C2")
    pins = standing([front, garage, again], [used()], T0 + 30 * HOUR)
    assert [p.code.id for p in pins.current] == ["C1", "C3"]
    assert [p.code.id for p in pins.guests] == ["C1", "C3"]
    assert [(p.number, p.code.id) for p in pins.earlier] == [(2, "C2")]
    assert newest_like([front, garage, again], garage) is again
    assert newest_like([front, garage, again], front) is front
    assert pins.inside == used()


@every(("hours", "now"), [(-5, "C1"), (0, "C1"), (23.9, "C1"), (24, "C2"), (47.9, "C2"), (48, "C3"), (80, "C3")])
def test_of_a_chain_the_guests_pin_is_the_one_that_runs_or_the_next(hours: float, now: str) -> None:
    starts = [T0 + 24 * HOUR * n for n in range(3)]
    chain = [
        code(S.SHARED, AccessWindow(start, start + 24 * HOUR), f"C{n + 1}", part=n) for n, start in enumerate(starts)
    ]
    main = standing(chain, [], T0 + hours * HOUR).main
    assert main is not None
    assert main.code.id == now


def test_a_part_that_was_given_up_stands_back_behind_one_that_was_not() -> None:
    gone, comes = code(S.RELEASED, DAY, has_pin=False), code(S.RESERVED, LONG, "C2", part=1, has_pin=False)
    main = standing([gone, comes], [], T0).main
    assert main is not None
    assert main.code.id == "C2"


def test_a_stay_without_codes_has_no_pin() -> None:
    pins = standing([], [], T0)
    assert (pins.main, pins.guests, pins.open, pins.inside) == (None, (), (), None)


def text(status: MessageStatus, to: str = "G", about: str = "C1", phrase: str = "pin") -> Message:
    return Message("m", "k", Medium.SMS, to, phrase, T0, code_id=about, status=status)


M = MessageStatus


@every(
    ("texts", "unread"),
    [
        ([], False),
        ([text(M.QUEUED)], False),
        ([text(M.SENT)], False),
        ([text(M.DELIVERED)], False),
        ([text(M.REFUSED)], True),
        ([text(M.UNDELIVERED)], True),
        ([text(M.DROPPED)], True),
        ([text(M.UNDELIVERED), text(M.SENT)], False),
        ([text(M.DELIVERED), text(M.UNDELIVERED)], True),
        ([text(M.DELIVERED, "G2"), text(M.UNDELIVERED)], True),
        ([text(M.DELIVERED), text(M.UNDELIVERED, phrase="reminder")], False),
        ([text(M.UNDELIVERED), text(M.DELIVERED, phrase="reminder")], True),
        ([text(M.UNDELIVERED, "G", "C2")], False),
    ],
)
def test_whether_its_guest_was_reached(texts: list[Message], unread: bool) -> None:
    """`G2`: the number before it was corrected."""
    (pin,) = standing([code(S.SHARED)], [], T0, texts).pins
    assert pin.unread is unread
