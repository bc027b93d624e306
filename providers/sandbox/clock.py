"""The sandbox's clock: real time plus an offset that people move; or it stands, until somebody moves it or lets it go.
It only ever goes forward."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class SandboxClock:
    """`now()` is what every part of the sandbox, and a bot bound to it, believes the time to be (aware, UTC)."""

    def __init__(self, start: datetime | None = None) -> None:
        self._offset = (start - datetime.now(UTC)) if start is not None else timedelta()
        self._stands_at: datetime | None = None
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        return self._stands_at or datetime.now(UTC) + self._offset

    @property
    def is_still(self) -> bool:
        return self._stands_at is not None

    def stand(self, *, still: bool) -> datetime:
        """From now on time passes only where somebody moves it; or, let go, by itself again."""
        now = self.now()
        self._offset = now - datetime.now(UTC)
        self._stands_at = now if still else None
        return now

    def on_move(self, listener: Callable[[], None]) -> None:
        """`listener` is called after every move that people make (not while time merely passes)."""
        self._listeners.append(listener)

    def advance(self, by: timedelta) -> datetime:
        """Moves forward. Raises ValueError for a negative span, and for one that leaves this century."""
        if by < timedelta():
            raise ValueError("The sandbox's clock only goes forward.")
        if by > LATEST - self.now():
            raise ValueError("The sandbox's clock does not leave this century.")
        self._offset += by
        if self._stands_at is not None:
            self._stands_at += by
        for listener in self._listeners:
            listener()
        return self.now()

    def to(self, moment: datetime) -> datetime:
        """Moves to an instant. Raises ValueError if it lies in the past or beyond this century."""
        return self.advance(moment - self.now())
