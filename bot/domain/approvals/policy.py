"""The approval rules: who may ask, who decides which request, how many of them, what is approved by itself, who may
approve their own request in an emergency, who is named to see PINs. Pure; how the operator writes the rules is
`bot.conversation.files.policy_file`.

A lock counts under every name that rules know it by, and a request under what it was asked under as well: whoever
decides has to be named by all of these, and as many agree as any of them needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import chain
from math import ceil, floor

from bot.domain.approvals.belonging import KINDS, Belonging, ids_only, kind_of, outsiders
from bot.domain.approvals.limits import Limits
from bot.domain.approvals.sms_approvers import SmsApprover, by_sms, with_phone
from bot.domain.locks.known_as import KnownAs, as_id, is_id, looks_like_id
from bot.domain.planning.lock_rules import DAILY_MAX
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.names import from_source
from bot.domain.sources.terms import SourceTerms
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest, AskedUnder
from bot.domain.stays.standing import newest_of_parts
from bot.domain.windows import AccessWindow

Ids = tuple[str, ...]
"""People (U… or W…) and user groups (S…), as the chat names them."""
Groups = Mapping[str, frozenset[str]]
"""Who belongs to each user group that the rules name. A group that could not be read has nobody. Under the words of
`Belonging` stand those who are known to be no full members of the workspace."""

MOST_ALONE = 3
"""So many PINs of one stay are replaced by the rules alone."""

BY_THE_RULES = "policy"
"""Stands in a Decision where a person's id stands otherwise."""

Called = str | tuple[str, ...]
"""A lock under one name: by that alone, or with what is the house's own (`Lock.called`)."""

Known = Called | KnownAs
"""A lock under every name that rules hold on to it by (`Lock.known_as`)."""

LONGEST_HOURS = DAILY_MAX // timedelta(hours=1)
"""No PIN is longer; the hour that a change of clocks adds is nobody's rule."""

_ANY_LOCK = "*"

REQUESTER = "requester"
"""Stands among those who may see a PIN for whoever asked for it."""


