"""How a plan is said: its kind, its warnings, and the other ways to let the same guest in, each with its good and bad.

Why something is refused is `bot.conversation.refusals.sentences`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.times import hours_words, show_moment, show_window, zone_words
from bot.domain.planning.alternatives import Alternative, AlternativeKind, Better, Worse
from bot.domain.planning.local_hours import HOUR, clocks_change
from bot.domain.planning.otherwise import as_booked, why_otherwise
from bot.domain.planning.plan import Plan, Warning  # noqa: A004 — the contract's word
from bot.domain.refusals import Reason
from bot.domain.windows import AccessWindow, PinKind

_OFTEN, _ONCE = "opens as often as needed", "opens once"


def kind_words(kind: PinKind) -> str:
    """`opens as often as needed`: what a vendor calls hourly and daily is one thing to whoever has such a PIN."""
    return _ONCE if kind is PinKind.ONE_TIME else _OFTEN


def warning_sentence(warning: Warning, plan: Plan, *, zone: ZoneInfo) -> str:
    """One warning of this plan, in words."""
    return _WARNINGS[warning](plan, zone)


def _rounded(plan: Plan, zone: ZoneInfo) -> str:
    if plan.kind is PinKind.DAILY:
        rule = "The lock takes whole hours only, and ends a long PIN at the time of day at which it started"
    else:
        rule = "The lock takes whole hours only"
    return f"{rule}, so the PIN works longer than you asked for."


def _needs_activation(plan: Plan, zone: ZoneInfo) -> str:
    deadline = show_moment(plan.activate_by or plan.granted.ends_at, zone)
    return f"The PIN must open the door for the first time before {deadline}, or it never works."


def clock_remarks(plan: Plan, *, zone: ZoneInfo) -> list[str]:
    """What of it is odd about the clocks: times that they skip or show twice, and a change during the stay."""
    return [warning_sentence(warning, plan, zone=zone) for warning in plan.warnings if warning in _OF_THE_CLOCKS]


def crossing_words(window: AccessWindow, zone: ZoneInfo) -> str:
    """That the clocks change during a stay; empty where they do not."""
    return _crossing(window, zone) if clocks_change(window.starts_at, window.ends_at, zone) else ""


def _crossing(window: AccessWindow, zone: ZoneInfo) -> str:
    before, after = (zone_words(moment, zone) for moment in (window.starts_at, window.ends_at))
    if before == after:
        return "The clocks are changed during this stay, there and back; the times are those the clock then shows."
    length = hours_words(window.length / HOUR)
    return f"The clocks change during this stay: it starts in {before}, ends in {after} and lasts {length}."


def _crosses_dst(plan: Plan, zone: ZoneInfo) -> str:
    return _crossing(plan.granted, zone)


def _starts_now(plan: Plan, zone: ZoneInfo) -> str:
    start = show_moment(plan.granted.starts_at, zone)
    return f"The start is already past, so the PIN starts with the current hour, {start}."


def _dst_gap(plan: Plan, zone: ZoneInfo) -> str:
    return "The clocks skip a time you gave; it was moved forward by as much as they are."


def _dst_fold(plan: Plan, zone: ZoneInfo) -> str:
    return "The clocks show a time you gave twice that night; the first was taken."


_WARNINGS: Mapping[Warning, Callable[[Plan, ZoneInfo], str]] = {
    Warning.ROUNDED: _rounded,
    Warning.NEEDS_ACTIVATION: _needs_activation,
    Warning.CROSSES_DST: _crosses_dst,
    Warning.STARTS_NOW: _starts_now,
    Warning.DST_GAP: _dst_gap,
    Warning.DST_FOLD: _dst_fold,
}


_OF_THE_CLOCKS = (Warning.CROSSES_DST, Warning.DST_GAP, Warning.DST_FOLD)


_WHY_OTHERWISE = {
    Reason.GAP_28_29_DAYS: "no PIN lasts more than 28 days and less than 29",
    Reason.TOO_LONG: "no PIN lasts longer than 367 days",
    Reason.SLOT_FULL: "the lock takes no more PINs that start when it begins",
}
_ROUNDED = "a PIN of 29 days or more ends at the time of day at which it started"


def otherwise_words(
    booked: AccessWindow, planned: AccessWindow, granted: AccessWindow, zone: ZoneInfo, at: datetime
) -> str:
    """What differs from what was booked, and why: for whoever decides. `at`: when it was planned. Empty where it is as
    booked."""
    if as_booked(booked, planned, granted, at):
        return ""
    reason = why_otherwise(booked, planned, zone, at)
    why = _WHY_OTHERWISE.get(reason, _ROUNDED) if reason else _ROUNDED
    later, longer = granted.starts_at - max(booked.starts_at, at), granted.ends_at - booked.ends_at
    # Less than an hour more is no matter, and any minute less is one.
    starts = f"starts {_moved(later)}" if later > timedelta() or later <= -HOUR else ""
    ends = f"ends {_moved(longer)}" if longer < timedelta() or longer >= HOUR else ""
    differs = " and ".join(filter(None, (starts, ends)))
    return f"Booked is {show_window(booked, zone)}, but {why}. This PIN {differs}, so no rule approves it by itself."


def _moved(by: timedelta) -> str:
    minutes = max(1, round(abs(by) / timedelta(minutes=1)))
    short = f"{minutes} minute{'' if minutes == 1 else 's'}"
    length = hours_words(round(abs(by) / HOUR, 1)) if minutes >= 60 else short
    return f"{length} {'later' if by > timedelta() else 'earlier'}"


def alternative_sentence(alternative: Alternative) -> str:
    """What the other way is, what is better about it and what is worse."""
    what = _WAYS[alternative.way].format(pins=alternative.pins)
    return f"{what}: {_BETTER[alternative.better]}, but {_WORSE[alternative.worse]}."


_WAYS = {
    AlternativeKind.ONE_PIN: "One PIN for the whole stay",
    AlternativeKind.CHAIN: "{pins} PINs one after the other, each for 24 hours at most",
    AlternativeKind.ONE_TIME: "A one-time PIN",
    AlternativeKind.ON_ARRIVAL: "A PIN on arrival",
}
_BETTER = {
    Better.NO_DEADLINE: "none of them has to be used early",
    Better.OPENS_AGAIN: "it opens as often as needed",
    Better.DIES_AFTER_USE: "it is worth nothing once it has been used",
    Better.STARTS_WHEN_THERE: "the guest texts HERE at the door and gets a PIN that starts then, so none goes unused",
}
_WORSE = {
    Worse.NEW_PIN_EVERY_DAY: "the guest gets a new one every day",
    Worse.OPENS_ONCE: "it opens the door a single time",
    Worse.DEADLINE: "it must first be used within 24 hours of its start",
    Worse.LIVES_ON: "it opens until its end and cannot be taken back",
    Worse.GUEST_MUST_TEXT: "the guest's phone must be able to text from there",
}
