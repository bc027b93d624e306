"""POLICY_FILE: what it means, and every mistake with its line."""

import os
import re
from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.conversation.files.policy_file import PolicyMistakes, read_policy
from bot.conversation.files.toml_lines import Lines
from bot.conversation.team.policy_notices import source_words
from bot.domain.approvals.by_source import lock_for, policy_for, terms_of
from bot.domain.approvals.limits import Limits
from bot.domain.approvals.named_locks import without_lock
from bot.domain.approvals.policy import ApproverReminders, Rule, Rules, StayTerms
from bot.domain.locks.lock import Contact, Lock, LockDefaults
from bot.domain.messages.reminders import Policy
from bot.domain.sources.terms import SourceTerms
from bot.settings import SettingsProblem, read_settings, sandbox_values
from tests.cases import every

BEN = ("U_BEN",)
LAX = "[[rule]]\nlocks = ['Flat *']\nneeded = 1\n"
UP_TO_100 = "[[rule]]\nmax_hours = 100\n"
STRICT = "[[rule]]\nlocks = ['Flat 9']\nneeded = 2\napprovers = ['U_A', 'U_B']\n"
VRBO = "[[rule]]\nsources = ['vrbo']\n"
EVA = "[[sms_approver]]\nname = 'Eva'\nphone = '+44 7700 900123'\n"
RULES = Path(__file__).parents[3] / "docs" / "approval-rules.md"


def mistakes(text: str) -> list[str]:
    with pytest.raises(PolicyMistakes) as wrong:
        read_policy(text, BEN)
    return wrong.value.mistakes


def test_what_is_said_for_sources_decides_nothing_and_is_said_door_by_door() -> None:
    """Of several rules about a stay the first that says a thing counts for that."""
    rules = read_policy(
        "[[rule]]\nsources = ['vrbo']\nlocks = ['#annex']\ncheck_in = '17:00'\ncontact = 'Ada +44 7700 900123'\n"
        "[[rule]]\nsources = ['vrbo', 'airbnb']\ncheck_in = 16:00:00\ncheck_out = '9:00'\nmint_lead_hours = 0\n"
        "[[rule]]\nsources = ['vrbo']\nchannel = 'C0ANNEX'\nautomatic = true\n",
        BEN,
    )
    house, annex = (
        Lock("1", "r1", "Loft", "UTC"),
        Lock("2", "r2", "Shed", "UTC", defaults=LockDefaults(tags=("annex",))),
    )
    here, there = (terms_of(rules, "source:vrbo", one) for one in (house, annex))
    assert here == SourceTerms(timedelta(0), time(16), time(9), "C0ANNEX")
    assert there == SourceTerms(timedelta(0), time(17), time(9), "C0ANNEX", Contact("Ada", "+447700900123"))
    assert terms_of(rules, "source:airbnb", annex) == SourceTerms(timedelta(0), time(16), time(9))
    assert terms_of(rules, "U_BEN", annex) == SourceTerms()
    assert (lock_for(rules, "U_BEN", annex), policy_for(rules, Policy(), "U_BEN", annex)) == (annex, Policy())
    assert policy_for(rules, Policy(), "source:vrbo", house).mint_lead == timedelta(0)
    assert [rule.name for rule in rules.rules] == ["rule 3"]
    assert rules.rule_for(StayTerms("Shed", 4, "source:airbnb"), {}) == Rule(BEN)
    said = [source_words(one) for one in rules.of_sources]
    assert said[0] == "stays of vrbo at #annex: from 17:00, guests ask Ada"
    assert said[1] == "stays of vrbo, airbnb at any lock: from 16:00, to 09:00, PINs 0 hours before"
    assert without_lock(rules, [house]) == ("#annex",)


def test_a_wrong_source_is_said_once() -> None:
    assert len(mistakes("[[rule]]\nsources = ['Air bnb']\nchannel = 'C1'")) == 1


def test_an_empty_file_changes_nothing() -> None:
    assert read_policy("", BEN) == Rules(Rule(BEN))
    assert read_policy("# nothing yet\n", BEN) == Rules(Rule(BEN))


