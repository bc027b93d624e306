"""Staff say that a withdrawn PIN was deleted at the lock: it ends there and then, and its place is free again."""

from dataclasses import replace

from bot.conversation.team.history import Event, reply
from bot.domain.hiding import hide_digits
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.given_up import Deletion
from bot.domain.stays.withdrawing import check_is_theirs, delete_at_lock
from bot.ports import Ports
from bot.ports.own_pins import own_pins
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers
from bot.ports.wanted_cards import want_card


@retry_if_stale
async def confirm_deletion(ports: Ports, code_id: str, deletion: Deletion) -> AccessCode:
    """The code as ended. Raises a Refusal for one that is not withdrawn, a moment that cannot be, or a stranger."""
    now, groups, channel = ports.clock.now(), await ports.groups(), ports.options.approvals_channel
    async with ports.store() as uow:
        code = await uow.codes.get(code_id)
        if code is None:
            raise Refusal(Reason.NOT_WITHDRAWN)
        # The door before the stay: an ended code gives its place back, and planners count places behind the door's row.
        await uow.locks.for_update(code.lock_id)
        # Read anew: while this one waited for the door, somebody else may have said the same.
        code = await uow.codes.get(code_id, for_update=True) or code
        request, lock = await uow.requests.get(code.request_id), await uow.locks.get(code.lock_id)
        if request is None or lock is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        check_is_theirs(request, deletion.said_by, await stay_approvers(ports, uow, request, groups))
        theirs = await own_pins(uow, request.id, request.guest_id, now)
        deletion = replace(deletion, who=hide_digits(deletion.who, theirs))
        ended = await uow.codes.save(delete_at_lock(code, deletion, now))
        facts = {
            "who": deletion.who,
            "by": deletion.said_by,
            "deleted_at": deletion.at.isoformat(),
            "zone": lock.zone,
        }
        await uow.enqueue(reply(ports.new_id(), f"deleted:{code.id}", Event.DELETED, request.id, channel, now, facts))
        await uow.audit.note(
            now, deletion.said_by, "deleted_at_lock", code.id, who=deletion.who, when=deletion.at.isoformat()
        )
        await want_card(ports, uow, request.id)
    return ended
