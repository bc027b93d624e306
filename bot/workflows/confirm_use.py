"""Staff say that the door was opened with a PIN: evidence like the guest's own word, and the reminders stop."""

from bot.domain.refusals import Reason, Refusal, on_clock_of
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.withdrawing import check_can_have_opened, check_is_theirs
from bot.ports import Ports
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers
from bot.ports.wanted_cards import want_card


@retry_if_stale
async def confirm_use(ports: Ports, code_id: str, person: str) -> None:
    """Raises a Refusal when it is known already, cannot be, or is not theirs to say. Two at once: the row is held."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        code = await uow.codes.get(code_id, for_update=True)
        request = await uow.requests.get(code.request_id) if code else None
        if code is None or request is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        check_is_theirs(request, person, await stay_approvers(ports, uow, request, groups))
        lock, known = await uow.locks.get(code.lock_id), await uow.codes.evidence(code_id)
        with on_clock_of(lock.zoneinfo if lock else None):
            if known:
                who = {"who": known[0].by} if known[0].source == "staff" else {}
                raise Refusal(Reason.ALREADY_USED, {"at": known[0].at, **who})
            check_can_have_opened(code, now)
        await uow.codes.add_evidence(Evidence(code_id, "staff", now, person))
        await uow.audit.note(now, person, "used", code_id, source="staff")
        await want_card(ports, uow, request.id)
        await uow.schedule_now(code_id, now)
