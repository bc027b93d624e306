"""The repositories of stays that come by themselves, and of the tokens by which programs send them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.approvals.api_tokens import ApiToken
from bot.domain.sources.source_stays import SourceKey, SourceStay


class KeptSourceStays(Protocol):
    async def get(self, stay_id: str) -> SourceStay | None: ...
    async def by_key(self, key: SourceKey) -> SourceStay | None: ...
    async def put(self, stay: SourceStay) -> SourceStay:
        """Adds a new one, or changes it if it is still as it was read. Raises Stale where somebody else was first."""
        ...

    async def without_contact(self, limit: int) -> Sequence[SourceStay]:
        """Those that wait until somebody says whom to text, the next that is looked at first."""
        ...

    async def after(self, stay_id: str, limit: int, source: str | None = None) -> Sequence[SourceStay]:
        """The oldest of those behind this id; of one source, or of all."""
        ...


class ApiTokens(Protocol):
    async def add(self, token: ApiToken, digest: str) -> None: ...
    async def all(self) -> Sequence[ApiToken]:
        """Oldest first, revoked ones too."""
        ...

    async def by_digest(self, digest: str) -> ApiToken | None: ...
    async def used(self, token_id: str, at: datetime) -> None: ...
    async def revoke(self, token_id: str, at: datetime) -> None: ...
