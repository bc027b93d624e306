"""Seam's errors in the words of `bot.ports`: of an HTTP answer, and of an access code that will never get its PIN."""

import re
from collections.abc import Mapping

from bot.ports import LockFull, Misconfigured, ProviderError, Rejected, SlotFull
from providers.http import answered

VENDOR = "Seam"
_TYPE = re.compile(r"[a-z0-9_]{1,64}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

HOPELESS: Mapping[str, str] = {
    "access_code_inactive": "the lock's account does not allow it",
    "code_constraints_violated": "the lock does not accept such a PIN",
    "duplicate_code": "the lock holds this PIN already",
    "duplicate_code_on_device": "the lock holds this PIN already",
    "failed_to_issue": "the lock's maker did not issue it",
    "failed_to_set_on_device": "the lock's maker did not issue it",
    "no_space_for_access_code_on_device": "the lock is full",
}
"""`errors[].error_code` of an access code after which no PIN comes (OpenAPI 1.1038, access_code.errors). Others, and
codes yet to be invented, may pass: provider_issue, a disconnected account or bridge, igloohome_bridge_offline."""


def translate(status: int, headers: Mapping[str, str], payload: object, *, read: bool) -> ProviderError:
    """The word for an answer of HTTP `status`. `payload` is its JSON, or None where it was not JSON.

    The error types are Seam's (facts: {"error": {"type", "message"}, "ok": false}); its messages may quote what we
    sent and are never repeated. Retry-After is honoured on 429, whose type Seam does not document.
    """
    code = error_type(payload)
    # Seam's own 404 names a type; one without comes of a path or a server that is not its API (facts/seam.md §2).
    if status in (404, 405) and not code:
        return Misconfigured(f"{VENDOR}: nothing at this address speaks its API; check SEAM_API_URL")
    if status in (401, 403):
        return Misconfigured(f"{VENDOR} does not take our key; set SEAM_API_KEY from its console, Developer > API Keys")
    failure = answered(VENDOR, status, headers, read=read, code=code)
    if isinstance(failure, Rejected):
        return _kind_of_no(code, payload)(f"{failure}{_request_id(headers)}", failure.code)
    return failure


_NO_SLOT = re.compile(r"no more \w+ offline|(maximum|max|limit).{0,60}\b(hour|day|start)\b", re.IGNORECASE)
_NO_ROOM = re.compile(
    r"already has \d+ (active )?access codes|no space|(maximum|max|limit).{0,40}access codes", re.IGNORECASE
)
"""How a full slot and a full lock are said. Seam documents neither for igloohome (facts, section 3), so its words are
read leniently, and what is not recognised stays a plain Rejected: nothing is learned from it, and staff are told."""


def _kind_of_no(code: str, payload: object) -> type[Rejected]:
    error = payload.get("error") if isinstance(payload, dict) else None
    said = error.get("message") if isinstance(error, dict) else None
    if code == "no_space_for_access_code_on_device":
        return LockFull
    if code == "invalid_input" and isinstance(said, str):
        if _NO_SLOT.search(said[:500]):
            return SlotFull
        if _NO_ROOM.search(said[:500]):
            return LockFull
    return Rejected


def error_type(payload: object) -> str:
    """Seam's `error.type`, or an empty string for anything that does not look like one."""
    error = payload.get("error") if isinstance(payload, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    return kind if isinstance(kind, str) and _TYPE.fullmatch(kind) else ""


def hopeless(codes: frozenset[str]) -> Rejected | None:
    """Why a code with these `error_code`s gets no PIN; None when it still may."""
    for code in sorted(codes & HOPELESS.keys()):
        return _kind_of_no(code, None)(f"{VENDOR}: {HOPELESS[code]} ({code})", code)
    return None


def _request_id(headers: Mapping[str, str]) -> str:
    """What Seam's support asks for."""
    value = headers.get("seam-request-id", "")
    return f", request {value}" if _REQUEST_ID.fullmatch(value) else ""
