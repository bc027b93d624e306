"""A link by which a guest says themselves whom we text: the host sends it on where they were booked. Whoever has it can
say a number once, and sees the door and the time of the stay. That the number is theirs nobody else confirms."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.approvals.by_source import lock_for
from bot.domain.locks.lock import Lock
from bot.domain.messages.languages import Language
from bot.domain.refusals import Reason, Refusal
from bot.domain.signs import one_line
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.ports.stale import retry_if_stale
from bot.workflows.take_stay import contact_to_supply, supply_by_guest
from bot.workflows.take_stay.understanding import window_at

MOST_LOOKS, MOST_TRIES, WITHIN = 60, 10, timedelta(hours=1)
_LONGEST_NAME = 80


class PageSays(StrEnum):
    """What the page has to say."""

    NUMBER = "number"
    WRONG = "wrong"
    THANKS = "thanks"
    LATER = "later"
    OFTEN = "often"


@dataclass(frozen=True, slots=True)
class ContactAsked:
    """`language`: None where its source names none."""

    asked: PageSays
    lock: Lock
    window: AccessWindow
    language: Language | None
    stay_id: str
    now: datetime


async def show_link(ports: Ports, stay_id: str, person: str) -> tuple[str, str]:
    """What the source calls the guest, and the link. Raises a Refusal as `supply_contact` does."""
    name = await contact_to_supply(ports, stay_id, person)
    return name, await link_to(ports, stay_id, person)


@retry_if_stale
async def link_to(ports: Ports, stay_id: str, by: str) -> str:
    """Whoever calls has found out that they may. Empty where nobody could reach us."""
    if not ports.options.pages.startswith("http"):
        return ""
    async with ports.store() as uow:
        # A program reads its list every minute: who has had it is said once.
        first = await uow.deliveries.first("contact_link", f"{stay_id}:{by}", ports.clock.now())
        token = await uow.source_stays.link_of(stay_id)
        if first:
            await uow.audit.note(ports.clock.now(), by, "contact_link_shown", stay_id)
        return ports.options.pages + token


@retry_if_stale
async def show_contact_page(ports: Ports, token: str, *, tries: bool = False) -> ContactAsked | None:
    """None: there is no such link, or its stay was cancelled or is over. `tries`: somebody sends a number."""
    now = ports.clock.now()
    async with ports.store() as uow:
        stay = await uow.source_stays.by_link(token)
        lock = await uow.locks.get(stay.said.lock_ids[0]) if stay is not None else None
        if stay is None or lock is None or not stay.said.confirmed:
            return None
        window, _ = window_at(ports.rules, stay.key, lock, stay.said.starts_at, stay.said.ends_at)
        if now >= window.ends_at:
            return None
        what, most = ("contact_tried", MOST_TRIES) if tries else ("contact_page_seen", MOST_LOOKS)
        actor = f"link:{stay.id}"
        often = await uow.audit.count(actor, what, now - WITHIN) >= most
        if not often:
            await uow.audit.note(now, actor, what, stay.id)
        asked = PageSays.OFTEN if often else PageSays.NUMBER if stay.waits_for_contact else PageSays.THANKS
        here = lock_for(ports.rules, stay.key.requester, lock)
        return ContactAsked(asked, here, window, stay.said.language, stay.id, now)


async def receive_contact(ports: Ports, token: str, name: str, written: str) -> tuple[ContactAsked, PageSays] | None:
    """The same way as what an approver types. None as above."""
    found = await show_contact_page(ports, token, tries=True)
    if found is None or found.asked is not PageSays.NUMBER:
        return (found, found.asked) if found else None
    try:
        await supply_by_guest(ports, found.stay_id, one_line(name)[:_LONGEST_NAME], written)
    except Refusal as refusal:
        # Somebody may have said it meanwhile; what else a rule says no to is nothing that a guest can change.
        said = {
            Reason.BAD_PHONE: PageSays.WRONG,
            Reason.CHANGED_MEANWHILE: PageSays.THANKS,
            Reason.TOO_MANY: PageSays.OFTEN,
        }
        return found, said.get(refusal.reason, PageSays.LATER)
    return found, PageSays.THANKS
