"""A moment as it was typed: a day, a time of day, both or neither, still without a year, a zone or a "now".

How moments make a line is `window_line`; which instant one is, `window_calendar`.
"""

from dataclasses import dataclass, field, replace

from bot.conversation.typed.windows.day_names import Unit
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.time_words import Role
from bot.conversation.typed.windows.window_pieces import (
    CalendarDay,
    ClockTime,
    Dotted,
    Instant,
    Number,
    calendar_day,
    clock,
)

_PARTS = {
    Role.MORNING: range(4, 12),
    Role.AFTERNOON: range(12, 19),
    Role.EVENING: range(16, 25),
    Role.NIGHT: range(18, 25),
}
"""The hours at which each part of a day can be meant; after midnight, a night's day is asked."""
EXAMPLE = "Write it like fri 3pm - sun 11am, or 4 dec 15:00 for 2 nights."


@dataclass(slots=True)
class Moment:
    """Filled in while a line is read. `near` is a day told from today (or NOW; with IN, `ahead` from it), `part` one of
    its parts, `at` that a word like "at" was seen, `moved` that the part has made 20:00 of 8:00."""

    words: list[str] = field(default_factory=list)
    day: CalendarDay | None = None
    near: Role | None = None
    ahead: "Length | None" = None
    part: Role | None = None
    moved: bool = False
    weekday: int | None = None
    is_next: bool = False
    clock: ClockTime | None = None
    instant: Instant | None = None
    number: Number | None = None
    dotted: list[Dotted] = field(default_factory=list)
    at: bool = False
    clock_first: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def is_now(self) -> bool:
        return self.near is Role.NOW

    @property
    def has_day(self) -> bool:
        return self.day is not None or self.weekday is not None or self.near not in (None, Role.NOW)

    @property
    def has_clock(self) -> bool:
        return self.clock is not None or self.instant is not None or self.is_now or self.minutes_ahead > 0

    @property
    def minutes_ahead(self) -> int:
        """Of `in an hour`: counted from this minute."""
        return self.ahead.minutes if self.ahead else 0

    @property
    def only_number(self) -> bool:
        return self.number is not None and not self.has_day and not self.has_clock and not self.dotted

    def put(self, piece: Instant | CalendarDay | ClockTime | Dotted | Number) -> None:
        """Add what was read; NotUnderstood when the place is taken (`fri 3pm 5pm`)."""
        if piece.text not in self.words[-1:]:
            self.words.append(piece.text)
        match piece:
            case Instant():
                self._must_be_free(piece.text, not self.has_day and not self.has_clock)
                self.instant = piece
            case CalendarDay():
                self._must_be_free(piece.text, self.day is None and self.near is None and self.instant is None)
                self.day = piece
            case ClockTime():
                self._put_clock(piece)
            case Number():
                self._must_be_free(piece.text, self.number is None and self.instant is None)
                if self.at and not piece.ordinal and (piece.value > 12 or piece.value == 0):
                    self._put_clock(ClockTime(piece.text, piece.value))
                else:
                    self.number = piece
            case Dotted():
                self.dotted.append(piece)

    def put_near(self, text: str, role: Role) -> None:
        """`today`, `now` and their like."""
        self.words.append(text)
        self._must_be_free(text, not self.has_day and not self.is_now and self.instant is None)
        self._must_be_free(text, role is not Role.NOW or self.clock is None)
        self.near = role

    def put_ahead(self, text: str, length: "Length") -> None:
        """`in 2 days`, `in an hour`."""
        self._must_be_free(text, not length.minutes or self.clock is None)
        self.put_near(text, Role.IN)
        self.ahead = length

    def put_part(self, role: Role, text: str = "") -> None:
        """`evening`, beside its day; without words of its own where one word is both."""
        self.words += [text] if text else []
        self._must_be_free(text, self.part is None and self.instant is None)
        self.part = role

    def put_weekday(self, text: str, weekday: int) -> None:
        """A weekday, alone or beside its date."""
        self.words.append(text)
        self._must_be_free(text, self.weekday is None and self.near is None and self.instant is None)
        self.weekday = weekday

    def finish(self) -> None:
        """Decide what `10.12` is from what stands beside it: each in its turn, the clear ones first."""
        clear = [dotted for dotted in self.dotted if not (_may_be_clock(dotted) and _may_be_day(dotted))]
        for dotted in (*clear, *(other for other in self.dotted if other not in clear)):
            if _may_be_clock(dotted) and (
                not _may_be_day(dotted)
                or (self.clock is None and (self.at or self.day is not None or self.near is not None))
            ):
                self.put_dotted_clock(dotted)
            elif _may_be_day(dotted) and (not _may_be_clock(dotted) or self.clock is not None):
                self.put_dotted_day(dotted)
            elif dotted in clear:
                raise NotUnderstood(dotted.text, f"What do you mean by {dotted.text}? {EXAMPLE}")
        if self.part is not None:
            self._settle_part(self.part)
        if self.is_next and self.weekday is None:
            raise NotUnderstood(self.text, f"Which day do you mean by next? {EXAMPLE}")

    def _settle_part(self, part: Role) -> None:
        """`tomorrow evening at 8` is 20:00; a time that the part does not have is asked."""
        if self.number is not None and not self.number.ordinal and self.clock is None:
            self._put_clock(ClockTime(self.number.text, self.number.value))
            self.number = None
        if self.clock is None:
            raise NotUnderstood(self.text, f"What time do you mean by {self.text}? Write the hour as well, like 20:00.")
        hours, hour = _PARTS[part], self.clock.hour
        if hour in hours:
            return
        by_twelve = 1 <= hour <= 11 and self.clock.style != "m" and not self.clock.text.startswith("0")
        if not by_twelve or hour + 12 not in hours:
            raise NotUnderstood(self.text, f"Which day and time is {self.text}? Write it like 4 dec 20:00.")
        self.clock, self.moved = replace(self.clock, hour=hour + 12), True

    def put_dotted_clock(self, dotted: Dotted) -> None:
        self.dotted.remove(dotted)
        self._put_clock(clock(dotted.text, dotted.first, dotted.second, ":"))

    def put_dotted_day(self, dotted: Dotted) -> None:
        self.dotted.remove(dotted)
        self._must_be_free(dotted.text, self.day is None and self.near is None and self.instant is None)
        self.day = calendar_day(dotted.text, dotted.second, dotted.first)

    def _put_clock(self, piece: ClockTime) -> None:
        self._must_be_free(piece.text, not self.has_clock)
        self.clock_first = not self.has_day and self.number is None
        self.clock = clock(piece.text, piece.hour, piece.minute, piece.style)

    def _must_be_free(self, text: str, free: bool) -> None:
        if not free:
            raise NotUnderstood(
                self.text, f"Where does the stay begin and where does it end in “{self.text}”? {EXAMPLE}"
            )


