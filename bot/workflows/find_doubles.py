"""Is this number at this door in this time already? Asked while a form is filled in; reads only."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.conversation.team.stay_words import double_words
from bot.domain.pins import Phone
from bot.domain.stays.withdrawing import is_theirs
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.ports.doubles import doubles_of
from bot.ports.stale import retry_if_stale


@dataclass(frozen=True, slots=True)
class DoublesInfo:
    """`words`: a line for each, with no more than this person may see."""

    ids: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@retry_if_stale
async def find_doubles(
    ports: Ports, person: str, phone: Phone, lock_ids: Collection[str], window: AccessWindow, workspace: str = ""
) -> DoublesInfo:
    now, approvers = ports.clock.now(), await ports.approvers()
    async with ports.store() as uow:
        found = await doubles_of(uow, phone, lock_ids, window, now)
        locks = await uow.locks.get_many({each for one in found for each in one.lock_ids})
        words = []
        for one in found:
            here = workspace in ("", one.request.workspace)
            open_to = here and is_theirs(one.request, person, approvers)
            doors = [locks[each] for each in one.lock_ids]
            words.append(double_words(one, doors, named=open_to, asker=here))
    return DoublesInfo(tuple(one.request.id for one in found), tuple(words))
