"""The repository of wishes that repeat. Beside the other ports in `bot.ports`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.sources.series import Series


class AllSeries(Protocol):
    async def get(self, series_id: str) -> Series | None: ...
    async def get_many(self, series_ids: Collection[str]) -> Mapping[str, Series]: ...
    async def put(self, series: Series) -> Series:
        """Adds a new one, or changes it if it is still as it was read. Raises Stale where somebody else was first."""
        ...

    async def stays_of(self, series_id: str) -> Sequence[str]:
        """The ids of its visits' stays, in the order of their begin."""
        ...

    async def end_of_guest(self, guest_id: str, by: str, at: datetime) -> None:
        """No further visit of this number comes of any."""
        ...
