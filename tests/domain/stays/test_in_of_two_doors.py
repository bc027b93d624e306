"""Which of a guest's PINs a word is about, where one stay has several doors."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.replying import ReplyWord, meant, stays_of
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

S = CodeStatus
T0 = datetime(2026, 12, 4, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def code(code_id: str, part: int, status: CodeStatus, stay: str = "R") -> AccessCode:
    window, slot = AccessWindow(T0, T0 + 44 * HOUR), TakenSlot("k", 1)
    return AccessCode(code_id, stay, f"L{part}", "G", PinKind.HOURLY, window, slot, T0, status, has_pin=True, part=part)


@every(
    ("front", "gate", "asked"),
    [
        (S.SHARED, S.SHARED, ["C1", "C2"]),
        (S.ACTIVE, S.SHARED, ["C1", "C2"]),  # said once more, it is no word about the gate
        (S.SHARED, S.ACTIVE, ["C1", "C2"]),
        (S.UNCONFIRMED, S.ACTIVE, ["C1", "C2"]),
        (S.ACTIVE, S.ACTIVE, ["C1", "C2"]),
    ],
)
def test_in_is_never_taken_for_the_other_door(front: CodeStatus, gate: CodeStatus, asked: list[str]) -> None:
    stays = stays_of([code("C2", 1, gate), code("C1", 0, front)], T0 + HOUR)
    assert [one.id for one in meant(ReplyWord.IN, stays, T0 + HOUR)] == asked


def test_of_two_stays_the_one_that_nobody_has_heard_of_is_meant() -> None:
    known, other = code("C1", 0, S.ACTIVE), replace(code("C2", 1, S.SHARED, "R2"), part=0)
    stays = stays_of([other, known], T0 + HOUR)
    assert [one.id for one in meant(ReplyWord.IN, stays, T0 + HOUR)] == ["C2"]
