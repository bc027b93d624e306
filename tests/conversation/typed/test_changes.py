"""A typed change, read against the time that the stay has. The stay: Friday 4 December 15:00 to Sunday 6th 11:00."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.typed.changes import TypedChange, changed_window, understand_change
from bot.conversation.typed.lock_names import LockName
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.domain.windows import AccessWindow
from tests.cases import every

PARIS = ZoneInfo("Europe/Paris")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=PARIS)


STAY = AccessWindow(at(4, 15), at(6, 11))


@every(
    ("words", "stay", "time"),
    [
        ("ana", "ana", ""),
        ("", "", ""),
        ("Ana Maria until mon 11:00", "Ana Maria", "until mon 11:00"),
        ("K3J9P from fri 16:00", "K3J9P", "from fri 16:00"),
        ("ana from fri 16:00 until mon 11:00", "ana", "from fri 16:00 until mon 11:00"),
        ("ana for 3 nights", "ana", "for 3 nights"),
        ("Tilda till mon", "Tilda", "till mon"),
        ("until mon", "", "until mon"),
    ],
)
def test_whose_stay_and_which_time(words: str, stay: str, time: str) -> None:
    assert understand_change(words) == TypedChange(stay, time)


@every(
    ("words", "starts", "ends"),
    [
        ("until mon 11:00", at(4, 15), at(7, 11)),
        ("until monday", at(4, 15), at(7, 11)),
        ("until 18:00", at(4, 15), at(6, 18)),
        ("until sat 9am", at(4, 15), at(5, 9)),
        ("to 8 dec 10:00", at(4, 15), at(8, 10)),
        ("from 18:00", at(4, 18), at(6, 11)),
        ("from sat 9:00", at(5, 9), at(6, 11)),
        ("from sat 9:00 until mon 10:00", at(5, 9), at(7, 10)),
        ("from fri 3pm - sun 6pm", at(4, 15), at(6, 18)),
        ("for 4 hours", at(4, 15), at(4, 19)),
    ],
)
def test_what_is_not_named_stays(words: str, starts: datetime, ends: datetime) -> None:
    assert changed_window(words, STAY, zone=PARIS, now=at(1, 9)) == AccessWindow(starts, ends)


def test_of_a_stay_that_runs_a_day_is_the_next_one() -> None:
    assert changed_window("until mon 11:00", STAY, zone=PARIS, now=at(5, 20)).ends_at == at(7, 11)
    assert changed_window("until 22:00", STAY, zone=PARIS, now=at(5, 20)).ends_at == at(6, 22)


@every("words", ["until", "until nonsense", "from", "for ever", "until mon and tue"])
def test_what_has_no_meaning_is_a_question(words: str) -> None:
    with pytest.raises(NotUnderstood):
        changed_window(words, STAY, zone=PARIS, now=at(1, 9))


LOCKS = [
    LockName("L0", "Front door", "Europe/Paris"),
    LockName("L1", "Garage", "Europe/Paris", ("Box 2",)),
    LockName("L2", "Way to Garden", "Europe/Paris"),
]


@every(
    ("words", "stay", "time", "locks"),
    [
        ("ana door garage", "ana", "", ("L1",)),
        ("ana door Garage until mon 11:00", "ana", "until mon 11:00", ("L1",)),
        ("ana until mon 11:00 door garage", "ana", "until mon 11:00", ("L1",)),
        ("ana until mon 11:00 at the garage", "ana", "until mon 11:00", ("L1",)),
        ("ana doors garage + front-door from 18:00", "ana", "from 18:00", ("L1", "L0")),
        ("ana doors front door, garage and box 2", "ana", "", ("L0", "L1")),
        ("ana to the door front door to mon 11:00", "ana", "to mon 11:00", ("L0",)),
        ("ana door way to garden until 18:00", "ana", "until 18:00", ("L2",)),
        ("ana until mon at 11:00", "ana", "until mon at 11:00", ()),
        ("ana until mon at 11:00 at garage", "ana", "until mon at 11:00", ("L1",)),
        ("K3J9P at box 2", "K3J9P", "", ("L1",)),
        ("door garage", "door garage", "", ()),
    ],
)
def test_which_doors(words: str, stay: str, time: str, locks: tuple[str, ...]) -> None:
    assert understand_change(words, LOCKS) == TypedChange(stay, time, locks)


@every(
    ("words", "question"),
    [
        ("ana door gargae until mon", "Which lock is “gargae”? Did you mean Garage?"),
        ("ana door cellar", "Which lock is “cellar”? I know Front door, Garage, Way to Garden."),
    ],
)
def test_a_door_that_nobody_knows_is_a_question(words: str, question: str) -> None:
    found = understand_change(words, LOCKS)
    assert (found.stay, found.locks, found.question) == ("ana", (), question)
