"""What the rules say for stays of a source at a door, beside who decides them. Of several rules that are about both the
first that says it counts, for each thing by itself."""

from dataclasses import replace
from functools import reduce

from bot.domain.approvals.policy import Rules, same_lock
from bot.domain.locks.lock import Lock
from bot.domain.messages.reminders import Policy
from bot.domain.sources.terms import SourceTerms


def terms_of(rules: Rules, requester: str, lock: Lock) -> SourceTerms:
    """Nothing for whom no rule names as a source. A lock is meant by what it is called today."""
    said = (
        rule.terms
        for rule in rules.of_sources
        if requester in rule.requesters
        and (not rule.locks or any(same_lock(pattern, lock.called) for pattern in rule.locks))
    )
    return reduce(SourceTerms.or_else, said, SourceTerms())


def lock_for(rules: Rules, requester: str, lock: Lock) -> Lock:
    """The door with the hours, and whom to ask, that stays of this source have there."""
    terms = terms_of(rules, requester, lock)
    defaults, info = lock.defaults, lock.guest_info
    if terms.check_in or terms.check_out:
        hours = terms.check_in or defaults.check_in, terms.check_out or defaults.check_out
        defaults = replace(defaults, check_in=hours[0], check_out=hours[1])
    if terms.contact:
        info = replace(info, contact=terms.contact.name, contact_phone=terms.contact.phone)
    return replace(lock, defaults=defaults, guest_info=info)


def policy_for(rules: Rules, policy: Policy, requester: str, lock: Lock) -> Policy:
    """With the lead that PINs of this source have there."""
    lead = terms_of(rules, requester, lock).mint_lead
    return policy if lead is None else replace(policy, mint_lead=lead)
