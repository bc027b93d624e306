"""Guests and people of connected organisations: what rules mean by them, and what no group gives them."""

from dataclasses import replace

import pytest

from bot.domain.approvals.belonging import Belonging, kind_of
from bot.domain.approvals.policy import (
    ApproverReminders,
    Rule,
    Rules,
    StayTerms,
    check_may_ask,
    check_may_operate,
    may_ask,
    people,
)
from bot.domain.refusals import Reason, Refusal

GROUPS = {
    "S_BOSS": frozenset({"U_BEN", "U_GUEST", "U_FAR"}),
    "guests": frozenset({"U_GUEST", "U_NAMED"}),
    "connected": frozenset({"U_FAR"}),
}
RULES = Rules(Rule(("U_BEN",)))


def test_of_a_group_only_members_count_and_whoever_is_named_counts_whatever_they_are() -> None:
    assert people(("S_BOSS",), GROUPS) == {"U_BEN"}
    assert people(("S_BOSS", "U_GUEST"), GROUPS) == {"U_BEN", "U_GUEST"}
    assert people(("S_BOSS", "guests"), GROUPS) == {"U_BEN", "U_GUEST", "U_NAMED"}
    assert people(("members", "connected"), GROUPS) == {"U_FAR"}
    assert people(("S_BOSS",), {"S_BOSS": frozenset({"U_A"})}) == {"U_A"}


@pytest.mark.parametrize(
    ("named", "may"),
    [
        ((), {"U_ADA", "U_BEN"}),
        (("members",), {"U_ADA", "U_BEN"}),
        (("members", "guests"), {"U_ADA", "U_BEN", "U_GUEST", "U_NAMED"}),
        (("members", "connected"), {"U_ADA", "U_BEN", "U_FAR"}),
        (("S_BOSS",), {"U_BEN"}),
        (("S_BOSS", "U_NAMED"), {"U_BEN", "U_NAMED"}),
        (("U_ADA", "guests", "connected"), {"U_ADA", "U_GUEST", "U_NAMED", "U_FAR"}),
    ],
)
def test_who_may_ask(named: tuple[str, ...], may: set[str]) -> None:
    rules = replace(RULES, may_ask=named)
    everybody = ("U_ADA", "U_BEN", "U_GUEST", "U_NAMED", "U_FAR")
    assert {one for one in everybody if may_ask(rules, one, GROUPS)} == may


def test_the_refusal_says_as_what_they_were_refused() -> None:
    for person, kind in (("U_GUEST", "guests"), ("U_FAR", "connected")):
        with pytest.raises(Refusal) as refused:
            check_may_ask(RULES, person, GROUPS)
        assert (refused.value.reason, refused.value.facts["kind"]) == (Reason.MAY_NOT_ASK, kind)
    assert kind_of("U_ADA", GROUPS) is Belonging.MEMBER


def test_a_stricter_rule_for_a_group_is_for_the_guests_in_it_too() -> None:
    """Who asks is matched as the group stands: left out of it, a guest would fall under a laxer rule."""
    strict, far = (
        Rule(("U_BEN",), 2, requesters=("S_BOSS",), name="strict"),
        Rule(requesters=("connected",), name="far"),
    )
    rules = replace(RULES, rules=(far, strict))
    assert rules.rule_for(StayTerms("Cabin", 4, "U_GUEST"), GROUPS).name == "strict"
    assert rules.rule_for(StayTerms("Cabin", 4, "U_FAR"), GROUPS).name == "far"
    assert rules.rule_for(StayTerms("Cabin", 4, "U_ADA"), GROUPS).name == "default"


def test_no_group_lets_a_guest_open_a_door() -> None:
    rules = replace(RULES, may_unlock=("S_BOSS",))
    check_may_operate(rules, GROUPS, "U_BEN", "Cabin")
    for person in ("U_GUEST", "U_FAR"):
        with pytest.raises(Refusal):
            check_may_operate(rules, GROUPS, person, "Cabin")
    check_may_operate(replace(rules, may_unlock=("S_BOSS", "U_FAR")), GROUPS, "U_FAR", "Cabin")


def test_only_approvers_who_are_named_themselves_need_not_be_looked_up() -> None:
    rules = Rules(
        Rule(("U_BEN", "S_BOSS", "sms:Eva")),
        (Rule(("U_CARA",), requesters=("U_ADA",), may_unlock=("U_DORA",)),),
        ("U_FINN", "guests"),
        ApproverReminders(backup=("U_GUS",)),
    )
    assert {one for one in rules.named_approvers if one.startswith("U")} == {"U_BEN", "U_CARA", "U_GUS"}
