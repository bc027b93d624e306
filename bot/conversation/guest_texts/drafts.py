"""Drafts of texts to guests: queued messages with their phrase and facts, before any words are made."""

from collections.abc import Mapping
from datetime import datetime

from bot.conversation.guest_texts.phrases import Phrase
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Medium, Message
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.guests import Guest
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
    settings = lock.guest_info
    said = {"wake": settings.wake, "end_key": settings.end_key, "guest_door": settings.door}
    said |= {"contact": settings.contact, "contact_phone": settings.contact_phone}
    facts |= {
        "language": guest.language_choice.language.value,
        **{name: words for name, words in said.items() if words},
    }
    return facts | ({"activate_by": window.activate_by.isoformat()} if window.activate_by else {})


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
    more = {"language": guest.language_choice.language.value, **({"kind": code.kind.value} if code else {})}
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
