"""A text from a number that no stay has: while a guest may be on the way it goes to the team, who may know whose it is,
and needs a person until somebody has said so. Whoever sent it learns nothing."""

from collections.abc import Sequence
from datetime import datetime

from bot.conversation.team.drafts import note_to, of_unknown
from bot.conversation.team.notices import NoticeKind
from bot.domain.hiding import hide_digits
from bot.domain.signs import one_line
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.replying import HEARD_FOR, MOST_ANSWERED
from bot.domain.stays.talking import MOST_NEAR, MOST_UNKNOWN, near_start
from bot.ports import Ports, UnitOfWork
from bot.ports.own_pins import pins_of
from bot.workflows.receive_guest_text.receiving import LONGEST_QUOTED, ReceivedText

_ALL = "unknown numbers"


async def pass_on_unknown(
    ports: Ports, uow: UnitOfWork, heard: ReceivedText, now: datetime, *, answered: bool = False
) -> None:
    """Once for each workspace in which somebody is expected; not more of one number than a guest is answered, and not
    more than a channel can bear of all together. `answered`: a number of another time, which is told that it has no
    stay now."""
    near = near_start(await uow.codes.awaited(now, None, MOST_NEAR), now)
    if not near:
        return
    mark = uow.guests.mark(heard.phone)
    actor = f"number:{mark}"
    await uow.limits.for_update(_ALL, now)
    lately = await uow.audit.count(_ALL, "texted", now - HEARD_FOR)
    if lately >= MOST_UNKNOWN or await uow.audit.count(actor, "texted", now - HEARD_FOR) >= MOST_ANSWERED:
        return
    for by in (actor, _ALL):
        await uow.audit.note(now, by, "texted", heard.sid)
    # Whoever writes from another phone may well type the PIN that their own has got.
    words = one_line(hide_digits(heard.words, await pins_of(uow, near)))[:LONGEST_QUOTED]
    facts = {"words": words, "phone": heard.phone.masked()}
    facts |= {"media": ",".join(heard.media), "link": heard.link} if heard.media else {}
    facts |= {"last": "yes"} if lately + 1 == MOST_UNKNOWN else {}
    facts |= {"answered": "yes"} if answered else {}
    facts |= {"zone": ports.options.zone}
    for workspace in await _workspaces(uow, near):
        new_id, channel = ports.new_id(), ports.options.approvals_channel
        said = {**facts, "text": new_id, "workspace": workspace}
        key = f"unknown:{workspace}:{heard.sid}"
        notice = note_to(new_id, key, NoticeKind.UNKNOWN_TEXT, channel, said, None, None, now)
        await uow.raise_alert(*of_unknown(notice, mark, ports.new_id))


async def _workspaces(uow: UnitOfWork, near: Sequence[AccessCode]) -> list[str]:
    requests = await uow.requests.get_many({code.request_id for code in near})
    return sorted({request.workspace for request in requests.values()})
