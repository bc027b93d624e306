"""What the rules say of a source, for a message about one of its stays: where it goes, and whom its guest asks."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.approvals.by_source import terms_of
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Medium, Message
from bot.domain.stays.access_requests import AccessRequest
from bot.ports import Ports, UnitOfWork
from bot.ports.source_channel import channel_of
from bot.workflows.send_message.overtaken import CHANGES


async def addressed(
    ports: Ports, uow: UnitOfWork, message: Message, request: AccessRequest | None, asked: Message | None
) -> Message:
    """What is for the channel of approvals goes to the one of its source; what changes a notice (`asked`), to where
    that stands."""
    if asked is not None:
        return replace(message, recipient=asked.recipient)
    # Where it went at first it goes once more, or where it goes since that channel took nothing.
    if request is None or message.attempts or message.recipient != ports.options.approvals_channel:
        return message
    return replace(message, recipient=await channel_of(ports, uow, request))


def is_lost_there(ports: Ports, message: Message) -> bool:
    """The channel that the rules name takes nothing, and that of approvals is another."""
    if message.medium is not Medium.SLACK:
        return False
    named = {rule.terms.channel for rule in ports.rules.of_sources} - {ports.options.approvals_channel}
    return message.recipient in named and not message.in_thread and message.phrase not in CHANGES


def contact_facts(ports: Ports, request: AccessRequest | None, lock: Lock | None) -> Mapping[str, str]:
    """In the place of those of the lock; empty where the rules say nothing."""
    found = terms_of(ports.rules, request.requester, lock).contact if request and lock else None
    return {"contact": found.name, "contact_phone": found.phone} if found else {}
