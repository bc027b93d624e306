"""A vendor tells something that we make nothing of: that it was told is kept in the audit log."""

from bot.ports import Ports
from bot.ports.stale import retry_if_stale

LONGEST = 80


@retry_if_stale
async def keep_event(ports: Ports, delivery: str, kind: str, about: str) -> None:
    """`kind` in the provider's word; `about` is its id of a lock or a code, or empty. Safe to repeat."""
    now = ports.clock.now()
    async with ports.store() as uow:
        if await uow.deliveries.first("lock", delivery, now):
            await uow.audit.note(now, "provider", "unknown_event", about[:LONGEST], kind=kind[:LONGEST])


@retry_if_stale
async def keep_unknown_sender(ports: Ports, delivery: str) -> None:
    """A text from what is no phone: a short code, a name, an account elsewhere. Nobody of ours can be behind it."""
    now = ports.clock.now()
    async with ports.store() as uow:
        if await uow.deliveries.first("sms", delivery, now):
            await uow.audit.note(now, "carrier", "sender_no_phone", delivery)
