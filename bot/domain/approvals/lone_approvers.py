"""Where one person alone approves: nobody can approve what that one asks for, since nobody approves their own."""

from bot.domain.approvals.policy import Groups, Rule, Rules, everybody_in, may_ask, people


def lone_approvers(rules: Rules, groups: Groups) -> tuple[tuple[Rule, str], ...]:
    """Each rule under which a request of its only approver can but lapse, and who that is. Where they may approve
    their own in an emergency, they may."""
    backup = people(rules.reminders.backup, groups) if rules.reminders.after else frozenset[str]()
    found = []
    # What stands behind a rule for everything never counts.
    reached = next((n for n, rule in enumerate(rules.rules, 1) if rule.matches_all), None)
    for rule in rules.rules[:reached] if reached else (*rules.rules, rules.default):
        approvers = people(rule.approvers, groups) | backup
        if rule.automatic or len(approvers) != 1:
            continue
        (one,) = approvers
        asks = may_ask(rules, one, groups) and (not rule.requesters or one in everybody_in(rule.requesters, groups))
        if asks and one not in people(rule.break_glass, groups):
            found.append((rule, one))
    return tuple(found)