@dataclass(frozen=True, slots=True)
class StayTerms:
    """What a rule looks at: the lock, the granted length, who asks."""

    lock: Called
    hours: float
    requester: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What it matches (empty or None: anything) and what follows. `name` is for the audit log. Hours are granted ones,
    both bounds included."""

    approvers: Ids = ()
    needed: int = 1
    automatic: bool = False
    break_glass: Ids = ()
    locks: tuple[str, ...] = ()
    min_hours: float | None = None
    max_hours: float | None = None
    requesters: Ids = ()
    name: str = "default"
    may_reveal: Ids = ()
    may_unlock: Ids = ()

    @property
    def hours(self) -> range:
        """The lengths that it matches, in whole hours: but for a night on which clocks go by half an hour, a PIN has no
        other, and none is longer than `LONGEST_HOURS`."""
        longest = LONGEST_HOURS if self.max_hours is None else min(self.max_hours, LONGEST_HOURS)
        return range(ceil(max(self.min_hours or 1, 1)), floor(longest) + 1)

    @property
    def matches_all(self) -> bool:
        """Whatever it names: a matcher that everything fits is none."""
        return covered(Rule(), [self])

    def covers(self, other: "Rule") -> bool:
        """Whether this rule matches every stay that the other does, as far as that can be read off both."""
        return covered(other, [self])

    def _concerns(self, lock: str, requester: str | None) -> bool:
        """Whether it is for every lock that this means in a rule, and for this asker; None: for everybody."""
        asks = not self.requesters or requester in self.requesters
        return asks and (not self.locks or any(_includes(pattern, lock) for pattern in self.locks))

    def matches(self, stay: StayTerms, groups: Groups) -> bool:
        # As the group stands, guests included: a stricter rule for them must not let them fall under a laxer one.
        asks = not self.requesters or stay.requester in everybody_in(self.requesters, groups)
        return asks and self._matches_stay(stay)

    def may_match(self, stay: StayTerms, groups: Groups) -> bool:
        """Whether nobody can tell: who asks may be in a group that could not be read."""
        unread = any(one.startswith("S") and not groups.get(one) for one in self.requesters)
        return unread and not self.matches(stay, groups) and self._matches_stay(stay)

    def _matches_stay(self, stay: StayTerms) -> bool:
        if self.locks and not any(same_lock(pattern, stay.lock) for pattern in self.locks):
            return False
        return (self.min_hours or 0) <= stay.hours and (self.max_hours is None or stay.hours <= self.max_hours)


def covered(rule: Rule, by: Iterable[Rule]) -> bool:
    """Whether every stay that this rule matches is matched by one of the others, as far as that can be read off them:
    each of its locks and askers for all of its hours."""
    others = [one for one in by if one.hours]
    return all(
        _filled(rule.hours, [one.hours for one in others if one._concerns(lock, requester)])
        for lock in rule.locks or (_ANY_LOCK,)
        for requester in rule.requesters or (None,)
    )


def _filled(whole: range, parts: Iterable[range]) -> bool:
    """Whether the parts leave no hour of the whole out."""
    reached = whole.start
    for part in sorted(parts, key=lambda part: part.start):
        if part.start > reached:
            break
        reached = max(reached, part.stop)
    return reached >= whole.stop


@dataclass(frozen=True, slots=True)
class SourceRule:
    """What is said for stays of sources, which stand where people do, at these locks, or any."""

    requesters: Ids
    terms: SourceTerms
    locks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApproverReminders:
    """When approvers are reminded, counted from the ask; the last reminder goes to `backup`, who may then decide."""

    after: tuple[timedelta, ...] = (timedelta(minutes=15), timedelta(minutes=45), timedelta(minutes=120))
    backup: Ids = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole policy. The first rule that matches wins; `default` is for what none matches."""

    default: Rule
    rules: tuple[Rule, ...] = ()
    may_ask: Ids = ()
    reminders: ApproverReminders = ApproverReminders()
    may_reveal: Ids = ()
    may_unlock: Ids = ()
    replace_missed_alone: bool = False
    sms_approvers: tuple[SmsApprover, ...] = ()
    on_call: SmsApprover | None = None
    """Decides nothing, and is texted about alerts that nobody has."""
    limits: Limits = field(default_factory=Limits)
    of_sources: tuple["SourceRule", ...] = ()

    @property
    def phones(self) -> tuple[SmsApprover, ...]:
        """All who answer by text message."""
        return (*self.sms_approvers, *((self.on_call,) if self.on_call else ()))

    def rule_for(self, stay: StayTerms, groups: Groups) -> Rule:
        return next((rule for rule in self.rules if rule.matches(stay, groups)), self.default)

    def doubtful_for(self, stay: StayTerms, groups: Groups) -> tuple[Rule, ...]:
        """Rules before the one that matches which would be the first, were somebody in a group that cannot be read."""
        first = next((number for number, rule in enumerate(self.rules) if rule.matches(stay, groups)), len(self.rules))
        return tuple(rule for rule in self.rules[:first] if rule.may_match(stay, groups))

    @property
    def any_automatic(self) -> bool:
        return any(rule.automatic for rule in self.rules)

    @property
    def approvers(self) -> Ids:
        """All who may approve anything."""
        every = (self.default.approvers, *(r.approvers for r in self.rules), self.reminders.backup)
        return _once(every)

    @property
    def named_approvers(self) -> frozenset[str]:
        """Approvers who are named themselves: whatever else they are, they decide."""
        return ids_only(self.approvers)

    @property
    def groups(self) -> Ids:
        """The user groups that are named anywhere."""
        of_rules = (r.requesters + r.break_glass + r.may_reveal + r.may_unlock for r in self.rules)
        named = (self.may_ask, self.approvers, self.may_reveal, self.may_unlock, *of_rules)
        return tuple(i for i in _once(named) if i.startswith("S"))


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who may decide one request, found out by name. `break_glass` may approve their own; `later` is the backup that
    may decide once the last reminder has called them. `held`: the rules of now alone would want fewer."""

    approvers: frozenset[str]
    needed: int = 1
    break_glass: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    held: bool = False


def same_lock(pattern: str, lock: Called) -> bool:
    """Whether this lock is one that a rule means: upper and lower case are the same, `*` stands for anything, and what
    looks like an id is the lock of that id."""
    pattern, names = pattern.casefold(), (lock,) if isinstance(lock, str) else lock
    if looks_like_id(pattern):
        return as_id(pattern) in (name.casefold() for name in names)
    if not pattern.strip("*"):
        return bool(names)
    return any(pattern == name or fnmatchcase(name, pattern) for name in map(str.casefold, names) if not is_id(name))


def _includes(pattern: str, other: str) -> bool:
    """Whether whatever the other pattern means is what this one means, too."""
    # No name is empty, so one letter and anything behind it is any name.
    if pattern.strip("*") in ("", "?"):
        return "*" in pattern
    return same_lock(pattern, (as_id(other),) if looks_like_id(other) else other)


def each_name(lock: Known) -> tuple[tuple[str, ...], ...]:
    """The lock under each name that rules know it by, the oldest first."""
    if isinstance(lock, KnownAs):
        return lock.each
    return ((lock,) if isinstance(lock, str) else lock,)


def may_replace_alone(codes: Sequence[AccessCode], code_id: str, rules: Rules) -> bool:
    """Whether this PIN, the newest for its door and part, is replaced without anybody of the team being asked, once its
    guest says after the deadline that it does not open. `codes`: the stay's, oldest first. Not for ever: what does not
    open three times is a matter for people."""
    code = next((one for one in newest_of_parts(codes).values() if one.id == code_id), None)
    if not rules.replace_missed_alone or code is None:
        return False
    return sum(1 for one in codes if one.replaces and one.part == code.part) < MOST_ALONE


def people(ids: Iterable[str], groups: Groups) -> frozenset[str]:
    """The persons who may by these ids. Of a group only full members of the workspace: a guest in it may nothing that
    they are not named for themselves, or by the word for their kind."""
    listed = tuple(ids)
    named = ids_only(listed)
    if len(named) == len(listed):
        return named
    words = [groups.get(one, frozenset()) for one in listed if one in KINDS]
    groups_of = [groups.get(one, frozenset()) for one in listed if one.startswith("S")]
    members = frozenset[str]().union(*groups_of) - outsiders(groups)
    return named.union(members, *words)


def everybody_in(ids: Iterable[str], groups: Groups) -> frozenset[str]:
    """The persons behind these ids, whatever they are to the workspace."""
    listed = tuple(ids)
    return ids_only(listed).union(*(groups.get(one, frozenset()) for one in listed))


def stay_of(lock: Called, granted: AccessWindow, requester: str) -> StayTerms:
    return StayTerms(lock, (granted.ends_at - granted.starts_at) / timedelta(hours=1), requester)


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom one rule names, found out by name. `everybody`: the backup, too."""

    approvers: frozenset[str]
    everybody: frozenset[str]
    needed: int
    break_glass: frozenset[str]

    def deciders(self, *, backup_called: bool) -> Deciders:
        now = self.everybody if backup_called else self.approvers
        return Deciders(now, self.needed, self.break_glass, self.everybody - now)


