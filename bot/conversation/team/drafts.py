"""Drafts of notices to the team: queued messages with their word and facts, before any words are made."""

from collections.abc import Mapping
from datetime import datetime

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Medium, Message
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.guests import Guest


def not_delivered(
    message_id: str, text: Message, guest: Guest, lock: Lock, code: AccessCode, channel: str, problem: str, at: datetime
) -> Message:
    """The alarm to staff that a text did not reach its guest; once per text, or per code for one who wants none."""
    if guest.opted_out_at is not None:
        return opted_out(message_id, guest, lock, code, channel, at)
    facts = stay_facts(guest, lock, code.window) | {"problem": problem, "phone": guest.phone.masked()}
    key = f"undelivered:{text.id}"
    return note_to(message_id, key, NoticeKind.UNDELIVERED, channel, facts, code.request_id, code.id, at)


def opted_out(message_id: str, guest: Guest, lock: Lock, code: AccessCode, channel: str, at: datetime) -> Message:
    """To staff, once per code: this guest wants no texts, and has a stay."""
    facts = stay_facts(guest, lock, code.window) | {"phone": guest.phone.masked()}
    return note_to(
        message_id, f"opted_out:{code.id}", NoticeKind.OPTED_OUT, channel, facts, code.request_id, code.id, at
    )


def note_to(
    message_id: str,
    key: str,
    word: NoticeKind,
    address: str,
    facts: Mapping[str, str],
    request_id: str | None,
    code_id: str | None,
    at: datetime,
) -> Message:
    """A notice to a channel or a person in chat, to be posted at once."""
    return Message(
        id=message_id,
        key=key,
        medium=Medium.SLACK,
        recipient=address,
        phrase=word.value,
        created_at=at,
        facts=dict(facts),
        code_id=code_id,
        request_id=request_id,
        due_at=at,
    )
