"""Which locks the rules name, and which rules a lock is under."""

from collections.abc import Iterable
from itertools import chain

from bot.domain.approvals.policy import Ids, Rule, Rules, same_lock
from bot.domain.locks.lock import Lock


def unknown_locks(rules: Rules, names: Iterable[str]) -> tuple[str, ...]:
    """Locks that the rules name and that are none of these."""
    known = tuple(names)
    return tuple(one for one in _patterns(rules) if not any(same_lock(one, name) for name in known))


def _patterns(rules: Rules) -> Ids:
    of_rules = (*(rule.locks for rule in rules.rules), *(rule.locks for rule in rules.of_sources))
    every = (*of_rules, *(one.locks for one in rules.sms_approvers))
    return tuple(dict.fromkeys(chain.from_iterable(every)))


def old_name_counts(rules: Rules, lock: Lock) -> bool:
    """Whether the rules would mean another by it, were it known by today's name alone."""
    today = [same_lock(one, lock.called) for one in _patterns(rules)]
    return any([same_lock(one, names) for one in _patterns(rules)] != today for names in lock.known_as.each)


def without_lock(rules: Rules, locks: Iterable[Lock]) -> tuple[str, ...]:
    """What the rules name and no lock that its provider has is called today: a rule may still hold on to one that
    was."""
    return unknown_locks(rules, (name for lock in locks if not lock.is_gone for name in lock.called))


def rules_at(rules: Rules, lock: Lock) -> tuple[Rule, ...]:
    """Those that may decide about a stay at this door, in the order in which they are tried."""
    names = lock.known_as.each
    first = [one for one in rules.rules if not one.locks or any(same_lock(p, n) for p in one.locks for n in names)]
    return (*first, rules.default)
