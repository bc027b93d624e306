"""The sandbox's clock: real time plus an offset that people move. It only ever goes forward."""

from datetime import UTC, datetime, timedelta


class SandboxClock:
    """`now()` is what every part of the sandbox, and a bot bound to it, believes the time to be (aware, UTC)."""

    def __init__(self, start: datetime | None = None) -> None:
        self._offset = (start - datetime.now(UTC)) if start is not None else timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def advance(self, by: timedelta) -> datetime:
        """Moves forward. Raises ValueError for a negative span."""
        if by < timedelta():
            raise ValueError("the sandbox's clock only goes forward")
        self._offset += by
        return self.now()

    def to(self, moment: datetime) -> datetime:
        """Moves to an instant. Raises ValueError if it lies in the past."""
        if moment < self.now():
            raise ValueError("the sandbox's clock only goes forward")
        self._offset += moment - self.now()
        return self.now()
