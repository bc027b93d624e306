"""The promise of the last hours: nobody has a living, unused PIN two hours before it dies unless it is known to be
used, a reminder has arrived, or staff have a danger card. Whatever the policy, the hour, and the luck of the texts."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals.policy import MOST_ALONE, Rule, Rules, may_replace_alone
from bot.domain.messages.reminders import Policy, QuietHours
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.advance import Facts, NotificationKind, advance
from bot.domain.windows import AccessWindow, PinKind

S = CodeStatus
HOUR = timedelta(hours=1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ("Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe")
clocks = st.times().map(lambda t: t.replace(minute=t.minute - t.minute % 15, second=0, microsecond=0))
quiets = st.none() | st.builds(QuietHours, clocks, clocks)
policies = st.builds(
    Policy,
    st.integers(0, 72).map(lambda hours: hours * HOUR),
    st.lists(st.integers(1, 23), max_size=4, unique=True).map(lambda hours: tuple(sorted(hours, reverse=True))),
    st.integers(1, 23),
    quiets,
)


@dataclass
class Guest:
    """How the world treats one stay: which texts arrive, when the guest gets in (hours after the start, if at all), and
    how long it takes until a PIN is made."""

    pin_arrives: bool
    reminders_arrive: list[bool]
    in_after: float | None
    made_after: float


guests = st.builds(
    Guest,
    st.booleans(),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.none() | st.floats(0, 40),
    st.sampled_from([0.0, 0.0, 1.0, 20.0, 23.0]),
)


@dataclass
class Life:
    """A code looked at only when it is due, as the clock does; its surroundings answer in between."""

    code: AccessCode
    policy: Policy
    zone: ZoneInfo
    guest: Guest
    facts: Facts = field(default_factory=Facts)
    reminded: int = 0

    def until(self, moment: datetime) -> None:
        now = self.code.due_at
        while now is not None and now <= moment:
            self.look(now)
            due = self.code.due_at
            now = None if due is None else max(due, now + timedelta(seconds=1))

    def look(self, now: datetime) -> None:
        used = self.guest.in_after is not None and now >= self.code.window.starts_at + self.guest.in_after * HOUR
        self.facts = replace(self.facts, used=used and self.code.has_pin)
        for _ in range(4):
            step = advance(self.code, self.facts, now, self.policy, self.zone)
            self.code = replace(self.code, status=step.status, due_at=step.due_at)
            self.receive({t.kind for t in step.tell}, {t.key for t in step.tell}, now)

    def receive(self, kinds: set[NotificationKind], keys: set[str], now: datetime) -> None:
        self.facts = replace(self.facts, already_sent=self.facts.already_sent | keys)
        if self.code.status is S.MINTING:
            made = now >= self.code.window.starts_at - self.policy.mint_lead + self.guest.made_after * HOUR
            self.code = replace(self.code, has_pin=made, due_at=now if made else now + HOUR / 4)
        if NotificationKind.PIN in kinds:
            self.facts = replace(self.facts, texted=self.guest.pin_arrives)
        if NotificationKind.REMINDER in kinds:
            arrives = self.guest.reminders_arrive[self.reminded % 4]
            self.reminded += 1
            self.facts = replace(self.facts, reminded=self.facts.reminded or arrives)


def a_life(hours: int, length: int, policy: Policy, zone: str, guest: Guest) -> Life:
    start = FIRST + hours * HOUR
    mint_at = start - policy.mint_lead
    code = AccessCode(
        "C", "R", "L", "G", PinKind.HOURLY, AccessWindow(start, start + length * HOUR), TakenSlot("k", 1), mint_at
    )
    return Life(replace(code, due_at=mint_at), policy, ZoneInfo(zone), guest)


@given(st.integers(0, 24 * 366), st.integers(25, 672), policies, st.sampled_from(ZONES), guests)
def test_nobody_is_left_alone_with_a_dying_pin(
    hours: int, length: int, policy: Policy, zone: str, guest: Guest
) -> None:
    life = a_life(hours, length, policy, zone, guest)
    deadline = life.code.activate_by
    assert deadline is not None
    life.until(deadline - 2 * HOUR)
    if life.code.status in (S.READY, S.SHARED):
        assert life.facts.used or life.facts.reminded or NotificationKind.DANGER.value in life.facts.already_sent


@given(st.integers(0, 24 * 366), st.integers(25, 672), policies, st.sampled_from(ZONES), guests)
def test_no_stay_is_silent_to_the_end(hours: int, length: int, policy: Policy, zone: str, guest: Guest) -> None:
    """Whatever becomes of it, somebody was told how it ended."""
    life = a_life(hours, length, policy, zone, guest)
    life.until(life.code.window.ends_at + HOUR)
    ends = {
        NotificationKind.USED,
        NotificationKind.UNCONFIRMED,
        NotificationKind.FAILED,
        NotificationKind.NEVER_MINTED,
    }
    assert life.facts.already_sent & {kind.value for kind in ends}


def test_the_last_call_is_two_hours_before_where_the_operators_hour_is_later() -> None:
    never = Guest(pin_arrives=True, reminders_arrive=[False] * 4, in_after=None, made_after=0)
    policy = Policy(staff_alert_hours=1)
    life = a_life(20, 40, policy, "Europe/Paris", never)
    deadline = life.code.activate_by
    assert deadline is not None
    life.until(deadline - 2 * HOUR - timedelta(minutes=1))
    assert NotificationKind.DANGER.value not in life.facts.already_sent
    life.until(deadline - 2 * HOUR)
    assert NotificationKind.DANGER.value in life.facts.already_sent
    reminded = a_life(20, 40, policy, "Europe/Paris", replace(never, reminders_arrive=[True] * 4))
    reminded.until(deadline - 2 * HOUR)
    assert NotificationKind.DANGER.value not in reminded.facts.already_sent


def missed() -> tuple[AccessCode, datetime]:
    life = a_life(20, 40, Policy(quiet=QuietHours(time(21), time(8))), "Europe/Paris", Guest(True, [True] * 4, None, 0))
    return replace(life.code, status=S.SHARED, has_pin=True), life.code.deadline


def test_the_rules_replace_a_pin_only_once_its_guest_says_that_it_does_not_open() -> None:
    code, deadline = missed()
    said = frozenset({"pin", "shared", "danger", "unconfirmed", "ask_guest"})
    silent = advance(code, Facts(said, texted=True, replaces_alone=True), deadline, Policy(), ZoneInfo("UTC"))
    assert (silent.status, silent.replace, silent.tell) == (S.UNCONFIRMED, False, ())
    stuck = Facts(said | {"another_wanted"}, texted=True, replaces_alone=True)
    alone = advance(replace(code, status=S.UNCONFIRMED), stuck, deadline, Policy(), ZoneInfo("UTC"))
    assert (alone.status, alone.replace) == (S.UNCONFIRMED, True)
    assert alone.due_at == deadline + timedelta(minutes=1), "should the nudge be lost"
    done = replace(stuck, already_sent=stuck.already_sent | {"replaced_alone"})
    after = advance(replace(code, status=S.UNCONFIRMED), done, deadline, Policy(), ZoneInfo("UTC"))
    assert (after.replace, after.due_at) == (False, code.window.ends_at)
    said = frozenset({"pin", "shared", "danger"})
    asked = advance(code, Facts(said, texted=True), deadline, Policy(), ZoneInfo("UTC"))
    assert [t.kind for t in asked.tell] == [NotificationKind.UNCONFIRMED, NotificationKind.ASK_GUEST]
    used = advance(code, Facts(said, texted=True, used=True, replaces_alone=True), deadline, Policy(), ZoneInfo("UTC"))
    assert (used.status, used.replace) == (S.ACTIVE, False)


def test_the_rules_replace_only_the_newest_and_not_for_ever() -> None:
    first, _ = missed()
    alone = Rules(Rule(("U_BEN",)), replace_missed_alone=True)
    assert may_replace_alone([first], first.id, alone)
    assert not may_replace_alone([first], first.id, Rules(Rule(("U_BEN",))))
    chain = [first, *(replace(first, id=f"C{n}", replaces="C") for n in range(MOST_ALONE))]
    assert not may_replace_alone(chain[:2], first.id, alone)
    assert may_replace_alone(chain[:-1], chain[-2].id, alone)
    assert not may_replace_alone(chain, chain[-1].id, alone)
