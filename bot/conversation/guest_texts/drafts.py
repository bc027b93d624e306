"""Drafts of texts to guests: queued messages with their phrase and facts, before any words are made."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.conversation.guest_texts.phrases import Phrase
from bot.domain.locks.lock import Contact, Lock, together
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


def pin_facts(
    guest: Guest, doors: Sequence[Lock], codes: Sequence[AccessCode], link: tuple[int, int] = (1, 1)
) -> dict[str, str]:
    """Of a text about one PIN, or about those of several doors that begin together; `doors` as `codes`. `link`: which
    of how many PINs one after the other."""
    facts = stay_facts(guest, together(doors), codes[0].window)
    if any(code.replaces for code in codes):
        facts["replaces"] = next(code.replaces for code in codes if code.replaces)
    if len(codes) > 1:
        facts["together"] = "\n".join(code.id for code in codes)
        facts["doors"] = "\n".join(lock.guest_info.door or lock.name for lock in doors)
    if link[1] > 1:
        facts |= {"link": str(link[0]), "links": str(link[1])}
        facts.pop("activate_by", None)
    return facts


def only(facts: Mapping[str, str], code_ids: Collection[str]) -> dict[str, str]:
    """The facts of such a text for some of its codes alone: what has stopped being true is left out."""
    ids, doors = facts.get("together", "").split("\n"), facts.get("doors", "").split("\n")
    kept = [(each, door) for each, door in zip(ids, doors, strict=True) if each in code_ids]
    if len(kept) == 1:
        alone = {name: words for name, words in facts.items() if name not in ("together", "doors", "guest_door")}
        return alone | {"door": kept[0][1]}
    named = "\n".join(each for each, _ in kept)
    return {**facts, "together": named, "doors": "\n".join(door for _, door in kept)}


def with_contact(facts: Mapping[str, str], contact: Contact) -> Mapping[str, str]:
    """The facts with whom to ask: whom the lock names, else this one. Added when the words are made, at the moment of
    sending."""
    if facts.get("contact") or facts.get("contact_phone"):
        return facts
    return {**facts, "contact": contact.name, "contact_phone": contact.phone}


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
