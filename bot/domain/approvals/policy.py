"""The approval rules: who may ask, who decides which request, how many of them, what is approved by itself, who may
approve their own request in an emergency, who is named to see PINs. Pure; how the operator writes the rules is
`bot.conversation.files.policy_file`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from math import inf

from bot.domain.approvals.belonging import Belonging, ids_only, kind_of, outsiders
from bot.domain.approvals.limits import Limits
from bot.domain.approvals.sms_approvers import SmsApprover, by_sms, with_phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest, Decision, RequestStatus
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
"""A lock as rules know it: by its name alone, or by all that it is called (`Lock.called`)."""

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
    def matches_all(self) -> bool:
        return not (self.locks or self.requesters or self.min_hours is not None or self.max_hours is not None)

    def covers(self, other: "Rule") -> bool:
        """Whether this rule matches every stay that the other does, as far as that can be read off both."""
        if self.locks and not (other.locks and all(any(same_lock(n, one) for n in self.locks) for one in other.locks)):
            return False
        if self.requesters and not (other.requesters and set(other.requesters) <= set(self.requesters)):
            return False
        longest = other.max_hours if other.max_hours is not None else inf
        return (self.min_hours or 0) <= (other.min_hours or 0) and (self.max_hours is None or longest <= self.max_hours)

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
    may decide once the last reminder has called them."""

    approvers: frozenset[str]
    needed: int = 1
    break_glass: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()


def same_lock(pattern: str, lock: Called) -> bool:
    """Whether this lock is one that a rule means: upper and lower case are the same, `*` stands for anything."""
    pattern, names = pattern.casefold(), (lock,) if isinstance(lock, str) else lock
    return any(pattern == name or fnmatchcase(name, pattern) for name in map(str.casefold, names))


def unknown_locks(rules: Rules, names: Iterable[str]) -> tuple[str, ...]:
    """Locks that the rules name and that are none of these."""
    known = tuple(names)
    named = (*(rule.locks for rule in rules.rules), *(one.locks for one in rules.sms_approvers))
    patterns = dict.fromkeys(pattern for locks in named for pattern in locks)
    return tuple(pattern for pattern in patterns if not any(same_lock(pattern, name) for name in known))


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
    words = [groups.get(one, frozenset()) for one in listed if one in set(Belonging)]
    groups_of = [groups.get(one, frozenset()) for one in listed if one.startswith("S")]
    members = frozenset[str]().union(*groups_of) - outsiders(groups)
    return ids_only(listed).union(members, *words)


def everybody_in(ids: Iterable[str], groups: Groups) -> frozenset[str]:
    """The persons behind these ids, whatever they are to the workspace."""
    listed = tuple(ids)
    return ids_only(listed).union(*(groups.get(one, frozenset()) for one in listed))


def stay_of(lock: Called, granted: AccessWindow, requester: str) -> StayTerms:
    return StayTerms(lock, (granted.ends_at - granted.starts_at) / timedelta(hours=1), requester)


def deciders(rules: Rules, request: AccessRequest, lock: Called, groups: Groups, *, backup_called: bool) -> Deciders:
    """Who may decide this request. The backup may, too, from the moment the last reminder has called them. While a
    group cannot be read it takes as many as any rule wants that may be the right one."""
    stay = stay_of(lock, request.granted, request.requester)
    rule = rules.rule_for(stay, groups)
    needed = max(one.needed for one in (rule, *rules.doubtful_for(stay, groups)))
    approvers = people(asked_about(rules, lock, rule.approvers), groups)
    called = asked_about(rules, lock, rules.reminders.backup if rules.reminders.after else ())
    backup = people(called, groups)
    may_now, later = (approvers | backup, frozenset[str]()) if backup_called else (approvers, backup - approvers)
    return Deciders(may_now, needed, people(rule.break_glass, groups), later)


def deciders_of_all(
    rules: Rules, request: AccessRequest, doors: Iterable[Called], groups: Groups, *, backup_called: bool
) -> Deciders:
    """Who may decide about all doors of a request at once: whoever may for each of them, and as many as any needs."""
    each = [deciders(rules, request, door, groups, backup_called=backup_called) for door in doors]
    approvers = frozenset.intersection(*(one.approvers for one in each))
    return Deciders(
        approvers,
        max(one.needed for one in each),
        frozenset.intersection(*(one.break_glass for one in each)),
        frozenset.intersection(*(one.approvers | one.later for one in each)) - approvers,
    )


def automatic(rules: Rules, request: AccessRequest, doors: Iterable[Called], groups: Groups) -> Rule | None:
    """The rule that approves this request by itself; None where any of its doors wants a person's word, or may want
    it."""
    terms = [stay_of(door, request.granted, request.requester) for door in doors]
    found = [rules.rule_for(stay, groups) for stay in terms]
    if any(not rule.automatic for stay in terms for rule in rules.doubtful_for(stay, groups)):
        return None
    return found[0] if all(rule.automatic for rule in found) else None