def asked_under(rules: Rules, request: AccessRequest, doors: Iterable[Known], groups: Groups) -> tuple[AskedUnder, ...]:
    """What the rules say of this request now, at each of its doors and under each name of it, without doubles."""
    every = (_under(rules, request, names, groups) for door in doors for names in each_name(door))
    return tuple(dict.fromkeys(every))


def _under(rules: Rules, request: AccessRequest, lock: Called, groups: Groups) -> AskedUnder:
    """While a group cannot be read it takes as many as any rule wants that may be the right one, and nothing is
    automatic that one of these would ask about."""
    stay = stay_of(lock, request.granted, request.requester)
    rule = rules.rule_for(stay, groups)
    every = (rule, *rules.doubtful_for(stay, groups))
    approvers = asked_about(rules, lock, rule.approvers)
    backup = asked_about(rules, lock, rules.reminders.backup if rules.reminders.after else ())
    needed, automatic = max(one.needed for one in every), all(one.automatic for one in every)
    members = {one: groups[one] for one in (*approvers, *backup) if one in groups}
    return AskedUnder(approvers, needed, automatic, rule.break_glass, backup, members)


def _named(said: AskedUnder, groups: Groups) -> _Named:
    """Whoever has joined one of its groups since then counts, and whoever was in one that no rule names any more."""
    known = {one: said.members.get(one, frozenset()) | groups.get(one, frozenset()) for one in (*said.members, *groups)}
    approvers = people(said.approvers, known)
    return _Named(approvers, approvers | people(said.backup, known), said.needed, people(said.break_glass, known))


