"""What an operator says of a lock for those who ask: other names, tags that rules mean, its own hours."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.files.lock_settings import LockMistakes, defaults_of, understand_defaults
from bot.conversation.files.policy_file import read_policy
from bot.conversation.typed.asks import understand_ask
from bot.conversation.typed.lock_names import find_lock, lock_name
from bot.domain.approvals.named_locks import unknown_locks
from bot.domain.approvals.policy import StayTerms
from bot.domain.locks.lock import Lock, LockDefaults
from tests.cases import every

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
DEFAULTS = LockDefaults(("attic", "top floor"), ("annex",), time(16), time(10))
LOFT = Lock("L1", "d1", "Loft", "Europe/Paris", defaults=DEFAULTS)
GATE = Lock("L2", "d2", "Garden gate", "Europe/Paris")
NOBODY: dict[str, frozenset[str]] = {}


def test_what_is_typed() -> None:
    typed = {"alias": " attic,  top   floor ,attic", "tag": "#annex", "check_in": "16:00", "check_out": "10:00"}
    assert understand_defaults(LockDefaults(), typed, [GATE]) == DEFAULTS
    assert understand_defaults(DEFAULTS, {}, [GATE]) == DEFAULTS
    emptied = {"alias": "", "tag": "", "check_in": "", "check_out": ""}
    assert understand_defaults(DEFAULTS, emptied, []) == LockDefaults()
    assert defaults_of(LOFT) == [
        ("also called", "attic, top floor"),
        ("tags", "annex"),
        ("check in", "16:00"),
        ("check out", "10:00"),
    ]
    assert defaults_of(GATE) == []


@every(
    ("typed", "said"),
    [
        ({"alias": "garden-gate"}, '"garden-gate" is what Garden gate is called already.'),
        ({"alias": "x" * 60}, "too long"),
        ({"tag": "two words"}, '"two words" is no tag'),
        ({"check_in": "15:30"}, "--check-in is a whole hour on the lock's clock, like 15:00."),
        ({"check_out": "noon"}, "--check-out is a whole hour"),
        ({"check_out": "25:00"}, "--check-out is a whole hour"),
    ],
)
def test_what_does_not_work(typed: dict[str, str], said: str) -> None:
    with pytest.raises(LockMistakes) as error:
        understand_defaults(DEFAULTS, typed, [GATE])
    assert said in error.value.mistakes[0]


def test_another_name_and_the_locks_own_hours() -> None:
    names = [lock_name(LOFT), lock_name(GATE)]
    assert find_lock(["top", "floor"], names)
    for lock, hours in (("attic", (16, 10)), ("garden-gate", (15, 11))):
        ask = understand_ask(f"{lock} for Ana +33639981234 fri - sun", locks=names, now=NOW)
        assert ask.window is not None
        local = ask.window.starts_at.astimezone(PARIS), ask.window.ends_at.astimezone(PARIS)
        assert (local[0].hour, local[1].hour) == hours
    spoken = understand_ask("attic for Ana +33639981234 fri 9pm - sun", locks=names, now=NOW).window
    assert spoken is not None
    assert (spoken.starts_at.astimezone(PARIS).hour, spoken.ends_at.astimezone(PARIS).hour) == (21, 10)


def test_rules_mean_a_lock_by_name_by_other_name_or_by_tag() -> None:
    text = '[[rule]]\nlocks = ["#annex"]\nautomatic = true\n[[rule]]\nlocks = ["garden*"]\nneeded = 2\n'
    rules = read_policy(text, ("U_BEN", "U_EVE"))
    assert rules.rule_for(StayTerms(LOFT.called, 5, "U_ADA"), NOBODY).automatic
    assert rules.rule_for(StayTerms(GATE.called, 5, "U_ADA"), NOBODY).needed == 2
    assert not rules.rule_for(StayTerms("Loft", 5, "U_ADA"), NOBODY).automatic
    assert unknown_locks(rules, [*LOFT.called, *GATE.called]) == ()
    assert unknown_locks(rules, GATE.called) == ("#annex",)
    by_alias = read_policy('[[rule]]\nlocks = ["Attic"]\nautomatic = true\n', ("U_BEN",))
    assert by_alias.rule_for(StayTerms(LOFT.called, 5, "U_ADA"), NOBODY).automatic
