"""What waited to be sent and has been overtaken: a question that is decided, a warning about a PIN that was used, a
change to a notice that never stood there. Texts to guests have their own times (`bot.domain.stays.text_times`)."""

from bot.conversation.guest_texts.approver_texts import QUESTIONS
from bot.conversation.team.notices import NoticeKind
from bot.conversation.team.settled import settling_key, taken_keys
from bot.domain.messages.message import Message, MessageStatus
from bot.domain.sources.names import from_source
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.stays.access_requests import RequestStatus
from bot.ports import UnitOfWork

CHANGES = (NoticeKind.TAKEN.value, NoticeKind.SETTLED.value)
"""No posts: these change a notice where it stands."""

_WHILE_PENDING = frozenset({NoticeKind.APPROVAL_REMINDER.value, *QUESTIONS})


async def worth_sending(uow: UnitOfWork, message: Message, asked: Message | None) -> bool:
    """What has stopped being true is not sent: a PIN that is gone, a reminder for one who is in, or to decide, the
    warning that a PIN is not used, the answer under a question that was never posted; nor what is for a source, which
    reads nothing."""
    if from_source(message.recipient):
        return False
    if message.phrase in _WHILE_PENDING and message.request_id:
        request = await uow.requests.get(message.request_id)
        if request is None or request.status is not RequestStatus.PENDING:
            return False
        if any(said.approver == message.recipient for said in request.approvals):
            return False
        return not await _asked_anew(uow, message)
    if message.phrase in CHANGES:
        posted = asked is not None and asked.status not in (MessageStatus.DROPPED, MessageStatus.REFUSED)
        return posted and not (message.phrase == NoticeKind.TAKEN.value and await _is_settled(uow, message))
    if message.phrase == NoticeKind.DANGER.value and message.code_id is not None:
        code = await uow.codes.get(message.code_id)
        if code is None or code.status not in (CodeStatus.READY, CodeStatus.SHARED):
            return False
    return await _still_called(uow, message)


async def _asked_anew(uow: UnitOfWork, message: Message) -> bool:
    """A later question to the same approver has made the code in this one void; a later call of the channel, which took
    none for a while, says all that this one does."""
    same = QUESTIONS if message.phrase in QUESTIONS else {message.phrase}
    theirs = [m for m in await uow.messages.of_request(message.request_id or "") if m.recipient == message.recipient]
    return any(m.phrase in same and m.id > message.id for m in theirs)


async def _still_called(uow: UnitOfWork, message: Message) -> bool:
    """Nobody is called for what is over, nor any further for what somebody has."""
    if "calls" not in message.facts and "copy" not in message.facts:
        return True
    alert = await uow.alerts.get(message.facts["alert"])
    return alert is not None and (alert.climbs if "calls" in message.facts else alert.is_open)


async def _is_settled(uow: UnitOfWork, message: Message) -> bool:
    """What it would change says already what came of it: who has it does not matter any more."""
    return await uow.messages.by_key(settling_key(message.facts["of"])) is not None


async def is_changing(uow: UnitOfWork, message: Message, asked: Message) -> bool:
    """The same notice is being changed by another: what settles it comes last, or it would be undone."""
    if message.phrase != NoticeKind.SETTLED.value:
        return False
    same = [await uow.messages.by_key(key) for key in taken_keys(asked)]
    return any(one is not None and one.status is MessageStatus.SENDING for one in same)