def test_the_readmes_example_means_what_it_says() -> None:
    found = re.search(r"# Approval rules.*?```toml\n(.*?)```", RULES.read_text(), re.DOTALL)
    assert found
    rules = read_policy(found.group(1), BEN)
    groups = {"S05DESK": frozenset({"U02ADA"})}

    def rule(lock: str, hours: float, requester: str) -> Rule:
        return rules.rule_for(StayTerms(lock, hours, requester), groups)

    assert rules.may_ask
    assert rules.may_reveal == ("S05BOSS", "requester")
    assert rule("Garden gate", 4, "U_ANY").automatic
    assert not rule("Garden gate", 5, "U_ANY").automatic
    assert rule("flat 12", 1, "U_ANY").needed == 2
    assert rule("Cabin", 169, "U_ANY").needed == 2
    assert rule("Cabin", 24, "U02ADA").break_glass == ("U02ADA",)
    assert rule("Cabin", 24, "U_ANY") == Rule(BEN)
    assert rules.reminders.after == tuple(timedelta(minutes=m) for m in (15, 45, 120))
    assert rules.reminders.backup


def test_words_for_those_who_are_no_members() -> None:
    rules = read_policy("may_ask = ['members', 'guests']\n[[rule]]\nrequesters = ['connected']\nneeded = 1", BEN)
    assert rules.may_ask == ("members", "guests")
    assert rules.rules[0].requesters == ("connected",)
    assert rules.groups == ()


def test_who_may_see_pins() -> None:
    rules = read_policy("may_reveal = ['requester']\n[[rule]]\nlocks = ['a']\nmay_reveal = ['S_DESK', 'U_A']", BEN)
    assert rules.may_reveal == ("requester",)
    assert (rules.rules[0].may_reveal, rules.rules[0].approvers) == (("S_DESK", "U_A"), BEN)
    assert rules.groups == ("S_DESK",)
    assert read_policy("[[rule]]\nlocks = ['a']\nautomatic = true\nmay_reveal = ['U_A']", BEN).rules[0].automatic


def test_reminders_can_be_turned_off() -> None:
    assert read_policy("[reminders]\nafter_minutes = []", BEN).reminders == ApproverReminders(())


