"""Approvers without chat on paper: who is asked about which lock, and when a text may reach them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.approvals.named_locks import unknown_locks
from bot.domain.approvals.policy import ApproverReminders, Rule, Rules, deciders, texted
from bot.domain.approvals.sms_approvers import SmsApprover, by_sms, in_chat, slowed, texted_at, with_phone
from bot.domain.messages.reminders import QuietHours
from bot.domain.pins import Phone
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

PARIS = ZoneInfo("Europe/Paris")
NIGHT = QuietHours(time(21), time(8))
EVA = SmsApprover("Eva", Phone("+447700900123"))
FINN = SmsApprover("Finn", Phone("+447700900124"), ("Cabin *",))
T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)
RULES = Rules(
    Rule(("U_BEN", EVA.id, FINN.id)),
    (Rule(("U_CARA",), locks=("vault",)), Rule((FINN.id,), locks=("front door",))),
    reminders=ApproverReminders(backup=(EVA.id,)),
    sms_approvers=(EVA, FINN),
)


def request() -> AccessRequest:
    window = AccessWindow(T0 + timedelta(hours=48), T0 + timedelta(hours=72))
    return AccessRequest("r1", "l1", "g1", "U_ADA", window, window, PinKind.HOURLY, T0)


@every(
    ("lock", "called", "who"),
    [
        ("Garden gate", False, {"U_BEN", "sms:Eva"}),
        ("Cabin 7", False, {"U_BEN", "sms:Eva", "sms:Finn"}),
        ("Vault", False, {"U_CARA"}),
        ("Vault", True, {"U_CARA", "sms:Eva"}),
        ("Front door", False, set()),
    ],
)
def test_who_may_decide(lock: str, called: bool, who: set[str]) -> None:
    found = deciders(RULES, request(), lock, {}, backup_called=called).approvers
    assert found == who
    assert {one.id for one in texted(RULES, found)} == {one for one in who if by_sms(one)}


def test_their_locks_have_to_exist() -> None:
    assert unknown_locks(RULES, ["Vault", "Front door"]) == ("Cabin *",)


def test_only_people_in_chat_are_called_by_name_there() -> None:
    assert in_chat({"U_BEN", "sms:Eva"}) == {"U_BEN"}


def test_a_number_is_one_persons() -> None:
    assert with_phone(RULES.sms_approvers, Phone("+447700900124")) == FINN
    assert with_phone(RULES.sms_approvers, Phone("+447700900125")) is None


@every(
    ("now", "lapses", "at"),
    [
        ("2026-12-01 15:00", "2026-12-03 15:00", "2026-12-01 15:00"),
        ("2026-12-01 23:00", "2026-12-03 15:00", "2026-12-02 08:00"),
        ("2026-12-02 03:00", "2026-12-03 15:00", "2026-12-02 08:00"),
        ("2026-12-01 23:00", "2026-12-02 11:00", "2026-12-02 08:00"),
        ("2026-12-01 23:00", "2026-12-02 10:59", "2026-12-01 23:00"),
        ("2026-12-01 23:00", "2026-12-02 02:00", "2026-12-01 23:00"),
        ("2026-10-24 23:00", "2026-10-26 15:00", "2026-10-25 08:00"),
    ],
)
def test_a_text_waits_for_the_morning_only_where_there_is_time(now: str, lapses: str, at: str) -> None:
    moments = [datetime.fromisoformat(one).replace(tzinfo=PARIS).astimezone(UTC) for one in (now, lapses, at)]
    assert texted_at(moments[0], moments[1], NIGHT, PARIS) == moments[2]
    assert texted_at(moments[0], moments[1], None, PARIS) == moments[0]


def test_guessing_is_slowed_down() -> None:
    assert [slowed(*counts) for counts in ((0, 0), (4, 14), (5, 5), (0, 15))] == [False, False, True, True]