@dataclass(frozen=True, slots=True)
class Length:
    """How long: wall-clock months and days, nights (which end at check-out), and absolute minutes."""

    text: str
    months: int = 0
    days: int = 0
    nights: int = 0
    minutes: int = 0
    said_for: bool = True

    def plus(self, count: int, unit: Unit, text: str) -> "Length":
        """This length and `count` units more."""
        return Length(
            f"{self.text} {text}".strip(),
            self.months + (count if unit is Unit.MONTH else 0),
            self.days + {Unit.DAY: count, Unit.WEEK: 7 * count}.get(unit, 0),
            self.nights + (count if unit is Unit.NIGHT else 0),
            self.minutes + {Unit.MINUTE: count, Unit.HOUR: 60 * count}.get(unit, 0),
            self.said_for,
        )

    @property
    def is_nothing(self) -> bool:
        return not (self.months or self.days or self.nights or self.minutes)


def how_long(text: str) -> NotUnderstood:
    """For a length without a number or a unit, or past ten years."""
    return NotUnderstood(
        f"for {text}", f"How long do you mean by “{text}”? Write it like for 3 hours, or for 2 nights."
    )


def _may_be_clock(dotted: Dotted) -> bool:
    return dotted.first <= 23 and dotted.second <= 59 and dotted.text.rstrip(".")[-3] == "."


def _may_be_day(dotted: Dotted) -> bool:
    return 1 <= dotted.first <= 31 and 1 <= dotted.second <= 12
