"""Drafts: queued messages with their phrase and facts, before any words are made."""

from collections.abc import Mapping
from datetime import datetime

from bot.conversation.notices import Word
from bot.conversation.phrases import Phrase
from bot.domain.access_codes import AccessCode
from bot.domain.locks import Guest, Lock
from bot.domain.messages import Medium, Message
from bot.domain.windows import AccessWindow


def stay_facts(guest: Guest, lock: Lock, window: AccessWindow) -> dict[str, str]:
    """What every message about a stay needs. No guest's phone number, no PIN."""
    facts = {
        "guest": guest.name,
        "door": lock.name,
        "zone": lock.zone,
        "starts_at": window.starts_at.isoformat(),
        "ends_at": window.ends_at.isoformat(),
    }
    facts |= {"language": guest.tongue.language.value, **_told(lock)}
    return facts | ({"activate_by": window.activate_by.isoformat()} if window.activate_by else {})


def _told(lock: Lock) -> dict[str, str]:
    """What the operator wants guests to read about this lock."""
    settings = lock.for_guests
    told = {"wake": settings.wake, "end_key": settings.end_key, "guest_door": settings.door}
    told |= {"contact": settings.contact, "contact_phone": settings.contact_phone}
    return {name: words for name, words in told.items() if words}


def text_to_guest(
    message_id: str,
    key: str,
    phrase: Phrase,
    guest: Guest,
    facts: Mapping[str, str],
    code: AccessCode | None,
    at: datetime,
) -> Message:
    """An SMS to be sent at once, in the guest's language."""
    more = {"language": guest.tongue.language.value, **({"kind": code.kind.value} if code else {})}
    return Message(
        id=message_id,
        key=key,
        medium=Medium.SMS,
        recipient=guest.id,
        phrase=phrase.value,
        created_at=at,
        facts={**more, **facts},
        code_id=code.id if code else None,
        request_id=code.request_id if code else None,
        due_at=at,
    )


def not_delivered(
    message_id: str, text: Message, guest: Guest, lock: Lock, code: AccessCode, channel: str, problem: str, at: datetime
) -> Message:
    """The alarm to staff that a text did not reach its guest; once per text, or per code for one who wants none."""
    if guest.opted_out_at is not None:
        return opted_out(message_id, guest, lock, code, channel, at)
    facts = stay_facts(guest, lock, code.window) | {"problem": problem, "phone": guest.phone.masked()}
    key = f"undelivered:{text.id}"
    return note_to(message_id, key, Word.UNDELIVERED, channel, facts, code.request_id, code.id, at)


def opted_out(message_id: str, guest: Guest, lock: Lock, code: AccessCode, channel: str, at: datetime) -> Message:
    """To staff, once per code: this guest wants no texts, and has a stay."""
    facts = stay_facts(guest, lock, code.window) | {"phone": guest.phone.masked()}
    return note_to(message_id, f"opted_out:{code.id}", Word.OPTED_OUT, channel, facts, code.request_id, code.id, at)


def note_to(
    message_id: str,
    key: str,
    word: Word,
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
