"""Which runs of words are tried as a window: the longest first, and no more of them than there is time for."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.typed.windows import ask_windows
from bot.conversation.typed.windows.ask_windows import find_window
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT, read_window

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
MOST = 250


def tried(line: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    runs = list[str]()

    def nothing(text: str, **_on: Any) -> None:
        runs.append(text)
        raise NotUnderstood(text, "")

    monkeypatch.setattr(ask_windows, "read_window", nothing)
    assert find_window(line, PARIS, NOW, CHECK_IN, CHECK_OUT) is None
    return runs


def test_the_longest_run_is_tried_first_and_of_one_length_as_they_stand_there(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [
        "fri 3pm - sat",
        "fri 3pm -",
        "3pm - sat",
        "fri 3pm",
        "3pm -",
        "- sat",
        "fri",
        "3pm",
        "-",
        "sat",
        "noon",
    ]
    assert tried("fri 3pm - sat Bob noon", monkeypatch) == expected


def test_of_a_line_full_of_times_so_many_runs_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """From its beginning on, and where the tries end, the longest from there."""
    runs = tried(" ".join(f"{hour}:{minute}" for hour in range(10, 24) for minute in range(10, 15)), monkeypatch)
    assert len(runs) == MOST
    assert [len(run.split()) for run in runs] == sorted((len(run.split()) for run in runs), reverse=True)
    last = [run for run in runs if run.startswith("12:12")]
    assert [len(run.split()) for run in last] == list(range(20, 10, -1))


def test_three_bare_numbers_in_a_row_are_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert max(tried("fri 10 39 98 12 sat", monkeypatch), key=len) == "fri 10 39"


def test_what_was_read_before_is_placed_anew() -> None:
    """The words are kept, not what they meant then and there."""
    first, again = (
        read_window("tomorrow 3pm for 2h", zone=zone, now=now)
        for zone, now in ((PARIS, NOW), (ZoneInfo("Asia/Tokyo"), NOW.replace(day=20)))
    )
    assert first.window.starts_at == datetime(2026, 12, 2, 14, tzinfo=UTC)
    assert again.window.starts_at == datetime(2026, 12, 21, 6, tzinfo=UTC)
