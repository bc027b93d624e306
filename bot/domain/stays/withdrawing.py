"""Giving up: what it comes to depends on how far a code has come, and nothing is ever said to be gone that still opens.

Who asked for a stay is `bot.domain.stays.access_requests`; a code's table of transitions is
`bot.domain.stays.access_codes`.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus, check_transition
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.given_up import Deletion, GivenUp
from bot.domain.windows import PinKind

S = CodeStatus
CLOCKS_DIFFER = timedelta(minutes=5)
"""Whoever looks at their own watch may be a little ahead of us."""

_MINTED = (S.MINTING, S.READY, S.SHARED, S.ACTIVE, S.UNCONFIRMED)


OPERATOR = "operator"
"""Whoever types a command where Night Porter runs: as a person of the chat nobody is called so."""


def check_is_theirs(request: AccessRequest, person: str, approvers: frozenset[str]) -> None:
    """Raises a Refusal unless this person asked for the stay or is an approver."""
    if not is_theirs(request, person, approvers):
        raise Refusal(Reason.NOT_YOURS)


def is_theirs(request: AccessRequest, person: str, approvers: frozenset[str]) -> bool:
    return person == request.requester or person in approvers


def stands(code: AccessCode, *, used: bool, now: datetime) -> CodeStatus:
    """Its status as the clock has it, where the row may not have been looked at yet."""
    if code.status not in _MINTED:
        return code.status
    if now >= code.window.ends_at:
        return S.ENDED
    if code.status is S.MINTING and now >= code.deadline:
        return S.FAILED
    return S.UNCONFIRMED if not used and now >= code.deadline else code.status


def give_up(code: AccessCode, by: GivenUp, *, used: bool) -> AccessCode | None:
    """The code given up: released if it was never minted, else withdrawn; None when it opens nothing any more anyway.

    A code that is being minted counts as minted: its PIN may exist already.
    """
    stood = stands(code, used=used, now=by.at)
    if stood is S.RESERVED:
        check_transition(code.status, S.RELEASED)
        return replace(code, status=S.RELEASED, due_at=None, given_up=by)
    if stood in _MINTED:
        check_transition(code.status, S.WITHDRAWN)
        return replace(code, status=S.WITHDRAWN, due_at=code.window.ends_at, given_up=by)
    return None


def delete_at_lock(code: AccessCode, deletion: Deletion, now: datetime) -> AccessCode:
    """The withdrawn code ended before its time. Raises a Refusal for any other code, or a moment that cannot be."""
    if code.deleted is not None:
        raise Refusal(Reason.NOT_WITHDRAWN, {"who": code.deleted.who, "at": code.deleted.at})
    if code.status is not S.WITHDRAWN or now >= code.window.ends_at:
        status = S.ENDED if code.status is S.WITHDRAWN else code.status
        raise Refusal(Reason.NOT_WITHDRAWN, {"status": status.value})
    if deletion.at > now + CLOCKS_DIFFER or deletion.at < code.mint_at - CLOCKS_DIFFER:
        raise Refusal(Reason.NOT_THEN, {"starts_at": code.mint_at})
    check_transition(code.status, S.ENDED)
    return replace(code, status=S.ENDED, due_at=None, deleted=deletion)


def check_can_resend(code: AccessCode | None, *, used: bool, now: datetime) -> AccessCode:
    """The code whose PIN may be texted again. Raises a Refusal when none exists, or it opens nothing any more."""
    if code is None:
        raise Refusal(Reason.NOTHING_TO_RESEND, {"status": "not approved"})
    stood = stands(code, used=used, now=now)
    if stood not in (S.READY, S.SHARED, S.ACTIVE) or not code.has_pin:
        raise Refusal(Reason.NOTHING_TO_RESEND, {"status": stood.value})
    if code.kind is PinKind.ONE_TIME and used:
        raise Refusal(Reason.NOTHING_TO_RESEND, {"status": "used up"})
    return code


def can_resend(code: AccessCode, *, used: bool, now: datetime) -> bool:
    try:
        check_can_resend(code, used=used, now=now)
    except Refusal:
        return False
    return True


def check_can_have_opened(code: AccessCode, now: datetime) -> None:
    """Raises a Refusal for a code without a PIN, or one that does not work yet."""
    if not code.has_pin or code.status in (S.RESERVED, S.RELEASED, S.FAILED, S.ENDED):
        raise Refusal(Reason.CANNOT_HAVE_OPENED, {"status": code.status.value})
    if now < code.window.starts_at:
        raise Refusal(Reason.CANNOT_HAVE_OPENED, {"starts_at": code.window.starts_at})
