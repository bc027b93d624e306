"""The repository of guests' pages."""

from typing import Protocol


class GuestPages(Protocol):
    async def token_of(self, request_id: str) -> str:
        """Of 128 random bits, in letters that an address takes; made where the stay has none yet."""
        ...

    async def stay_of(self, token: str) -> str | None:
        """The id of the request."""
        ...

    async def forget(self, request_id: str) -> None:
        """Who has the token has nothing any more."""
        ...
