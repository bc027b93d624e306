"""One person alone approves, and may ask: it is seen before they do."""

from dataclasses import replace

import pytest

from bot.conversation.team.policy_notices import lone_words
from bot.domain.approvals.lone_approvers import lone_approvers
from bot.domain.approvals.policy import ApproverReminders, Rule, Rules
from bot.domain.approvals.sms_approvers import SmsApprover
from bot.domain.pins import Phone

BEN = Rule(("U_BEN",))
GROUPS = {"S_ONE": frozenset({"U_BEN"}), "S_TWO": frozenset({"U_BEN", "U_CARA"})}
GATE = Rule(("U_ADA",), locks=("Gate",), name="rule 1")


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (Rules(BEN), ["U_BEN"]),
        (Rules(Rule(("S_ONE",))), ["U_BEN"]),
        (Rules(Rule(("S_ONE", "U_BEN"))), ["U_BEN"]),
        (Rules(Rule(("S_TWO",))), []),
        (Rules(Rule(("S_UNREAD",))), []),
        (Rules(Rule(("U_BEN", "U_CARA"))), []),
        (Rules(Rule(("U_BEN", "sms:Eva")), sms_approvers=(SmsApprover("Eva", Phone("+447700900123")),)), []),
        (Rules(BEN, reminders=ApproverReminders(backup=("U_CARA",))), []),
        (Rules(BEN, reminders=ApproverReminders((), ("U_CARA",))), ["U_BEN"]),
        (Rules(BEN, may_ask=("U_ADA",)), []),
        (Rules(BEN, may_ask=("U_ADA", "U_BEN")), ["U_BEN"]),
        (Rules(replace(BEN, break_glass=("U_BEN",))), []),
        (Rules(replace(BEN, break_glass=("S_ONE",))), []),
        (Rules(replace(BEN, break_glass=("U_CARA",))), ["U_BEN"]),
        (Rules(BEN, (GATE,)), ["U_ADA", "U_BEN"]),
        (Rules(BEN, (GATE, replace(BEN, break_glass=("U_BEN",)))), ["U_ADA"]),
        (Rules(BEN, (replace(GATE, automatic=True),)), ["U_BEN"]),
        (Rules(BEN, (replace(GATE, requesters=("U_CARA",)),)), ["U_BEN"]),
    ],
)
def test_who_could_ask_in_vain(rules: Rules, found: list[str]) -> None:
    assert [one for _, one in lone_approvers(rules, GROUPS)] == found


def test_the_cure_is_named() -> None:
    said = lone_words(BEN, "U_BEN", asks=True)
    assert "U_BEN has asked for PINs, and nobody can approve it" in said
    assert 'let U_BEN approve own, reviewed by log: break_glass = ["U_BEN"] in a [[rule]] of POLICY_FILE' in said
    assert "when U_BEN asks, nobody can approve it" in lone_words(BEN, "U_BEN", asks=False)
