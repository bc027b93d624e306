"""`advance`: wherever and however often it is run, a code comes to the same place and nothing is said twice."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages.reminders import Policy, QuietHours, Reminder, reminders, staff_alert_at
from bot.domain.stays.access_codes import (
    TRANSITIONS,
    AccessCode,
    CodeStatus,
    IllegalTransition,
    TakenSlot,
    check_transition,
)
from bot.domain.stays.advance import CodeStep, Facts, Notification, NotificationKind, advance, begun
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

S = CodeStatus
PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 12, 4, 19, tzinfo=UTC)  # 20:00 in Paris: no reminder falls into the night
LONG = AccessWindow(START, START + timedelta(hours=39))
SHORT = AccessWindow(START, START + timedelta(hours=5))
POLICY = Policy()


def code(window: AccessWindow = LONG, **changes: object) -> AccessCode:
    made = AccessCode(
        "C1", "R1", "L1", "G1", PinKind.HOURLY, window, TakenSlot("2026-12-04T20", 1), START - timedelta(hours=24)
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def h(hours: float) -> datetime:
    """That many hours after the start."""
    return START + timedelta(hours=hours)


@pytest.mark.parametrize("window", [LONG, SHORT])
@pytest.mark.parametrize("on_arrival", [True, False])
@pytest.mark.parametrize("hours", [-25, -24, 0, 4, 5, 24, 39])
def test_a_new_code_begins_where_the_first_look_would_leave_it(
    window: AccessWindow, hours: float, *, on_arrival: bool
) -> None:
    new = code(window, on_arrival=on_arrival)
    step = advance(new, Facts(), h(hours), POLICY, PARIS)
    after = begun(new, h(hours))
    if step.status is S.MINTING:
        assert (after.status, after.due_at, step.tell) == (S.MINTING, step.due_at, ())
    else:
        assert after == new


@dataclass
class Life:
    """A code with its surroundings, played as the workflows would: they queue what is told and keep what moved."""

    code: AccessCode
    facts: Facts = field(default_factory=Facts)
    said: list[str] = field(default_factory=list)
    mints: bool = True
    texts: bool = True

    def at(self, now: datetime) -> CodeStep:
        step = advance(self.code, self.facts, now, POLICY, PARIS)
        self.code = replace(self.code, status=step.status, due_at=step.due_at)
        self.said += [t.key for t in step.tell]
        self.facts = replace(self.facts, already_sent=self.facts.already_sent | {t.key for t in step.tell})
        self.the_world_answers()
        return step

    def the_world_answers(self) -> None:
        if self.code.status is S.MINTING and self.mints:
            self.code = replace(self.code, has_pin=True)
        if "pin" in self.facts.already_sent and self.texts:
            self.facts = replace(self.facts, texted=True)

    def settle(self, now: datetime) -> None:
        for _ in range(6):
            self.at(now)

    def use(self) -> None:
        self.facts = replace(self.facts, used=True)


def test_a_stay_that_goes_well() -> None:
    life = Life(code())
    life.settle(h(-30))
    assert life.code.status is S.RESERVED
    assert life.code.due_at == h(-24)
    life.settle(h(-24))
    assert life.code.status is S.SHARED
    assert life.said == ["pin", "shared"]
    assert life.code.due_at == h(12)
    life.settle(h(12))
    assert life.said[2:] == ["reminder:12"]
    life.use()
    life.settle(h(13))
    assert life.code.status is S.ACTIVE
    assert life.said[3:] == ["used"]
    assert life.code.due_at == h(39)
    life.settle(h(39))
    assert life.code.status is S.ENDED
    assert life.code.due_at is None


@every(
    ("heard", "status", "staff", "guest"),
    [(False, S.UNCONFIRMED, "unconfirmed", "ask_guest"), (True, S.EXPIRED, "missed_staff", "missed_guest")],
)
def test_a_deadline_that_goes_by_in_silence(status: CodeStatus, staff: str, guest: str, *, heard: bool) -> None:
    """Silence proves nothing where nobody would have spoken: only a lock that reports openings makes a PIN expired."""
    life = Life(code(), facts=Facts(heard_from_lock=heard))
    for hour in (-24, 0, 12, 18, 20, 22, 24):
        life.settle(h(hour))
    assert life.code.status is status
    assert life.said == [
        "pin",
        "shared",
        "reminder:12",
        "reminder:6",
        "danger",
        "reminder:2",
        staff,
        guest,
    ]
    assert life.code.due_at == (None if heard else life.code.window.ends_at)
    life.settle(life.code.window.ends_at)
    assert life.code.status is (S.EXPIRED if heard else S.ENDED)


def test_a_clock_that_jumps_sends_one_reminder() -> None:
    life = Life(code())
    life.settle(h(-24))
    life.settle(h(23))
    assert [s for s in life.said if s.startswith("reminder")] == ["reminder:2"]


def test_evidence_that_comes_late_still_counts() -> None:
    life = Life(code())
    for hour in (-24, 24):
        life.settle(h(hour))
    assert life.code.status is S.UNCONFIRMED
    life.use()
    life.settle(h(25))
    assert life.code.status is S.ACTIVE


def test_a_short_pin_has_no_activation_window() -> None:
    life = Life(code(SHORT))
    for hour in (-24, 0, 4, 5):
        life.settle(h(hour))
    assert life.code.status is S.ENDED
    assert life.said == ["pin", "shared"]


def test_a_pin_nobody_can_make_fails_at_its_deadline() -> None:
    life = Life(code(), mints=False)
    life.settle(h(-24))
    assert life.code.status is S.MINTING
    life.settle(h(24))
    assert life.code.status is S.FAILED
    assert life.said == ["failed"]


def test_nothing_is_made_for_a_stay_that_is_over() -> None:
    life = Life(code())
    life.settle(h(24))
    assert life.code.status is S.RELEASED
    assert life.said == ["never_minted"]


def test_what_a_person_released_stays_silent() -> None:
    life = Life(code(status=S.RELEASED))
    life.settle(h(50))
    assert life.said == []


def test_no_reminder_before_the_pin_was_texted() -> None:
    life = Life(code(), texts=False)
    for hour in (-24, 12, 18, 20):
        life.settle(h(hour))
    assert life.code.status is S.READY
    assert life.said == ["pin", "danger"]


def test_a_withdrawn_pin_ends_with_its_window() -> None:
    life = Life(code(status=S.WITHDRAWN, has_pin=True))
    life.settle(h(1))
    assert life.code.status is S.WITHDRAWN
    assert life.code.due_at == h(39)
    life.settle(h(39))
    assert life.code.status is S.ENDED


@every("status", list(S))
def test_every_status_can_be_looked_at_at_any_time(status: CodeStatus) -> None:
    for hour in (-100, -24, 0, 12, 24, 39, 1000):
        step = advance(code(status=status, has_pin=status is not S.RESERVED), Facts(), h(hour), POLICY, PARIS)
        for before, after in zip((status, *step.path), step.path, strict=False):
            check_transition(before, after)
        assert step.due_at is None or step.due_at > h(hour) or step.status in (S.RESERVED, S.MINTING)


def test_a_move_outside_the_table_is_a_bug() -> None:
    with pytest.raises(IllegalTransition):
        check_transition(S.ENDED, S.SHARED)
    assert set(TRANSITIONS) == set(S)


moments = st.integers(min_value=-40 * 60, max_value=60 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
windows = st.sampled_from([LONG, SHORT, AccessWindow(START, START + timedelta(hours=24)), AccessWindow(START, h(700))])


@given(windows, st.lists(moments, max_size=30), st.integers(-1, 29), st.booleans(), st.booleans())
def test_it_converges_and_says_nothing_twice(
    window: AccessWindow, visits: list[datetime], used_at_visit: int, mints: bool, texts: bool
) -> None:
    """Visited in any order and number before, a code ends where one that was visited only at the end, or at every
    due moment, ends; and no key is told twice."""
    life = Life(code(window), mints=mints, texts=texts)
    for index, moment in enumerate(visits):
        if index == used_at_visit and life.code.has_pin:
            life.use()
        life.settle(moment)
    end = window.ends_at + timedelta(hours=1)
    life.settle(end)
    place = (life.code.status, life.code.due_at)
    life.settle(end + timedelta(days=400))
    assert (life.code.status, life.code.due_at) == place
    assert life.code.due_at is None
    assert len(life.said) == len(set(life.said))
    if life.facts.used:
        assert life.code.status is S.ENDED


@given(windows, st.lists(moments, min_size=1, max_size=20))
def test_extra_visits_change_nothing(window: AccessWindow, extra: list[datetime]) -> None:
    """A code looked at only when due, and one looked at besides at any other later moment, tell the same story."""

    def play(visits: list[datetime]) -> tuple[CodeStatus, list[str]]:
        life = Life(code(window))
        for moment in sorted(visits):
            life.settle(moment)
        return life.code.status, life.said

    due = [START - timedelta(hours=24), window.ends_at]
    due += [r.due_at for r in reminders(window, POLICY, PARIS)]
    due += [m for m in (staff_alert_at(window, POLICY), window.activate_by) if m]
    assert play(due) == play([*due, *extra])


def test_reminders_come_before_the_night_and_never_in_it() -> None:
    three = AccessWindow(START - timedelta(hours=5), START + timedelta(hours=39))  # 15:00 in Paris
    ladder = reminders(three, POLICY, PARIS)
    assert [(r.due_at.astimezone(PARIS).strftime("%a %H:%M"), r.hours) for r in ladder] == [
        ("Fri 20:59", 12),
        ("Sat 09:00", 6),
        ("Sat 13:00", 2),
    ]


@given(
    st.integers(0, 24 * 366), st.sampled_from(["Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
)
def test_no_reminder_in_quiet_hours_and_all_within_the_window(hour: int, zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    starts = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    window = AccessWindow(starts, starts + timedelta(hours=48))
    assert window.activate_by is not None
    for reminder in reminders(window, POLICY, zone):
        clock = reminder.due_at.astimezone(zone).time()
        assert time(8) <= clock < time(21)
        assert starts <= reminder.due_at <= window.activate_by - timedelta(hours=2)


def test_rungs_that_fall_together_become_one() -> None:
    window = AccessWindow(datetime(2026, 12, 4, 2, tzinfo=UTC), datetime(2026, 12, 6, 2, tzinfo=UTC))
    ladder = reminders(window, POLICY, PARIS)
    assert len({r.due_at for r in ladder}) == len(ladder)
    assert ladder[-1].hours == 2


def test_without_quiet_hours_the_ladder_is_exact() -> None:
    policy = Policy(quiet=None)
    assert reminders(LONG, policy, PARIS) == (Reminder(h(12), 12), Reminder(h(18), 6), Reminder(h(22), 2))
    same = Policy(quiet=QuietHours(time(9), time(9)))
    assert reminders(LONG, same, PARIS) == reminders(LONG, policy, PARIS)


def test_a_notification_is_known_by_its_key() -> None:
    assert Notification(NotificationKind.REMINDER, 6).key == "reminder:6"
    assert Notification(NotificationKind.PIN).key == "pin"


def test_people_hear_of_a_pin_that_is_not_there_before_its_guest_comes() -> None:
    life = Life(replace(code(), status=S.MINTING, due_at=h(-24)), mints=False)
    for hour, said in (
        (-24, []),
        (-23.8, []),
        (-23.75, ["overdue"]),
        (-10, ["overdue"]),
        (-2, ["overdue", "still_no_pin:2"]),
        (-1, ["overdue", "still_no_pin:2"]),
        (0, ["overdue", "still_no_pin:2", "still_no_pin:0"]),
        (5, ["overdue", "still_no_pin:2", "still_no_pin:0"]),
    ):
        life.settle(h(hour))
        assert life.said == said, hour
        assert life.code.status is S.MINTING


def test_of_what_fell_due_together_only_the_last_is_said() -> None:
    for hour, said in ((-1, ["still_no_pin:2"]), (3, ["still_no_pin:0"])):
        life = Life(replace(code(), status=S.MINTING, due_at=h(-24)), mints=False)
        life.settle(h(hour))
        assert life.said == said
    late = Life(replace(code(), status=S.MINTING, mint_at=h(2), due_at=h(2)), mints=False)
    late.settle(h(2.25))
    assert late.said == ["overdue"], "approved when the stay had begun"


@every(
    ("promised", "minutes", "said"),
    [
        (None, 3, False),
        (None, 15, True),
        (0, 1.9, False),
        (0, 2, True),
        (6, 7.9, False),
        (6, 8, True),
        (14, 15, True),
    ],
)
def test_whoever_was_promised_a_pin_at_the_door_has_people_called_sooner(
    promised: float | None, minutes: float, *, said: bool
) -> None:
    at = h(0) + timedelta(minutes=promised) if promised is not None else None
    here = replace(code(), status=S.MINTING, mint_at=h(0))
    step = advance(here, Facts(promised_at=at), h(0) + timedelta(minutes=minutes), POLICY, PARIS)
    assert ("overdue" in {one.key for one in step.tell} or "still_no_pin:0" in {one.key for one in step.tell}) is said


def test_a_pin_that_exists_or_waits_for_its_guest_is_not_overdue() -> None:
    for made in (replace(code(), status=S.MINTING, has_pin=True), replace(code(), on_arrival=True)):
        life = Life(made, mints=False)
        life.settle(h(-1))
        assert not [said for said in life.said if "overdue" in said or "still" in said]
