"""Tokens by which other programs speak to us: what each may do. The digits of a token are shown once; what is kept is
their hash, from which nobody gets back."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PREFIX = "np_"
"""So that a token is known for one wherever it turns up."""

USE_KEPT = timedelta(minutes=1)
"""Its last use is kept so exactly: a program that calls without end writes one row a minute."""

_SHAPE = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_NAME = re.compile(r"[^\W_][\w .'-]{0,39}")


class Scope(StrEnum):
    """What a token may do. None holds another."""

    WRITE = "stays:write"
    READ = "stays:read"
    REVEAL = "pins:reveal"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """`name` is what the operator calls the program that has it."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


def is_token(text: str) -> bool:
    return _SHAPE.fullmatch(text) is not None


def is_token_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def hash_of(token: str) -> str:
    """Of 256 random bits: nobody guesses them, so they need no salt, and are found by their hash."""
    return hashlib.sha256(token.encode()).hexdigest()
