"""How somebody belongs to the workspace that they ask in. Only full members are what rules mean by everybody, and by
the members of a user group; others may where the rules name them, by id or by the word for their kind."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Belonging(StrEnum):
    """The words as rules write them."""

    MEMBER = "members"
    GUEST = "guests"
    CONNECTED = "connected"
    """Of another organisation, by a channel that both share; or of another workspace."""


KINDS = frozenset[str](Belonging)
OUTSIDERS = (Belonging.GUEST, Belonging.CONNECTED)


def outsiders(groups: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """All that are known to be no full members. They stand among the groups, under the words for their kinds."""
    return frozenset[str]().union(*[groups.get(kind, frozenset()) for kind in OUTSIDERS])


def kind_of(person: str, groups: Mapping[str, frozenset[str]]) -> Belonging:
    return next((kind for kind in OUTSIDERS if person in groups.get(kind, frozenset())), Belonging.MEMBER)


def ids_only(ids: Iterable[str]) -> frozenset[str]:
    """Without groups and words: people who are named themselves."""
    return frozenset([one for one in ids if not one.startswith("S") and one not in KINDS])
