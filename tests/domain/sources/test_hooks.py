"""What programs hear of, and how often one that does not take it is tried."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.sources.hooks import TRIED_FOR, HappenedLine, Hook, HookEvent, event_of, is_hook_name
from bot.domain.stays.alerts import AlertKind

NOW = datetime(2026, 12, 4, 15, tzinfo=UTC)


def line(what: str, number: int = 7, at: datetime = NOW, **facts: str) -> HappenedLine:
    return HappenedLine(number, at, what, "01ABC", facts)


def hook(*events: HookEvent) -> Hook:
    return Hook("01H", "Channel manager", "https://x.example/", "whsec_x", frozenset(events), 3, NOW, NOW)


@pytest.mark.parametrize(
    ("what", "event"),
    [
        ("approved", "stay.approved"),
        ("break_glass", "stay.approved"),
        ("approval", None),
        ("denied", "stay.denied"),
        ("lapsed", "stay.lapsed"),
        ("changed", "stay.changed"),
        ("moved_to_lock", "stay.changed"),
        ("hours_kept", "stay.changed"),
        ("hours_moved", "stay.changed"),
        ("change_wanted", None),
        ("withdrawn", "stay.cancelled"),
        ("given_up", "stay.cancelled"),
        ("minted", "pin.ready"),
        ("used", "pin.used"),
        ("unconfirmed", "pin.unconfirmed"),
        ("expired", "pin.unconfirmed"),
        ("revealed", None),
        ("page_seen", None),
        ("", None),
    ],
)
def test_which_line_is_which_event(what: str, event: str | None) -> None:
    found = event_of(line(what))
    assert (found.value if found else None) == event


@pytest.mark.parametrize("kind", list(AlertKind))
def test_an_alert_is_told_once_by_one_name(kind: AlertKind) -> None:
    undelivered = kind is AlertKind.UNDELIVERED
    found = event_of(line("alert_opened", kind=kind.value))
    assert found is (HookEvent.TEXT_UNDELIVERED if undelivered else HookEvent.ALERT_OPENED)


def test_a_hook_hears_of_what_it_named_and_else_of_all() -> None:
    assert hook().hears_of(line("minted")) is HookEvent.PIN_READY
    assert hook(HookEvent.PIN_USED).hears_of(line("minted")) is None
    assert hook(HookEvent.PIN_USED).hears_of(line("used")) is HookEvent.PIN_USED


def test_it_is_tried_ever_more_slowly_for_a_day_and_then_the_next_is_told() -> None:
    now, tried, waits = NOW, hook(), []
    while tried.done == 3:
        after = tried.failed(line("minted"), "it answered 500", now)
        assert after.due_at is not None
        waits.append(after.due_at - now)
        now, tried = max(now, after.due_at), after
    assert waits[:6] == [timedelta(seconds=each) for each in (5, 30, 120, 600, 1800, 3600)]
    assert all(one <= timedelta(hours=1) for one in waits)
    assert TRIED_FOR <= now - NOW <= TRIED_FOR + timedelta(hours=1)
    assert (tried.done, tried.missed, tried.due_at) == (7, 1, now)
    taken = tried.took(line("used", 9), now)
    assert (taken.done, taken.tries, taken.problem, taken.taken_at, taken.missed) == (9, 0, "", now, 1)


def test_whoever_wants_to_hear_no_more_is_not_due_again() -> None:
    assert hook().ended(NOW).due_at is None


@pytest.mark.parametrize("name", ["", " x", "x ", "a\nb", "x" * 41, "\x00"])
def test_what_is_no_name(name: str) -> None:
    assert not is_hook_name(name)
    assert is_hook_name("Channel manager 2")


def test_neither_address_nor_secret_is_printed() -> None:
    assert "whsec" not in repr(hook())
    assert "https" not in repr(hook())