@every(
    ("text", "line", "says"),
    [
        ("[[rule]\nneeded = 1", 1, "this is no TOML"),
        ("[[rule]]\nneeded = 1\nneeded = 2", 3, "this is no TOML"),
        ("may_ask = [\n", 1, "this is no TOML"),
        ("# hello\n\nrules = 1", 3, "rules means nothing here: did you mean rule?"),
        (
            "[[rule]]\nneeded = 1\n\n[[rule]]\nlock = ['x']\nneeded = 1",
            5,
            "lock means nothing here: did you mean locks",
        ),
        ("[rule]\nneeded = 1", 1, "rule is written with two brackets: [[rule]]"),
        ("[[rule]]\nlocks = [\n  'a',\n]\nneeded = 3", 5, "needed is 1 or 2"),
        ("[[rule]]\nneeded = true", 2, "needed is 1 or 2"),
        ("[[rule]]\nneeded = 2", 2, "needed is 2, and the rule has only one approver"),
        ("[[rule]]\nneeded = 2\napprovers = ['U_A', 'U_A']", 2, "only one approver"),
        ("[[rule]]\nautomatic = 1", 2, "automatic is true or false"),
        ("[[rule]]\nautomatic = true\napprovers = ['U_A']", 3, "no meaning beside automatic"),
        ("[[rule]]\nautomatic = true", 2, "approves all that anybody asks: say for which locks or hours"),
        ("[[rule]]\nautomatic = true\nmay_reveal = ['U_A']", 2, "approves all that anybody asks"),
        ("[[rule]]\nneeded = 1\nmin_hours = nan", 3, "min_hours is a number of hours above 0"),
        ("[[rule]]\nneeded = 1\nmax_hours = inf", 3, "max_hours is a number of hours above 0"),
        ("[[rule]]\nneeded = 1\nmax_hours = -nan", 3, "max_hours is a number of hours above 0"),
        ("\n[reminders]\nafter_minutes = [nan]", 3, "a list of minutes that grow"),
        (f"{LAX}[[rule]]\nlocks = ['Flat 3']\nneeded = 1", 4, "never reached: the rule on line 1 matches all of it"),
        (f"{LAX}[[rule]]\nlocks = ['FLAT ?', 'flat 10']\nneeded = 1\nmax_hours = 9", 4, "never reached"),
        (f"{LAX}may_unlock = ['U_A']\n[[rule]]\nlocks = ['flat 3']\nrequesters = ['U_A']\nneeded = 1", 5, "reached"),
        ("[[rule]]\nmax_hours=9\nneeded=1\n[[rule]]\nmin_hours=2\nmax_hours=9\nlocks=['a']\nneeded=1", 4, "reached"),
        ("[[rule]]\nrequesters=['U_A','U_B']\nneeded=1\n[[rule]]\nrequesters=['U_B']\nneeded=1", 4, "never reached"),
        ("[[rule]]\nlocks = ['*']\nautomatic = true", 3, "automatic approves all that anybody asks"),
        ("[[rule]]\nlocks = ['x', '**']\nautomatic = true", 3, "automatic approves all that anybody asks"),
        ("[[rule]]\nlocks = ['?*']\nautomatic = true", 3, "automatic approves all that anybody asks"),
        ("[[rule]]\nmin_hours = 1\nautomatic = true", 3, "automatic approves all that anybody asks"),
        ("[[rule]]\nmin_hours = 0.01\nautomatic = true", 3, "automatic approves all that anybody asks"),
        ("[[rule]]\nmax_hours = 8808\nautomatic = true", 3, "automatic approves all that anybody asks"),
        ("[[rule]]\nmax_hours = 99999999\nlocks = ['*']\nautomatic = true", 4, "automatic approves all that anybody"),
        (
            f"{UP_TO_100}automatic=true\n[[rule]]\nmin_hours=101\nautomatic=true",
            6,
            "with the automatic rules before it",
        ),
        (f"[[rule]]\nmin_hours=90\nautomatic=true\n{UP_TO_100}automatic=true", 6, "with the automatic rules before it"),
        (f"{UP_TO_100}automatic=true\n{LAX}[[rule]]\nmin_hours=99.5\nlocks=['*']\nautomatic=true", 10, "approves all"),
        (f"[[rule]]\nmin_hours=1\nmax_hours=9999\nneeded=1\n{STRICT}", 5, "the rule on line 1 matches everything"),
        (f"[[rule]]\nlocks=['**']\nneeded=1\n{STRICT}", 4, "the rule on line 1 matches everything"),
        (f"{UP_TO_100}needed=1\n[[rule]]\nmin_hours=101\nneeded=1\n{STRICT}", 7, "the rules before it together match"),
        (
            f"{UP_TO_100}locks=['a','f*']\nneeded=1\n[[rule]]\nmin_hours=50\nlocks=['*9']\nneeded=1\n{STRICT}",
            9,
            "together",
        ),
        (
            (
                "[[rule]]\nrequesters=['U_A']\nneeded=1\n[[rule]]\nrequesters=['U_B']\nneeded=1\n"
                "[[rule]]\nrequesters=['U_A','U_B']\nneeded=2\napprovers=['U_C','U_D']"
            ),
            7,
            "the rules before it together match",
        ),
        ("[[rule]]\nneeded = 1\nmin_hours = 9000", 3, "matches nothing: a PIN lasts whole hours, from 1 to 8808"),
        ("[[rule]]\nneeded = 1\nmax_hours = 0.5", 3, "matches nothing: a PIN lasts whole hours, from 1 to 8808"),
        ("[[rule]]\nneeded = 1\nmin_hours = 4.2\nmax_hours = 4.8", 3, "matches nothing: a PIN lasts whole hours"),
        ("[[rule]]\nneeded = 1\nmax_hours = 1" + "0" * 400, 3, "max_hours is a number of hours above 0"),
        ("\nmax_hours = 1" + "0" * 5000, 2, "this is no TOML"),
        ("[reminders]\nafter_minutes = [1" + "0" * 400 + "]", 2, "a list of minutes that grow"),
        ("x = " + "[" * 100_000, 1, "this is no TOML: brackets within brackets, too many"),
        ("x = " + "{a = " * 5000, 1, "this is no TOML: brackets within brackets, too many"),
        ("[[rule]]\nmax_hours = 4", 1, "[[rule]] says nothing"),
        ("[[rule]]\nneeded = 1\nmin_hours = 5\nmax_hours = 4", 3, "is more than max_hours"),
        ("[[rule]]\nneeded = 1\nmax_hours = '4'", 3, "max_hours is a number of hours above 0"),
        ("[[rule]]\nneeded = 1\nmin_hours = -1", 3, "min_hours is a number of hours above 0"),
        ("[[rule]]\nneeded = 1\nlocks = 'Front door'", 3, "locks is a list of words"),
        ("[[rule]]\nneeded = 1\nlocks = []", 3, "locks is a list of words"),
        ("[[rule]]\napprovers = ['@ben']", 2, 'approvers holds "@ben"'),
        ("[[rule]]\nbreak_glass = ['S_DESK']", 2, 'break_glass holds "S_DESK"'),
        ("[[rule]]\nneeded = 1\nrequesters = 'U_A'", 3, "requesters is a list of Slack ids"),
        ("may_ask = []", 1, "may_ask is a list of Slack ids"),
        ("[[rule]]\nneeded = 1\n[[rule]]\nlocks=['a']\nneeded=1", 3, "never reached: the rule on line 1 matches"),
        ("\n[reminders]\nafter_minutes = [45, 15]", 3, "a list of minutes that grow"),
        ("[reminders]\nafter_minutes = [true]", 2, "a list of minutes that grow"),
        ("reminders = 5", 1, "reminders is a table"),
        ("[reminders]\nbackups = ['U_A']", 2, "backups means nothing here: did you mean backup?"),
        ("x = '''\n[[rule]]\n'''\n[[rule]]\nneeded = 9", 5, "needed is 1 or 2"),
        ("rule = [{needed = 9}]", 1, "needed is 1 or 2"),
        ("[sms_approver]\nname = 'Eva'", 1, "sms_approver is written with two brackets: [[sms_approver]]"),
        ("[[sms_approver]]\nname = 'Eva'", 1, "phone is not a number we can text"),
        ("[[sms_approver]]\nname = 'Eva'\nphone = '0770 0900'", 3, "phone is not a number we can text"),
        ("[[sms_approver]]\nname = 'Eva'\nphone = '+44 7700 900123 or so'", 3, "phone is not a number"),
        ("[[sms_approver]]\nname = 'Eva'\nphone = 447700900123", 3, "phone is not a number we can text"),
        ("[[sms_approver]]\nname = 'a,b'\nphone = '+447700900123'", 2, "name is a name of at most 30 letters"),
        ("[[sms_approver]]\nphone = '+447700900123'", 1, "name is a name of at most 30 letters"),
        ("[[sms_approver]]\nnumber = '+447700900123'", 2, "number means nothing here"),
        (f"{EVA}[[sms_approver]]\nname = 'eva'\nphone = '+447700900124'", 5, 'name is "eva" for the second time'),
        (f"{EVA}[[sms_approver]]\nname = 'Finn'\nphone = '+447700 900123'", 6, "phone stands here for the second time"),
        (f"{EVA}[[rule]]\napprovers = ['sms:Eve']", 5, "no [[sms_approver]] is called Eve; did you mean sms:Eva?"),
        ("[reminders]\nbackup = ['sms:Eva']", 2, "no [[sms_approver]] is called Eva"),
        (f"{EVA}may_ask = ['sms:Eva']", 4, "may_ask means nothing here"),
        (f"{EVA}[[rule]]\nbreak_glass = ['sms:Eva']", 5, 'break_glass holds "sms:Eva"'),
        ("[[rule]]\nneeded = 1\nmay_reveal = ['Ada']", 3, 'may_reveal holds "Ada"'),
        ("[[rule]]\nneeded = 1\nmay_reveal = ['requesters']", 3, 'or "requester"'),
        ("[[rule]]\nneeded = 1\nmay_reveal = []", 3, "may_reveal is a list of Slack ids"),
        ("\nmay_reveal = 'U_A'", 2, "may_reveal is a list of Slack ids"),
        ("may_ask = ['requester']", 1, 'may_ask holds "requester"'),
        ("may_ask = ['members', 'guest']", 1, 'may_ask holds "guest"'),
        ("\nmay_ask = ['guests', 'connected']", 2, 'name "members", too'),
        ("[[rule]]\nneeded = 2\nrequesters = ['members']", 3, 'requesters holds "members"'),
        ("[[rule]]\nlocks = ['a']\napprovers = ['guests']", 3, 'approvers holds "guests"'),
        ("[[rule]]\nlocks = ['a']\nmay_reveal = ['connected']", 3, 'may_reveal holds "connected"'),
        ("may_unlock = ['guests']", 1, 'may_unlock holds "guests"'),
        ("may_ask = ['U_A']\non_call = '0770 0900'", 2, "on_call is not a number we can text"),
        ("on_call = 447700900125", 1, "on_call is not a number we can text"),
        ("[[sms_approver]]\nname = 'On call'\nphone = '+447700900123'", 2, 'name is "On call", as on_call is called'),
        ("\nmay_reval = ['U_A']", 2, "means nothing here: did you mean may_reveal?"),
        ("[[rule]]\ncheck_in = '16:00'", 2, "is for stays that come by themselves: say of which"),
        (f"{VRBO}check_in = '16:30'\n", 3, 'check_in is a whole hour on the lock\'s clock, such as "16:00"'),
        (f"{VRBO}check_out = 10\n", 3, "check_out is a whole hour"),
        (f"{VRBO}check_out = 'ten'\n", 3, "check_out is a whole hour"),
        (f"{VRBO}check_out = '24:00'\n", 3, "check_out is a whole hour"),
        (f"{VRBO}check_in = 2026-12-04\n", 3, "check_in is a whole hour"),
        (f"{VRBO}mint_lead_hours = 721\n", 3, "mint_lead_hours is a whole number of hours from 0 to 720"),
        (f"{VRBO}mint_lead_hours = -1\n", 3, "mint_lead_hours is a whole number of hours from 0 to 720"),
        (f"{VRBO}mint_lead_hours = 1.5\n", 3, "mint_lead_hours is a whole number of hours from 0 to 720"),
        (f"{VRBO}mint_lead_hours = true\n", 3, "mint_lead_hours is a whole number of hours from 0 to 720"),
        (f"{VRBO}mint_lead_hours = '48'\n", 3, "mint_lead_hours is a whole number of hours from 0 to 720"),
        (f"{VRBO}mint_led_hours = 48\n", 3, "mint_led_hours means nothing here: did you mean mint_lead_hours?"),
        (f"{VRBO}channel = '#annex'\n", 3, 'channel is "#annex", but takes the id of a channel'),
        (f"{VRBO}channel = 'U_BEN'\n", 3, 'channel is "U_BEN", but takes the id of a channel'),
        (f"{VRBO}contact = ''\n", 3, "contact is a name, a number or both"),
        (f"{VRBO}contact = 5\n", 3, "contact is a name, a number or both"),
        (f"{VRBO}contact = 'Desk 0770 0900'\n", 3, "contact holds a number that we cannot read"),
        (f"{VRBO}contact = '{'x' * 60}'\n", 3, "contact is wrong: the name may be at most"),
        (f"{VRBO}contact = 'Ötzi ☃'\n", 3, "has characters that a cheap text cannot carry"),
        (
            f"{VRBO}channel = 'C1'\nmax_hours = 5\n",
            4,
            "max_hours has no meaning beside channel: give that a rule of its",
        ),
        (f"{VRBO}channel = 'C1'\nrequesters = ['U_A']\n", 4, "requesters has no meaning beside channel"),
        (
            f"{VRBO}channel = 'C1'\n{VRBO}locks = ['a']\nchannel = 'C2'\n",
            7,
            "channel never counts: the rules before it",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int, says: str) -> None:
    assert any(said.startswith(f"line {line}: ") and says in said for said in mistakes(text)), mistakes(text)


def test_approvers_by_text_message() -> None:
    rules = read_policy(f"{EVA}locks = ['Cabin']\n[[rule]]\nlocks=['x']\napprovers=['U_A', 'sms:Eva']\nneeded=2", BEN)
    (eva,) = rules.sms_approvers
    assert (eva.id, eva.phone.e164, eva.locks) == ("sms:Eva", "+447700900123", ("Cabin",))
    assert rules.default.approvers == ("U_BEN", "sms:Eva")
    assert rules.rules[0].approvers == ("U_A", "sms:Eva")


def test_a_number_on_call_decides_nothing() -> None:
    rules = read_policy(f'on_call = "+44 7700 900125"\n{EVA}', BEN)
    assert rules.on_call is not None
    assert rules.on_call.phone.e164 == "+447700900125"
    assert [one.name for one in rules.phones] == ["Eva", "on call"]
    assert rules.approvers == ("U_BEN", "sms:Eva")
    assert rules.on_call.phone.e164 not in repr(rules)


def test_the_readmes_example_of_an_approver_by_text() -> None:
    found = re.search(r"## Approvers without Slack.*?```toml\n(.*?)```", RULES.read_text(), re.DOTALL)
    assert found
    assert [(one.name, one.locks) for one in read_policy(found.group(1), BEN).sms_approvers] == [("Eva", ("Cabin *",))]


def test_a_mistaken_number_is_not_repeated() -> None:
    """It is nearly somebody's, and mistakes end up in logs."""
    (said,) = mistakes("[[sms_approver]]\nname = 'Eva'\nphone = '+44 7700 9001234567'")
    assert said.startswith("line 3: phone is not a number")
    assert "9001234" not in said


def test_all_mistakes_are_told_at_once_in_order() -> None:
    said = mistakes("may_ask = 1\n[[rule]]\nneeded = 0\nautomatic = 'no'\n[reminders]\nbackup = 'x'")
    assert [one.split(":")[0] for one in said] == ["line 1", "line 3", "line 4", "line 6"]


def test_lines_of_places() -> None:
    lines = Lines('a.b = 1\n"c d" = [\n1,\n]\n[[t]]\n# x\nx = """\n[[t]]\n"""\n[[t]]\ny.z = 1\n')
    assert [
        lines.of(p) for p in (("a",), ("a", "b"), ("c d",), ("t", 0), ("t", 0, "x"), ("t", 1, "y"), ("t", 1, "q"))
    ] == [
        1,
        1,
        2,
        5,
        7,
        11,
        10,
    ]


def read(folder: Path, text: str | bytes | None) -> Rules:
    file = folder / "policy.toml"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    url = "http://127.0.0.1:8000"
    return read_settings(**sandbox_values(url), public_url=url, policy_file=str(file)).rules


@every(
    ("text", "says"),
    [
        (None, "POLICY_FILE cannot be read: No such file or directory"),
        (b"\xff\xfe", "POLICY_FILE is no text in UTF-8"),
        (b"#" * 1_000_001, "POLICY_FILE is no text file of at most 1 MB"),
        ("\n[[rule]]\nneeded = 7", "POLICY_FILE line 3: needed is 1 or 2"),
    ],
)
def test_a_start_with_mistakes_is_refused(tmp_path: Path, text: str | bytes | None, says: str) -> None:
    with pytest.raises(SettingsProblem) as wrong:
        read(tmp_path, text)
    assert wrong.value.problems == [says]


@pytest.mark.parametrize("setting", ["policy_file", "wording_file"])
def test_what_is_no_file_is_not_read(tmp_path: Path, setting: str) -> None:
    pipe, url = tmp_path / "pipe", "http://127.0.0.1:8000"
    os.mkfifo(pipe)
    for odd in (pipe, tmp_path, Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(SettingsProblem) as wrong:
            read_settings(**sandbox_values(url), public_url=url, **{setting: str(odd)})
        assert wrong.value.problems == [f"{setting.upper()} is no text file of at most 1 MB"]


def test_a_start_with_rules(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff[[rule]]\napprovers = ['U_CARA']").rules[0].approvers == ("U_CARA",)


def test_missed_pins_are_replaced_alone_only_where_it_says_so() -> None:
    assert not read_policy("", ("U_BEN",)).replace_missed_alone
    assert not read_policy('replace_missed = "ask"', ("U_BEN",)).replace_missed_alone
    assert read_policy('replace_missed = "automatic"', ("U_BEN",)).replace_missed_alone


@every("value", ["true", '"yes"', "1", '["automatic"]'])
def test_any_other_word_about_missed_pins_is_a_mistake(value: str) -> None:
    with pytest.raises(PolicyMistakes) as wrong:
        read_policy(f"replace_missed = {value}", ("U_BEN",))
    assert wrong.value.mistakes == ['line 1: replace_missed is "ask" (a button for staff) or "automatic"']


def test_limits_are_whole_numbers_by_their_names() -> None:
    assert read_policy("[limits]\nasks_an_hour = 10\ntexts_a_day = 300", BEN).limits == Limits(10, texts_a_day=300)
    for wrong in ("0", "-1", "1.5", "true", '"many"', "[1]", "1000001"):
        (said,) = mistakes(f"[limits]\nasks_an_hour = {wrong}")
        assert said.startswith("line 2: "), wrong
        assert "is a whole number from 1 to 1000000" in said, wrong
    (said,) = mistakes("[limits]\nask_an_hour = 3")
    assert "did you mean asks_an_hour?" in said
    (said,) = mistakes("limits = 3")
    assert "is a table: [limits]" in said


@pytest.mark.parametrize(
    "words",
    [
        f"{LAX}[[rule]]\nlocks = ['Flat 3', 'Attic']\nneeded = 1",
        f"{LAX}[[rule]]\nneeded = 1",
        "[[rule]]\nmax_hours=4\nneeded=1\n[[rule]]\nmax_hours=8\nneeded=1",
        "[[rule]]\nmax_hours=100\nautomatic=true\n[[rule]]\nmin_hours=102\nautomatic=true",
        "[[rule]]\nmax_hours=100\nautomatic=true\n[[rule]]\nmin_hours=101\nneeded=1",
        "[[rule]]\nlocks=['F*']\nautomatic=true\n[[rule]]\nlocks=['*']\nmin_hours=2\nautomatic=true",
        "[[rule]]\nrequesters=['guests']\nautomatic=true\n[[rule]]\nlocks=['*']\nmin_hours=2\nautomatic=true",
        f"{UP_TO_100}needed=1\nlocks=['Flat *']\n{STRICT}",
        "[[rule]]\nmax_hours=4\nneeded=1\n[[rule]]\nlocks=['a']\nneeded=1",
        "[[rule]]\nmin_hours=4\nneeded=1\n[[rule]]\nlocks=['a']\nneeded=1",
        "[[rule]]\nrequesters=['U_A']\nneeded=1\n[[rule]]\nrequesters=['U_A','U_B']\nneeded=1",
        "[[rule]]\nrequesters=['S_DESK']\nneeded=1\n[[rule]]\nrequesters=['U_B']\nneeded=1",
    ],
)
def test_a_rule_that_counts_for_some_stay_is_no_mistake(words: str) -> None:
    assert len(read_policy(words, BEN).rules) == 2
