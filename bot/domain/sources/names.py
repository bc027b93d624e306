"""Sources of stays: what each is called, and its id where a person's stands."""

import re

BY_SOURCE = "source:"
"""How the id of a source begins, wherever a person's id stands: `source:airbnb`."""

SOURCE = "^[a-z0-9][a-z0-9_-]{0,29}$"


def as_requester(source: str) -> str:
    return f"{BY_SOURCE}{source}"


def from_source(person: str) -> bool:
    """Whether this id is of a source of stays, and of nobody who reads anything."""
    return person.startswith(BY_SOURCE)


def is_source(name: str) -> bool:
    """Whether a source may be called so: small letters, digits, `-` and `_`, at most 30."""
    return re.fullmatch(SOURCE, name) is not None
