"""Rules hold on to a lock by every name that it was called, and to a request by what it was asked under: two rules
together are never laxer than either."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals.amending import asked_anew, deciders_amended
from bot.domain.approvals.deciding import can_decide, counting, settles
from bot.domain.approvals.named_locks import old_name_counts, without_lock
from bot.domain.approvals.policy import (
    ApproverReminders,
    Deciders,
    Known,
    Rule,
    Rules,
    asked_under,
    automatic,
    deciders,
    deciders_of_all,
    operators,
    same_lock,
)
from bot.domain.approvals.revealing import revealers
from bot.domain.approvals.sms_approvers import SmsApprover
from bot.domain.locks.known_as import MOST_NAMES, KnownAs, with_name
from bot.domain.locks.lock import Lock, LockDefaults, shared_names
from bot.domain.locks.presence import Presence
from bot.domain.pins import Phone
from bot.domain.stays.access_requests import AccessRequest, AskedUnder, Decision
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)
BEN, CARA, DAN, EVE = "U_BEN", "U_CARA", "U_DAN", "U_EVE"
PEOPLE = (BEN, CARA, DAN, EVE)
A_ID, B_ID = "01K8MCMAQ0WDCG0FMAGA7RJMC1", "01K8MCMAQ0WDCG0FMAGA7RJMC2"


def request(hours: float = 24, **changes: object) -> AccessRequest:
    window = AccessWindow(T0 + timedelta(hours=48), T0 + timedelta(hours=48 + hours))
    made = AccessRequest("r1", "l1", "g1", "U_ADA", window, window, PinKind.HOURLY, T0)
    return replace(made, **changes)  # type: ignore[arg-type]


def lock(name: str, *names: str, id_: str = A_ID, **more: object) -> Lock:
    return Lock(id_, f"ref {id_}", name, "Europe/Paris", names=names, **more)  # type: ignore[arg-type]


def who(rules: Rules, known: Known, of: AccessRequest | None = None, *, called: bool = False) -> Deciders:
    return deciders(rules, of or request(), known, {}, backup_called=called)


FLATS = Rules(
    Rule((BEN,)),
    (
        Rule((BEN, CARA, DAN), 2, locks=("Flat 3",), may_reveal=(CARA,), may_unlock=(DAN,)),
        Rule((EVE,), locks=("Vault",), may_reveal=(EVE,), may_unlock=(EVE,)),
        Rule((BEN,), automatic=True, locks=("Storage",)),
        Rule((BEN,), break_glass=("U_ADA",), locks=("Gate",)),
    ),
)


@every(
    ("names", "approvers", "needed", "alone"),
    [
        (("Storage",), {BEN}, 1, True),
        (("Flat 3",), {BEN, CARA, DAN}, 2, False),
        # Renamed: two as before, and whoever both rules name where that is enough of them.
        (("Flat 3", "Storage"), {BEN, CARA, DAN}, 2, False),
        (("Flat 3", "Loft"), {BEN, CARA, DAN}, 2, False),
        (("Storage", "Flat 3"), {BEN, CARA, DAN}, 2, False),
        # A door that no rule names is a strict door, too.
        (("Front door", "Storage"), {BEN}, 1, False),
        (("STORAGE", "storage"), {BEN}, 1, True),
        # Nobody in common: a new name alone lets nobody in.
        (("Vault", "Loft"), {EVE}, 1, False),
        (("Loft", "Vault"), {BEN}, 1, False),
        (("Vault", "Flat 3"), {BEN, CARA, DAN}, 2, False),
    ],
)
def test_every_name_that_a_door_was_called_counts(
    names: tuple[str, ...], approvers: set[str], needed: int, alone: bool
) -> None:
    known = lock(names[-1], *names).known_as
    found = who(FLATS, known)
    assert (set(found.approvers), found.needed) == (approvers, needed)
    assert (automatic(FLATS, request(), [known], {}) is not None) is alone


def test_whoever_may_see_and_open_is_narrowed_too() -> None:
    renamed = lock("Loft", "Flat 3", "Loft").known_as
    assert operators(FLATS, renamed, {}) == {DAN}, "of the rule that needs more, as they have nobody in common"
    assert revealers(FLATS, request(), renamed, {}) == {CARA}
    both = replace(FLATS, may_reveal=(BEN, CARA), may_unlock=(DAN, EVE))
    assert operators(both, renamed, {}) == {DAN}
    assert revealers(both, request(), renamed, {}) == {CARA}
    to_vault = lock("Vault", "Loft", "Vault").known_as
    assert (operators(both, to_vault, {}), revealers(both, request(), to_vault, {})) == ({EVE}, {BEN, CARA})


@every(
    ("given", "may"),
    [
        ((Rule((BEN,), may_unlock=(DAN,)),), {DAN}),
        ((Rule((CARA,)),), {CARA}),
        ((Rule((CARA,), locks=("*",)),), {CARA}),
        # Who asks, and for how long, says nothing of a door.
        ((Rule((CARA,), min_hours=48),), {BEN}),
        ((Rule((CARA,), requesters=("U_ADA",)),), {BEN}),
        ((Rule((CARA,), min_hours=48, may_unlock=(DAN,)),), {DAN}),
        ((Rule((CARA,), requesters=("U_ADA",), may_unlock=(DAN,)),), {DAN}),
        ((Rule((CARA,), locks=("Vault",), may_unlock=(EVE,)), Rule((CARA,), may_unlock=(DAN,))), {DAN}),
        ((Rule((CARA,), locks=("Loft",), may_unlock=(EVE,)), Rule((CARA,), may_unlock=(DAN,))), {EVE}),
        ((Rule((CARA,), may_unlock=(DAN,)), Rule((CARA,), locks=("Loft",), may_unlock=(EVE,))), {DAN}),
        ((Rule((CARA,), locks=("Loft",)), Rule((CARA,), may_unlock=(DAN,))), {CARA}),
    ],
)
def test_a_rule_for_every_door_is_about_this_one_too(given: tuple[Rule, ...], may: set[str]) -> None:
    rules = Rules(Rule((BEN,)), given)
    assert operators(rules, lock("Loft").known_as, {}) == may


def test_an_emergency_takes_the_word_of_every_name() -> None:
    assert who(FLATS, lock("Gate").known_as).break_glass == {"U_ADA"}
    assert who(FLATS, lock("Gate", "Loft", "Gate").known_as).break_glass == frozenset()


def test_a_group_that_nobody_could_read_is_not_left_out() -> None:
    rules = Rules(Rule((BEN,)), (Rule(("S_BOSS",), locks=("Flat 3",)),))
    renamed = lock("Loft", "Flat 3", "Loft").known_as
    assert who(rules, renamed).approvers == frozenset()
    assert deciders(rules, request(), renamed, {"S_BOSS": frozenset({BEN})}, backup_called=False).approvers == {BEN}


def test_an_approver_by_text_is_there_for_every_name_or_not_at_all() -> None:
    eva = SmsApprover("Eva", Phone("+447700900123"), ("Cabin *",))
    rules = Rules(Rule((BEN, eva.id)), sms_approvers=(eva,))
    assert who(rules, lock("Cabin 1").known_as).approvers == {BEN, eva.id}
    for names in (("Cabin 1", "House"), ("House", "Cabin 1")):
        assert who(rules, lock(names[-1], *names).known_as).approvers == {BEN}


RULES = st.builds(
    Rule,
    approvers=st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True).map(tuple),
    needed=st.integers(1, 2),
    automatic=st.booleans(),
    break_glass=st.sampled_from(((), ("U_ADA",))),
)


@given(st.lists(RULES, min_size=1, max_size=4), st.sampled_from(((), (EVE,), (BEN, CARA))), st.booleans())
def test_names_together_are_never_laxer_than_each(rules: list[Rule], backup: tuple[str, ...], called: bool) -> None:
    names = tuple(f"name {n}" for n in range(len(rules)))
    named = tuple(replace(rule, locks=(name,)) for rule, name in zip(rules, names, strict=True))
    policy = Rules(Rule((BEN,)), named, reminders=ApproverReminders(backup=backup))
    each = [who(policy, name, called=called) for name in names]
    together = who(policy, KnownAs(names), called=called)
    assert together.needed == max(one.needed for one in each)
    assert together.break_glass == frozenset.intersection(*(one.break_glass for one in each))
    alone = automatic(policy, request(), [KnownAs(names)], {})
    assert (alone is not None) is all(automatic(policy, request(), [name], {}) is not None for name in names)
    most = next(one for one in each if one.needed == together.needed)
    assert together.approvers <= most.approvers, "whoever decides is named by the rule that needs most"
    everybody = together.approvers | together.later
    common = frozenset.intersection(*(one.approvers | one.later for one in each))
    now = frozenset.intersection(*(who(policy, name).approvers for name in names))
    if len(common) >= together.needed and now:
        assert everybody == common, "by all of them, where these are enough"


@given(RULES, RULES, st.sampled_from(((), (EVE,))), st.booleans())
def test_then_and_now_together_are_never_laxer_than_either(
    then: Rule, now: Rule, backup: tuple[str, ...], called: bool
) -> None:
    before = Rules(then, reminders=ApproverReminders(backup=backup))
    after = Rules(now)
    asked = request(asked_under=asked_under(before, request(), ["Loft"], {}))
    assert who(before, "Loft", asked, called=called) == who(before, "Loft", called=called), "nothing has changed"
    one, other = who(before, "Loft", called=called), who(after, "Loft", called=called)
    shared = who(before, "Loft").approvers & other.approvers
    both = who(after, "Loft", asked, called=called)
    assert both.needed == max(one.needed, other.needed)
    assert both.approvers <= other.approvers
    common = (one.approvers | one.later) & other.approvers
    if len(common) >= both.needed and shared:
        assert both.approvers | both.later == common
    else:
        assert both.approvers == other.approvers, "it is not left to nobody"
    assert both.break_glass == one.break_glass & other.break_glass
    held = automatic(replace(after, default=replace(now)), asked, ["Loft"], {})
    assert (held is not None) is (then.automatic and now.automatic)


def test_who_joins_a_group_counts_and_who_was_in_one_that_no_rule_names_any_more() -> None:
    before, first = Rules(Rule(("S_BOSS",))), {"S_BOSS": frozenset({BEN})}
    asked = request(asked_under=asked_under(before, request(), ["Loft"], first))
    joined = {"S_BOSS": frozenset({BEN, CARA})}
    assert deciders(before, asked, "Loft", joined, backup_called=False).approvers == {BEN, CARA}
    left = {"S_BOSS": frozenset({CARA})}
    assert deciders(before, asked, "Loft", left, backup_called=False).approvers == {CARA}
    other = Rules(Rule(("S_DESK",)))
    desk = {"S_DESK": frozenset({BEN, DAN})}
    assert deciders(other, asked, "Loft", desk, backup_called=False).approvers == {BEN}


def test_a_rule_made_laxer_since_is_not_got_round_by_an_amendment() -> None:
    two, one = Rule((BEN, CARA), 2), Rule((BEN, CARA), 1)
    strict = Rules(Rule((BEN,)), (replace(two, min_hours=100),))
    asked = request(120, asked_under=asked_under(strict, request(120), ["Loft"], {}))
    shorter = replace(asked, granted=request(24).granted)

    def amended(rules: Rules) -> Deciders:
        after = asked_anew(rules, asked, shorter, ["Loft"], ["Loft"], {})
        before = deciders(rules, asked, "Loft", {}, backup_called=False)
        return deciders_amended(rules, after, ["Loft"], {}, before, backup_called=False)

    assert amended(strict).needed == 1, "another window is under another rule, as ever"
    assert amended(Rules(Rule((BEN,)), (replace(one, min_hours=100),))).needed == 2
    alone = Rules(Rule((BEN,)), (Rule((BEN,), automatic=True, max_hours=50),))
    assert amended(alone).needed == 2
    assert amended(replace(strict, default=Rule((CARA,), 2))).approvers == {CARA}, "and a stricter one counts at once"


def test_the_word_of_whom_the_rules_name_no_more_does_not_count() -> None:
    said = Decision(BEN, approved=True, at=T0)
    waits, now = request(approvals=(said,)), Deciders(frozenset({CARA, DAN}), 2)
    assert counting(waits, now) == frozenset()
    assert not settles(waits, replace(said, approver=CARA), now)
    both = request(approvals=(said, replace(said, approver=CARA)))
    again = Deciders(frozenset({BEN, CARA}), 2)
    assert can_decide(both, CARA, again), "once more, where that settles it: nobody else is left"
    assert settles(both, replace(said, approver=CARA), again)
    assert not can_decide(request(approvals=(said,)), BEN, again)


def test_all_doors_and_all_their_names() -> None:
    doors = [lock("Storage", "Storage").known_as, lock("Loft", "Flat 3", "Loft", id_=B_ID).known_as]
    found = deciders_of_all(FLATS, request(), doors, {}, backup_called=False)
    assert (found.approvers, found.needed) == ({BEN}, 2)
    assert len(asked_under(FLATS, request(), doors, {})) == 3


def test_what_is_kept_is_read_back_as_it_was() -> None:
    said = AskedUnder((BEN, "S_BOSS"), 2, False, ("U_ADA",), (EVE,), {"S_BOSS": frozenset({CARA, DAN})})
    back = AskedUnder.from_json(said.as_json())
    assert (back, back.members) == (said, said.members)


@every(
    ("pattern", "meant"),
    [
        (A_ID, True),
        (A_ID.lower(), True),
        (B_ID, False),
        ("*", True),
        ("0*", False),
        ("01K8*", False),
        ("*1", False),
        ("Flat*", True),
        ("attic", True),
        ("#annex", True),
    ],
)
def test_a_rule_may_mean_a_lock_by_its_id_and_no_pattern_means_ids(pattern: str, meant: bool) -> None:
    named = lock("Flat 3", defaults=LockDefaults(("attic",), ("annex",)))
    assert same_lock(pattern, named.called) is meant
    assert same_lock(pattern, named.known_as.each[0]) is meant


def test_a_lock_that_is_called_as_another_is_known_is_not_that_lock() -> None:
    rules = Rules(Rule((BEN,)), (Rule((BEN,), automatic=True, locks=(A_ID,)),))
    assert automatic(rules, request(), [lock("Shed").known_as], {}) is not None
    assert automatic(rules, request(), [lock(A_ID, id_=B_ID).known_as], {}) is None
    assert automatic(rules, request(), [lock("Vault", "Shed", "Vault").known_as], {}) is not None, "whatever its names"


def test_rules_by_id_cover_each_other_as_they_match() -> None:
    assert Rule(locks=("*",)).covers(Rule(locks=(A_ID,)))
    assert Rule(locks=(A_ID,)).covers(Rule(locks=(A_ID.lower(),)))
    assert not Rule(locks=("0*",)).covers(Rule(locks=(A_ID,)))


def test_names_are_kept_once_and_the_first_ones_whatever_comes() -> None:
    assert with_name(("Flat 3",), "FLAT 3") == ("Flat 3",)
    names: tuple[str, ...] = ()
    for number in range(MOST_NAMES + 5):
        names = with_name(names, f"name {number}")
    assert (len(names), names[0]) == (MOST_NAMES, "name 0")
    assert lock("now", *names).known_as.names == (*names, "now"), "the first hundred are as strict as it was"
    assert lock("NAME 3", *names).known_as.names == names
    assert lock("now").known_as.names == ("now",)


def test_a_name_that_goes_from_one_lock_to_another_takes_the_names_of_the_first_along() -> None:
    first, second = lock("Cellar", "Storage", "Cellar"), lock("Storage", "Storage", id_=B_ID)
    assert shared_names([first, second], [B_ID]) == {B_ID: ("Storage", "Cellar")}
    assert shared_names([first, second], []) == {}
    two = lock("Storage", "Storage"), second
    assert shared_names(two, [A_ID, B_ID]) == {}, "two of one name, which rules mean alike"
    swapped = lock("Storage", "Flat 3", "Storage"), lock("Flat 3", "Storage", "Flat 3", id_=B_ID)
    assert shared_names(swapped, [A_ID, B_ID]) == {}


@every(
    ("names", "counts"),
    [
        (("Flat 3", "Loft"), True),
        (("Loft", "Flat 3"), True),
        (("Flat 3", "Vault"), True),
        (("Flat 3", "FLAT 3"), False),
        (("Loft", "Attic"), False),
        (("Loft",), False),
    ],
)
def test_the_operator_is_told_where_an_old_name_makes_a_difference(names: tuple[str, ...], counts: bool) -> None:
    assert old_name_counts(FLATS, lock(names[-1], *names)) is counts


def test_what_rules_name_and_no_lock_is_called_today() -> None:
    eva = SmsApprover("Eva", Phone("+447700900123"), ("Cabin *",))
    rules = replace(FLATS, sms_approvers=(eva,))
    there = [lock("Loft", "Flat 3", "Loft"), lock("vault", id_=B_ID), lock("Gate"), lock("Storage")]
    assert without_lock(rules, there) == ("Flat 3", "Cabin *")
    gone = lock("Flat 3", presence=Presence(None, None, 3, T0))
    assert "Flat 3" in without_lock(rules, [gone])
    assert without_lock(Rules(Rule((BEN,)), (Rule((BEN,), locks=(A_ID,)),)), [lock("any")]) == ()
    assert without_lock(Rules(Rule((BEN,)), (Rule((BEN,), locks=(B_ID,)),)), [lock("any")]) == (B_ID,)
