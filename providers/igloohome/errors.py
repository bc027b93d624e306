"""igloohome's errors in the words of `bot.ports`. Its reference is not public: what is read here was seen by others
(facts/igloohome.md), and whatever is not known stays a plain refusal."""

import re
from collections.abc import Mapping

from bot.ports import LockFull, Misconfigured, ProviderError, Rejected, SlotFull
from providers.http import answered

VENDOR = "igloohome"
BRIDGE_AWAY = "bridge_away"
KEYS = (
    f"{VENDOR} does not take our keys: set IGLOOHOME_CLIENT_ID and IGLOOHOME_CLIENT_SECRET from its iglooaccess "
    "console, API access"
)
_FULL = re.compile(r"(maximum|max|limit).{0,40}(access codes|pins)|no space", re.IGNORECASE)
_SLOT = re.compile(r"variance.{0,40}(used|taken|limit)", re.IGNORECASE)


def translate(status: int, headers: Mapping[str, str], payload: object, *, read: bool) -> ProviderError:
    """The word for an answer of HTTP `status`. Its message may quote what we sent, and is never repeated."""
    if status in (401, 403):
        return Misconfigured(f"{KEYS} ({status})")
    if status == 406:  # seen where a bridge cannot be reached
        return Rejected(f"{VENDOR} cannot reach the bridge", BRIDGE_AWAY)
    error = answered(VENDOR, status, headers, read=read)
    if isinstance(error, Rejected):
        said = payload.get("message") if isinstance(payload, dict) else None
        words = said[:500] if isinstance(said, str) else ""
        kind = SlotFull if _SLOT.search(words) else LockFull if _FULL.search(words) else Rejected
        return kind(str(error), error.code)
    return error
