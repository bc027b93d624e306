"""Accounts at the locks' provider, as the core needs them: the provider's side, and the two repositories. Beside the
other ports in `bot.ports`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.locks.accounts import Account, AccountLink


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """A link as its provider has it. `done`: None while nobody has signed in, False where signing in failed."""

    ref: str
    url: str
    done: bool | None = None
    account_ref: str | None = None


class AccountProvider(Protocol):
    """Every method raises ProviderError and nothing else."""

    async def begin(self) -> LinkInfo:
        """A new link. One that nobody uses does no harm, so this may be repeated."""
        ...

    async def look(self, ref: str) -> LinkInfo: ...
    async def accounts(self) -> Sequence[Account]:
        """All that are connected; `lost_at` is when the provider, or this call, first saw it lost."""
        ...


class Accounts(Protocol):
    """What we know of accounts."""

    async def all(self) -> Sequence[Account]: ...
    async def keep(self, accounts: Sequence[Account]) -> Sequence[Account]:
        """From now on these are all there are; those of them that were not lost before, and are now."""
        ...


class Links(Protocol):
    async def add(self, link: AccountLink) -> None: ...
    async def get(self, link_id: str) -> AccountLink | None: ...
    async def save(self, link: AccountLink) -> AccountLink:
        """Raises Stale when the row has moved on since it was read."""
        ...

    async def open(self) -> Sequence[AccountLink]:
        """Those that wait for somebody to sign in."""
        ...

    async def authorized(self) -> Sequence[AccountLink]:
        """Those whose locks have still to be read."""
        ...
