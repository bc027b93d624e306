"""Whether the provider has a lock still. One list that does not name it says little: lists break off, accounts come
back. It is gone once several whole lists in half an hour have missed it, and nothing else has told of it meanwhile."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

GONE_AFTER = timedelta(minutes=30)
GONE_LISTS = 3


@dataclass(frozen=True, slots=True)
class Presence:
    """`heard_at`: when the newest word of it was asked for. `missing_since`: when the first list was asked for that
    misses it, and `missed_lists` how many have by now. `gone_at`: since when it is held to be gone."""

    heard_at: datetime | None = None
    missing_since: datetime | None = None
    missed_lists: int = 0
    gone_at: datetime | None = None


NEVER_HEARD = Presence()


def heard(known: Presence, at: datetime) -> Presence:
    """There is word of it, asked for at `at`. What is older than a list that misses it says nothing against it."""
    since = known.gone_at or known.missing_since
    if since is not None and since > at:
        return known
    return Presence(at if known.heard_at is None else max(known.heard_at, at))


def missed(known: Presence, at: datetime) -> Presence:
    """A whole list, asked for at `at`, does not name it. One that was asked for before the newest word does not count;
    such lists end later now and then."""
    if known.heard_at is not None and at <= known.heard_at:
        return known
    return replace(known, missing_since=known.missing_since or at, missed_lists=known.missed_lists + 1)


def may_be_gone(known: Presence, at: datetime) -> bool:
    """Missing for so long that the provider is asked for this very lock, before anybody is told."""
    since = known.missing_since
    return known.gone_at is None and since is not None and known.missed_lists >= GONE_LISTS and at - since >= GONE_AFTER


def gone(known: Presence, at: datetime) -> Presence:
    return replace(known, gone_at=known.gone_at or at)
