"""Accounts at the locks' provider: their owner signs in once through a link, and from then on their locks are ours to
set PINs on. The provider may lose an account again; then its owner signs in anew."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.refusals import Reason, Refusal

GOOD_FOR = timedelta(hours=24)
"""A link that nobody has used for so long is not followed any more. Seam does not say how long one lives."""

_PACE = ((timedelta(minutes=10), timedelta(seconds=5)), (timedelta(hours=1), timedelta(seconds=30)))
_LATER = timedelta(minutes=5)


class LinkStatus(StrEnum):
    """`authorized`: the owner has signed in, and the locks have still to be read. The last three are final."""

    ASKED = "asked"
    OPEN = "open"
    AUTHORIZED = "authorized"
    DONE = "done"
    FAILED = "failed"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class AccountLink:
    """Somebody is connecting an account. `ref` is the provider's name of the link, `account_ref` of the account."""

    id: str
    person: str
    asked_at: datetime
    status: LinkStatus = LinkStatus.ASKED
    ref: str | None = None
    account_ref: str | None = None
    workspace: str = ""
    due_at: datetime | None = None
    claimed_until: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """`name` is what its owner signs in with. `lost_at`: since when the provider cannot use it; None while it can."""

    ref: str
    name: str
    lost_at: datetime | None = None


def look_again(link: AccountLink, now: datetime) -> datetime:
    """When to ask whether the owner has signed in: often at first, while somebody sits before the page."""
    age = now - link.asked_at
    return now + next((pause for until, pause in _PACE if age < until), _LATER)


def check_may_connect(person: str, approvers: frozenset[str]) -> None:
    """Raises a Refusal unless this person is an approver: whoever connects an account decides which doors there are."""
    if person not in approvers:
        raise Refusal(Reason.MAY_NOT_CONNECT)