def _narrowed(first: _Named, others: Iterable[_Named], requester: str) -> _Named:
    """Whom all of them name, and as many as any of them needs. One that would leave too few narrows nothing down: its
    number counts, and whom it names does not. `first` counts in any case."""
    every = (first, *others)
    if all(one == first for one in every):
        return first
    needed = max(one.needed for one in every)
    found = replace(first, needed=needed, break_glass=frozenset.intersection(*(one.break_glass for one in every)))
    for one in every:
        approvers, everybody = found.approvers & one.approvers, found.everybody & one.everybody
        somebody = bool(approvers - {requester}) or not found.approvers - {requester}
        if somebody and len(everybody - {requester}) >= needed:
            found = replace(found, approvers=approvers, everybody=everybody)
    return found


def _at_door(rules: Rules, request: AccessRequest, lock: Known, groups: Groups) -> _Named:
    """By the rules for every name of the door. Where these have too few in common, those decide whom the one names that
    needs most, and of two that need the same the one for the older name: a new name alone lets nobody in."""
    every = [_named(_under(rules, request, names, groups), groups) for names in each_name(lock)]
    most = max(every, key=lambda one: one.needed)
    if not all(one.everybody for one in every):
        # A group that cannot be read: nobody knows whom that rule names.
        return replace(most, approvers=frozenset(), everybody=frozenset())
    return _narrowed(most, every, request.requester)


def _held(found: _Named, request: AccessRequest, groups: Groups) -> _Named:
    """And by what it was asked under. Where too few are named by both, those whom the rules name now decide: those of
    then may be gone for good."""
    return _narrowed(found, (_named(said, groups) for said in request.asked_under), request.requester)


def deciders(rules: Rules, request: AccessRequest, lock: Known, groups: Groups, *, backup_called: bool) -> Deciders:
    """Who may decide this request at this door. The backup may, too, from the moment the last reminder has called
    them."""
    return deciders_of_all(rules, request, [lock], groups, backup_called=backup_called)


def deciders_of_all(
    rules: Rules, request: AccessRequest, doors: Iterable[Known], groups: Groups, *, backup_called: bool
) -> Deciders:
    """Who may decide about all doors of a request at once: whoever may for each of them, and as many as any needs."""
    each = [_at_door(rules, request, door, groups) for door in doors]
    all_doors = (
        each[0]
        if len(each) == 1
        else _Named(
            frozenset.intersection(*(one.approvers for one in each)),
            frozenset.intersection(*(one.everybody for one in each)),
            max(one.needed for one in each),
            frozenset.intersection(*(one.break_glass for one in each)),
        )
    )
    found = _held(all_doors, request, groups)
    may = found.deciders(backup_called=backup_called)
    return replace(may, held=True) if found.needed > all_doors.needed else may


def automatic(rules: Rules, request: AccessRequest, doors: Iterable[Known], groups: Groups) -> Rule | None:
    """The rule that approves this request by itself; None where any of its doors wants a person's word under any of its
    names, or may want it, or did when it was asked."""
    names = [name for door in doors for name in each_name(door)]
    said = chain(request.asked_under, (_under(rules, request, name, groups) for name in names))
    if not all(one.automatic for one in said):
        return None
    return rules.rule_for(stay_of(names[0], request.granted, request.requester), groups)


def stuck(rules: Rules, groups: Groups) -> tuple[tuple[Rule, str], ...]:
    """Rules that can leave one request to too few people even with the backup's help, each with whoever must not ask
    for it: approvals by two different people, none of whom is the one who asks."""
    found = []
    backup = people(rules.reminders.backup, groups) if rules.reminders.after else frozenset[str]()
    for rule in rules.rules:
        many = people(rule.approvers, groups) | backup
        askers = (
            person
            for person in sorted(many)
            if may_ask(rules, person, groups)
            and (not rule.requesters or person in everybody_in(rule.requesters, groups))
        )
        if rule.needed > 1 and (asker := next((p for p in askers if len(many - {p}) < rule.needed), None)):
            found.append((rule, asker))
    return tuple(found)


