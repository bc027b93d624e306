"""What a PIN does right now, for every state of a code and every moment of its window."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.answers.verdicts import verdict_sentence
from bot.domain.locks.lock import Lock
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.standing import standing
from bot.domain.stays.verdicts import UNKNOWN, State, Verdict, judge
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

START = datetime(2026, 12, 4, 14, tzinfo=UTC)
LONG = AccessWindow(START, START + timedelta(hours=44))
SHORT = AccessWindow(START, START + timedelta(hours=5))
LOCK = Lock("L", "ref", "Front door", "Europe/Paris")


def code(status: CodeStatus = CodeStatus.SHARED, window: AccessWindow = LONG) -> AccessCode:
    return AccessCode("C", "R", "L", "G", PinKind.HOURLY, window, TakenSlot("k", 1), START, status, has_pin=True)


def judged(code: AccessCode, now: datetime, *, used: bool = False, replaced: bool = False) -> Verdict:
    codes = [code, replace(code, id="newer")] if replaced else [code]
    return judge(standing(codes, [Evidence(code.id, "guest", now, "G")] if used else [], now).pins[0], now)


@every(
    ("status", "window", "hours", "used", "state"),
    [
        (CodeStatus.SHARED, LONG, -1, False, State.NOT_YET),
        (CodeStatus.SHARED, LONG, 0, False, State.OPENS),
        (CodeStatus.SHARED, LONG, 23.99, False, State.OPENS),
        (CodeStatus.SHARED, LONG, 24, False, State.UNCONFIRMED),  # before the clock has swept it, too
        (CodeStatus.UNCONFIRMED, LONG, 30, False, State.UNCONFIRMED),
        (CodeStatus.ACTIVE, LONG, 30, True, State.OPENS),
        (CodeStatus.ACTIVE, LONG, 44, True, State.ENDED),
        (CodeStatus.SHARED, SHORT, 4, False, State.OPENS),
        (CodeStatus.SHARED, SHORT, 5, False, State.ENDED),
        (CodeStatus.WITHDRAWN, LONG, -1, False, State.NOT_YET),
        (CodeStatus.WITHDRAWN, LONG, 1, False, State.WITHDRAWN),
        (CodeStatus.WITHDRAWN, LONG, 30, True, State.WITHDRAWN),
        (CodeStatus.WITHDRAWN, LONG, 30, False, State.UNCONFIRMED),
        (CodeStatus.WITHDRAWN, LONG, 44, True, State.ENDED),
    ],
)
def test_the_state_follows_the_door(
    status: CodeStatus, window: AccessWindow, hours: float, used: bool, state: State
) -> None:
    now = START + timedelta(hours=hours)
    verdict = judged(code(status, window), now, used=used)
    assert verdict.state is state
    said = verdict_sentence(verdict, LOCK, None, now)
    assert "Front door" in said
    assert ("still opens" in said) == (state is State.WITHDRAWN)


def test_a_replaced_pin_says_so_and_names_nobody_unasked() -> None:
    verdict = judged(code(), START, replaced=True)
    assert "A newer PIN was made" in verdict_sentence(verdict, LOCK, None, START)
    assert "It is Cleo's." in verdict_sentence(verdict, LOCK, "Cleo", START)
    assert "It is" not in verdict_sentence(verdict, LOCK, None, START).replace("It has", "")
    assert verdict_sentence(UNKNOWN, LOCK, None, START).startswith("We made no such PIN for Front door.")


def test_a_verdict_never_holds_digits() -> None:
    verdict = judged(replace(code(), id="0"), START.astimezone(ZoneInfo("UTC")))
    assert verdict.code is not None
    assert not hasattr(verdict.code, "pin")
