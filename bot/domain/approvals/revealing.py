"""Looking at a PIN, or at the guest's number: who may, when there is anything to see, and the look itself, which has to
end.

How the operator writes who may is `bot.conversation.files.policy_file`; what a PIN does right now is
`bot.domain.stays.verdicts`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.approvals.policy import REQUESTER, Groups, Known, Rule, Rules, each_name, of_every_name, people, stay_of
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.standing import PinStanding, newest_of_parts
from bot.domain.stays.talking import AFTERWARDS

SHOWN_FOR = timedelta(seconds=60)
MOST_LOOKS = 10
WITHIN = timedelta(hours=1)
"""So many PINs and numbers one person may look at in this time: whoever wants more wants a list."""

LONGEST_REASON = 200


class Secret(StrEnum):
    """What of a stay is shown to one person alone."""

    PIN = "pin"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Reveal:
    """One look. `code_id`: whose PIN; None for the guest's number. `place` is the vendor's name of the window that
    holds it, `due_at` when it is to be covered; `hidden_at` when it was. Why somebody looked stands in the audit log,
    the digits nowhere."""

    id: str
    request_id: str
    code_id: str | None
    person: str
    place: str
    at: datetime
    due_at: datetime | None
    hidden_at: datetime | None = None
    attempts: int = 0
    claimed_until: datetime | None = None
    version: int = 0

    @property
    def secret(self) -> Secret:
        return Secret.NUMBER if self.code_id is None else Secret.PIN

    @property
    def subject(self) -> str:
        """What the audit log says was looked at."""
        return self.code_id or self.request_id


def revealers(rules: Rules, request: AccessRequest, lock: Known, groups: Groups) -> frozenset[str]:
    """Who may see the PIN of this stay: whom the rule names, else whom the file names, else those who may decide it,
    apart from the one who asked."""
    stays = (stay_of(names, request.granted, request.requester) for names in each_name(lock))
    found = [rules.rule_for(stay, groups) for stay in stays]
    return of_every_name((rule, _revealers(rules, rule, request, groups)) for rule in found)


def _revealers(rules: Rules, rule: Rule, request: AccessRequest, groups: Groups) -> frozenset[str]:
    named = rule.may_reveal or rules.may_reveal
    if not named:
        return people(rule.approvers, groups) - {request.requester}
    asker = {request.requester} if REQUESTER in named else set()
    return people((one for one in named if one != REQUESTER), groups) | asker


def check_may_reveal(
    rules: Rules, request: AccessRequest, lock: Known, groups: Groups, person: str, secret: Secret = Secret.PIN
) -> None:
    """Raises a Refusal unless this person may see the PIN of this stay: they may see its guest's number, too."""
    if person not in revealers(rules, request, lock, groups):
        raise Refusal(Reason.MAY_NOT_REVEAL, {"secret": secret.value})


def may_reveal(rules: Rules, request: AccessRequest, lock: Known, groups: Groups, person: str) -> bool:
    return person in revealers(rules, request, lock, groups)


def check_can_reveal(request: AccessRequest, pin: PinStanding | None) -> AccessCode:
    """The code whose PIN there is to see. Raises a Refusal when none exists, or it opens nothing any more.

    A withdrawn PIN still opens, and whoever deletes it at the lock has to know it.
    """
    if pin is None:
        waits = request.status is RequestStatus.PENDING
        raise Refusal(Reason.NOTHING_TO_REVEAL, {"status": "not approved" if waits else request.status.value})
    if not pin.code.has_pin or pin.code.status is CodeStatus.MINTING:
        raise Refusal(Reason.NOTHING_TO_REVEAL, {"status": pin.code.status.value})
    if not pin.may_open:
        raise Refusal(Reason.NOTHING_TO_REVEAL, {"status": pin.state.value})
    return pin.code


def check_can_show_number(request: AccessRequest, codes: Sequence[AccessCode], now: datetime) -> None:
    """Raises a Refusal where there is nobody to call: it was never approved, or it is over, and so long that nobody
    writes to its guest any more; one that was given up is over at its end."""
    if request.status is not RequestStatus.APPROVED:
        waits = request.status is RequestStatus.PENDING
        raise Refusal(Reason.NOBODY_TO_CALL, {"status": "not approved" if waits else request.status.value})
    ends_at = max((code.window.ends_at for code in codes), default=request.granted.ends_at)
    newest = newest_of_parts(codes).values()
    given_up = bool(newest) and all(code.given_up is not None for code in newest)
    if now >= ends_at + (timedelta() if given_up else AFTERWARDS):
        raise Refusal(Reason.NOBODY_TO_CALL, {"status": "ended"})


def check_looks(looks: int) -> None:
    """`looks`: how many PINs and numbers this person has seen of late. Raises a Refusal when they are enough."""
    if looks >= MOST_LOOKS:
        raise Refusal(Reason.TOO_MANY_LOOKS, {"most": MOST_LOOKS})
