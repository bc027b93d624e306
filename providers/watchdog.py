"""The service that watches us from outside: it is called while all is well, and calls the operator when it is not
called. It is no vendor of anything else, and all of them take the same: a GET."""

from bot.ports import Misconfigured, Unavailable
from providers import http


async def pinging(url: str, timeout_seconds: float) -> None:
    """Raises ProviderError."""
    async with http.client("", headers={}, timeout_seconds=timeout_seconds) as web:
        answer = await http.exchange(web, "HEARTBEAT_URL", url, None, read=True, timeout_seconds=timeout_seconds)
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Unavailable(f"HEARTBEAT_URL answered {answer.status_code}")
    if answer.status_code >= 300:
        raise Misconfigured(f"HEARTBEAT_URL answered {answer.status_code}: check it")