def check_can_be_decided(request: AccessRequest, who: Deciders) -> None:
    """Raises a Refusal where a request for several doors would wait for nobody: what could decide each of them cannot
    decide all."""
    if request.more_locks and len((who.approvers | who.later) - {request.requester}) < who.needed:
        raise Refusal(Reason.NO_SHARED_APPROVER)


def missing(requester: str, who: Deciders) -> bool:
    """Whether those who may decide now are too few for this requester, who never counts."""
    return len(who.approvers - {requester}) < who.needed


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


def asked_about(rules: Rules, lock: Called, ids: Ids) -> Ids:
    """Without approvers by text message who are there for other locks only."""
    elsewhere = {
        one.id for one in rules.sms_approvers if one.locks and not any(same_lock(name, lock) for name in one.locks)
    }
    return tuple(one for one in ids if one not in elsewhere)


def texted(rules: Rules, persons: Iterable[str]) -> tuple[SmsApprover, ...]:
    """Those of these people who are asked by text message."""
    ids = {one for one in persons if by_sms(one)}
    return tuple(one for one in rules.sms_approvers if one.id in ids)


def called_by_text(rules: Rules, lock: Called) -> tuple[SmsApprover, ...]:
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
    they do."""
    kind = kind_of(person, groups)
    if kind is Belonging.MEMBER and (not rules.may_ask or Belonging.MEMBER.value in rules.may_ask):
        return True
    return person in people(rules.may_ask, groups)


def check_may_ask(rules: Rules, requester: str, groups: Groups) -> None:
    """Raises a Refusal unless this person may ask for PINs."""
    if not may_ask(rules, requester, groups):
        raise Refusal(Reason.MAY_NOT_ASK, {"kind": kind_of(requester, groups).value})


def check_can_decide(
    request: AccessRequest, person: str, who: Deciders, *, approved: bool = True, emergency: bool = False
) -> None:
    """Raises a Refusal unless this person may say this about this request now. `emergency`: about their own."""
    if emergency:
        if person != request.requester or person not in who.break_glass:
            raise Refusal(Reason.NOT_YOUR_EMERGENCY)
    elif person == request.requester:
        raise Refusal(Reason.OWN_REQUEST, {"break_glass": person in who.break_glass})
    elif person not in who.approvers:
        raise Refusal(Reason.NOT_AN_APPROVER)
    if request.status is not RequestStatus.PENDING:
        raise Refusal(Reason.ALREADY_DECIDED, _already(request))
    if approved and any(said.approver == person for said in request.approvals):
        raise Refusal(Reason.APPROVED_BY_YOU)


def can_decide(request: AccessRequest, person: str, who: Deciders) -> bool:
    try:
        check_can_decide(request, person, who)
    except Refusal:
        return False
    return True


def settles(request: AccessRequest, said: Decision, who: Deciders) -> bool:
    """Whether this decision is the last one needed: a denial and an emergency always are."""
    return not said.approved or said.emergency or len(request.approvals) + 1 >= who.needed


def check_can_review(request: AccessRequest, person: str, who: Deciders) -> None:
    """Raises a Refusal unless this person may review what somebody approved for themselves in an emergency."""
    if request.decision is None or not request.decision.emergency or request.review is not None:
        raise Refusal(Reason.NOTHING_TO_REVIEW, {"who": request.review.by if request.review else None})
    if person == request.requester:
        raise Refusal(Reason.OWN_REVIEW)
    if person not in who.approvers:
        raise Refusal(Reason.NOT_AN_APPROVER)


def _already(request: AccessRequest) -> dict[str, object]:
    if request.given_up is not None:
        return {"status": request.status.value, "who": request.given_up.by, "at": request.given_up.at}
    said = request.decision
    who = said.approver if said and said.approver != BY_THE_RULES else None
    return {"status": request.status.value, "who": who, "at": said.at if said else None}


def _once(several: Iterable[Ids]) -> Ids:
    return tuple(dict.fromkeys(one for ids in several for one in ids))


def operators(rules: Rules, lock: Called, groups: Groups) -> frozenset[str]:
    """Who may open this door from afar and set its online PINs. Of the rules that name it the first says who, else the
    default: by `may_unlock`, its own or the house's, else those who approve there."""
    rule = next((rule for rule in rules.rules if any(same_lock(name, lock) for name in rule.locks)), rules.default)
    return people(rule.may_unlock or rules.may_unlock or asked_about(rules, lock, rule.approvers), groups)


def check_may_operate(rules: Rules, groups: Groups, person: str, lock: Called | None) -> None:
    """Raises a Refusal unless this person may open this door from afar; about a door that is not there, for whoever may
    open none."""
    if lock is not None:
        may = operators(rules, lock, groups)
    else:
        of_rules = (rule.may_unlock for rule in rules.rules)
        may = people(_once((rules.may_unlock or rules.approvers, *of_rules)), groups)
    if person not in may:
        raise Refusal(Reason.MAY_NOT_UNLOCK)