def asked_about(rules: Rules, lock: Known, ids: Ids) -> Ids:
    """Without approvers by text message who are there for other locks only, by any of its names."""
    here = [
        one.id
        for one in rules.sms_approvers
        if not one.locks or all(any(same_lock(name, names) for name in one.locks) for names in each_name(lock))
    ]
    return tuple(one for one in ids if one in here or not by_sms(one))


def texted(rules: Rules, persons: Iterable[str]) -> tuple[SmsApprover, ...]:
    """Those of these people who are asked by text message."""
    ids = {one for one in persons if by_sms(one)}
    return tuple(one for one in rules.sms_approvers if one.id in ids)


def called_by_text(rules: Rules, lock: Known) -> tuple[SmsApprover, ...]:
    """Who is texted about an alert at this door: everybody who decides about it by text message, and the on-call number
    unless it is one of theirs."""
    ids = set(asked_about(rules, lock, tuple(one.id for one in rules.sms_approvers)))
    found = tuple(one for one in rules.sms_approvers if one.id in ids)
    extra = rules.on_call
    return found if extra is None or with_phone(found, extra.phone) else (*found, extra)


def called_about_no_stay(rules: Rules, groups: Groups) -> frozenset[str]:
    """Who is called about what concerns no stay and no door, by either medium: whoever may approve anything, but for
    those who are there for some doors only, and the on-call number."""
    phones = {one.id for one in called_by_text(rules, ())}
    return people(asked_about(rules, (), rules.approvers), groups) | phones


def may_ask(rules: Rules, person: str, groups: Groups) -> bool:
    """Everybody of the workspace where the rules name nobody; guests and people of connected organisations only where
    they do. A source of stays was let in by the operator, who gave it a token."""
    if from_source(person):
        return True
    kind = kind_of(person, groups)
    if kind is Belonging.MEMBER and (not rules.may_ask or Belonging.MEMBER.value in rules.may_ask):
        return True
    return person in people(rules.may_ask, groups)


def check_may_ask(rules: Rules, requester: str, groups: Groups) -> None:
    """Raises a Refusal unless this person may ask for PINs."""
    if not may_ask(rules, requester, groups):
        raise Refusal(Reason.MAY_NOT_ASK, {"kind": kind_of(requester, groups).value})


def _once(several: Iterable[Ids]) -> Ids:
    return tuple(dict.fromkeys(one for ids in several for one in ids))


def of_every_name(named: Iterable[tuple[Rule, frozenset[str]]]) -> frozenset[str]:
    """Whom the rules for every name of a door let do something, the oldest name first. Where they name nobody in common
    it is as in `_at_door`."""
    found = sorted(named, key=lambda one: -one[0].needed)
    may = found[0][1]
    for _, people_ in found[1:]:
        may = (may & people_ or may) if people_ else people_
    return may


def operators(rules: Rules, lock: Known, groups: Groups) -> frozenset[str]:
    """Who may open this door from afar and set its online PINs. Of the rules that are about it the first says who, else
    the default: by `may_unlock`, its own or the house's, else those who approve there."""
    found = []
    for names in each_name(lock):
        rule = next((one for one in rules.rules if _is_about(one, names)), rules.default)
        ids = rule.may_unlock or rules.may_unlock or asked_about(rules, names, rule.approvers)
        found.append((rule, people(ids, groups)))
    return of_every_name(found)


def _is_about(rule: Rule, door: Called) -> bool:
    """A rule without locks is about every door, where it says who may open them or is for every stay; who asks, and for
    how long, says nothing of a door."""
    if not rule.locks:
        return bool(rule.may_unlock) or rule.matches_all
    return any(same_lock(name, door) for name in rule.locks)


def check_may_operate(rules: Rules, groups: Groups, person: str, lock: Known | None) -> None:
    """Raises a Refusal unless this person may open this door from afar; about a door that is not there, for whoever may
    open none."""
    if lock is not None:
        may = operators(rules, lock, groups)
    else:
        of_rules = (rule.may_unlock for rule in rules.rules)
        may = people(_once((rules.may_unlock or rules.approvers, *of_rules)), groups)
    if person not in may:
        raise Refusal(Reason.MAY_NOT_UNLOCK)
