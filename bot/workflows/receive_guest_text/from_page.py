"""What a guest presses on their page is one of our reply words, about the PIN that they pressed it for. The answer goes
to their phone; to IN the page itself says thanks."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.stays.replying import MOST_ANSWERED, SLOWED_FOR, ReplyWord
from bot.domain.stays.standing import Standing, standing
from bot.ports import Ports
from bot.ports.stale import retry_if_stale
from bot.workflows.receive_guest_text.answering import answer_guest
from bot.workflows.receive_guest_text.receiving import Hearing, ReceivedText

PRESSED = frozenset({ReplyWord.IN, ReplyWord.STUCK, ReplyWord.HERE, ReplyWord.LATE, ReplyWord.HUMAN})
_AFTERWARDS = timedelta(days=1)


class Heard(StrEnum):
    """What the page says then."""

    IN = "in"
    ASKED = "asked"
    TOO_OFTEN = "often"


@dataclass(frozen=True, slots=True)
class Press:
    """`step`: the id of the form, so that a second click counts no more than the first. `code_id`: of the PIN beside
    the button. `rest`: when they come."""

    token: str
    step: str
    word: ReplyWord
    code_id: str = ""
    rest: str = ""


@retry_if_stale
async def receive_press(ports: Ports, press: Press) -> Heard | None:
    """None: there is no such page. Of more than a few in a short time nothing is heard, or written."""
    now = ports.clock.now()
    async with ports.store() as uow:
        request_id = await uow.pages.stay_of(press.token)
        request = await uow.requests.get(request_id) if request_id else None
        guest = await uow.guests.of_stay(request.id) if request else None
        if request is None or guest is None or request.given_up or request.status is not RequestStatus.APPROVED:
            return None
        # Not before: anybody may press at an address that is none, and nothing is kept of it.
        first = await uow.deliveries.first("page", press.step, now)
        if first:
            # As of texts: of many at once each would count only what was there before all of them.
            await uow.limits.for_update(uow.guests.mark(guest.phone), now)
        codes = await uow.codes.of_request(request.id)
        stands = standing(codes, await uow.codes.evidence_of([code.id for code in codes]), now)
        if not stands.on_page:
            return None
        code = _meant(stands, press)
        opened = press.word is ReplyWord.IN and code.has_pin and code.window.contains(now)
        heard = Heard.IN if opened else Heard.ASKED
        if not first:
            return heard
        words = f"{press.word.value} {press.rest}".strip()
        known = await uow.codes.of_guest(guest.id, now - _AFTERWARDS)
        hearing = Hearing(ports, uow, ReceivedText(f"page:{press.step}", guest.phone, words), guest, known, now)
        lately = await uow.audit.count(hearing.actor, "pressed", now - SLOWED_FOR)
        if lately >= MOST_ANSWERED:
            return Heard.TOO_OFTEN
        await uow.audit.note(now, hearing.actor, "pressed", code.id, word=press.word.value)
        hearing = replace(hearing, answers=heard is not Heard.IN)
        await answer_guest(hearing, press.word, press.rest, code)
    return heard


def _meant(stands: Standing, press: Press) -> AccessCode:
    """A newer one may have taken its place since the page was loaded: then that is meant, at the same door; but what
    opened is the PIN that they had before their eyes."""
    pins, pressed = stands.on_page, stands.of(press.code_id)
    if pressed is None or pressed in pins:
        return pressed.code if pressed else pins[0].code
    if press.word is ReplyWord.IN and pressed.may_open:
        return pressed.code
    return next((pin.code for pin in pins if pin.code.lock_id == pressed.code.lock_id), pins[0].code)
