"""Looks whether what the approval rules name is there, whenever the locks have been read: a name that no lock has any
more is an alert, once as long as it lasts, and ends by itself."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.conversation.team.policy_notices import rule_facts
from bot.domain.approvals.named_locks import without_lock
from bot.domain.approvals.policy import same_lock
from bot.domain.locks.lock import Lock
from bot.domain.stays.alerts import CLIMBS, Alert, AlertKind, Rung, rule_key
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale

KIND = AlertKind.RULE_WITHOUT_LOCK


@retry_if_stale
async def watch_rules(ports: Ports) -> None:
    """Safe to repeat. Where no lock is known, what is named may be there, and nobody is told."""
    now = ports.clock.now()
    async with ports.store() as uow:
        locks = await uow.locks.all()
        if not locks:
            return
        named = without_lock(ports.rules, locks)
        known = {alert.key: alert for alert in await uow.alerts.open_of_kind(KIND)}
        # In one order, as everybody may take several.
        for name in sorted(named):
            if rule_key(name) not in known:
                await _raise(ports, uow, name, locks)
        for key, alert in known.items():
            if key not in map(rule_key, named):
                await uow.alerts.save(replace(alert, due_at=now))
                uow.nudge(Subject.ALERT, alert.id)


async def _raise(ports: Ports, uow: UnitOfWork, name: str, locks: Sequence[Lock]) -> None:
    now, key = ports.clock.now(), rule_key(name)
    # Of two that look at once the second waits here, and then finds what the first has raised.
    await uow.limits.for_update(f"alert:{key}", now)
    known = await uow.alerts.by_key(key, None)
    if known is not None and known.is_open:
        return
    held = [lock.name for lock in locks if any(same_lock(name, names) for names in lock.known_as.each)]
    channel, facts = ports.options.approvals_channel, rule_facts(name, held, ports.options.zone)
    kind, new_id = NoticeKind.RULE_WITHOUT_LOCK, ports.new_id()
    notice = note_to(new_id, f"{key}:{now.isoformat()}", kind, channel, facts, None, None, now)
    await uow.raise_alert(Alert(ports.new_id(), key, KIND, now, now, now + CLIMBS[Rung.APPROVERS]), (notice,))
