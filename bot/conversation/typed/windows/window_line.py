"""The grammar of a typed window: pieces become a start, an end or a length.

`moment - moment`, `moment for length`, `for length from moment`, `for length`, `until moment`, `moment`. Nothing here
knows the time; where a line has two readings, NotUnderstood carries the question.
"""

from dataclasses import dataclass

from bot.conversation.typed.windows.day_names import Unit, month_name
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.time_words import Meaning, Role
from bot.conversation.typed.windows.window_moments import EXAMPLE, Length, Moment, how_long
from bot.conversation.typed.windows.window_pieces import (
    CalendarDay,
    ClockTime,
    Dotted,
    Mark,
    Number,
    Piece,
    WordPiece,
    join_dates,
)
from bot.conversation.typed.windows.window_sides import settle

_PARTS = (Role.MORNING, Role.AFTERNOON, Role.EVENING, Role.NIGHT)
_NEAR = (Role.NOW, Role.TODAY, Role.TONIGHT, Role.TOMORROW, Role.OVERMORROW)
_MOST = 3660
_DAY_MINUTES = 24 * 60
_LAST_HOUR = 23


@dataclass(frozen=True, slots=True)
class WindowLine:
    """What was typed: `start` None is "now" (or today, for some nights); at most one of `end` and `length`."""

    start: Moment | None
    end: Moment | None = None
    length: Length | None = None
    dashed: bool = False


def read_line(pieces: tuple[Piece, ...]) -> WindowLine:
    """Pieces to a Line. Raises NotUnderstood."""
    reader = _Reader(join_dates(pieces))
    line = _shape(reader.read())
    settle(line.start, line.end, dashed=line.dashed)
    return line


@dataclass(frozen=True, slots=True)
class _To:
    word: bool


_Item = Moment | Length | _To


class _Reader:
    """Walks the pieces once, left to right, and keeps what it has made of them."""

    def __init__(self, pieces: list[Piece]) -> None:
        self._pieces = pieces
        self._index = 0
        self._items: list[_Item] = []
        self._moment = Moment()
        self._between = False

    def read(self) -> list[_Item]:
        while (piece := self._take()) is not None:
            match piece:
                case Mark(kind="comma"):
                    pass
                case Mark(kind="dash"):
                    self._to(word=False)
                case Mark():
                    raise unknown(piece.text)
                case WordPiece():
                    self._word(piece)
                case Number():
                    self._number(piece)
                case ClockTime(style="h", hour=hours) if hours > _LAST_HOUR:
                    self._index -= 1
                    self._bare_length()
                case _:
                    self._moment.put(piece)
        self._end_moment()
        return self._items

    def _word(self, word: WordPiece) -> None:
        if word.meaning.is_a(Role.FOR):
            self._end_moment()
            self._items.append(self._length(Length("")))
        elif self._ahead(word):
            pass
        elif self._begins_length(word.meaning):
            self._index -= 1
            self._bare_length()
        elif not self._joins(word.meaning):
            self._time_word(word)

    def _take(self) -> Piece | None:
        piece = self._peek()
        self._index += piece is not None
        return piece

    def _peek(self, ahead: int = 0) -> Piece | None:
        index = self._index + ahead
        return self._pieces[index] if index < len(self._pieces) else None

    def _ahead(self, word: WordPiece) -> bool:
        """`in 2 days`, `in a week`: a day, counted from today; `in an hour`, `in 90 min`: a time, counted from now."""
        if not word.meaning.is_a(Role.IN):
            return False
        begins, length = self._index, self._one_length(Length("")) or Length("")
        # French: `dans 2 jours 10h` is a day and its hour.
        while length.minutes and (more := self._one_length(length)):
            length = more
        if length.is_nothing or length.nights:
            self._index = begins
            return False
        text = f"{word.text} {length.text}"
        if length.days + length.minutes / _DAY_MINUTES + 31 * length.months > _MOST:
            raise NotUnderstood(text, f"Which day is {text}? {EXAMPLE}")
        self._moment.put_ahead(text, length)
        return True

    def _joins(self, meaning: Meaning) -> bool:
        """Words that join moments, or only introduce one."""
        if meaning.is_a(Role.TO) or (meaning.is_a(Role.AND) and self._between):
            self._to(word=True)
        elif meaning.is_a(Role.TO_OR_AT):
            self._to_or_at(hour=meaning.is_a(Role.AT))
        elif meaning.is_a(Role.BETWEEN):
            self._between = True
        elif meaning.is_a(Role.AT):
            # `at`, and Italian `ore 15`.
            self._moment.at = True
            if meaning.is_a(Role.CLOCK_HOURS) and isinstance(number := self._peek(), Number):
                self._index += 1
                self._moment.put(ClockTime(number.text, number.value, style="u"))
        else:
            return meaning.is_a(Role.FILLER) or (
                meaning.unit is Unit.DAY and isinstance(self._peek(), Number | CalendarDay)
            )
        return True

    def _day_word(self, word: WordPiece) -> bool:
        """A day told from today, a weekday, or a part of the day that stands beside it."""
        meaning, moment = word.meaning, self._moment
        near = next((role for role in _NEAR if meaning.is_a(role)), None)
        part = next((role for role in _PARTS if meaning.is_a(role)), None)
        if moment.has_day and meaning.is_a(Role.TOMORROW_OR_MORNING):
            moment.put_part(Role.MORNING, word.text)
        elif near:
            moment.put_near(word.text, near)
        elif meaning.weekday is not None:
            moment.put_weekday(word.text, meaning.weekday)
        elif part and moment.has_day:
            moment.put_part(part, word.text)
        else:
            return False
        if part and (near or meaning.weekday is not None):
            moment.put_part(part)
        return True

    def _time_word(self, word: WordPiece) -> None:
        meaning = word.meaning
        if self._day_word(word):
            return
        if meaning.is_a(Role.NOON, Role.MIDNIGHT):
            self._moment.put(ClockTime(word.text, 12 if meaning.is_a(Role.NOON) else 0, style="word"))
        elif meaning.is_a(Role.NEXT):
            self._moment.is_next = True
            self._moment.words.append(word.text)
        elif meaning.month is not None:
            name = month_name(meaning.month)
            raise NotUnderstood(word.text, f"Which day of {name} do you mean? Write it like 4 {name[:3].lower()}.")
        elif meaning.unit is not None and not meaning.is_a(*_PARTS):
            raise how_long(word.text)
        else:
            raise unknown(word.text)

    def _number(self, number: Number) -> None:
        following = self._peek()
        if not isinstance(following, WordPiece) or following.meaning.unit is None or number.ordinal:
            self._moment.put(number)
        elif following.meaning.is_a(Role.CLOCK_HOURS) and number.value <= _LAST_HOUR:
            self._index += 1
            self._moment.put(ClockTime(f"{number.text} {following.text}", number.value, style="u"))
        elif following.meaning.unit is Unit.HOUR and number.value <= _LAST_HOUR:
            text = f"{number.text} {following.text}"
            raise NotUnderstood(
                text, f"Is {text} a length or a time? Write for {number.text} hours or {number.text}:00."
            )
        else:
            self._index -= 1
            self._bare_length()

    def _begins_length(self, meaning: Meaning) -> bool:
        """`two nights` anywhere, `a week` at the beginning of a line only: `friday a week` is a day in England."""
        following = self._peek()
        counts = meaning.count is not None and (meaning.count > 1 or (not self._items and not self._moment.words))
        return counts and isinstance(following, WordPiece) and following.meaning.unit is not None

    def _bare_length(self) -> None:
        self._end_moment()
        self._items.append(self._length(Length("", said_for=False)))

    def _length(self, length: Length) -> Length:
        """Every `count unit` from here on, `and` and commas between them allowed."""
        found = self._one_length(length)
        while found:
            length = found
            ahead = self._peek()
            joins = isinstance(ahead, Mark) and ahead.kind == "comma"
            joins = joins or (isinstance(ahead, WordPiece) and ahead.meaning.is_a(Role.AND))
            if joins and isinstance(self._peek(1), Number) and isinstance(self._peek(2), WordPiece):
                self._index += 1
            found = self._one_length(length)
        if length.is_nothing:
            raise how_long("that")
        return length

    def _one_length(self, length: Length) -> Length | None:
        piece = self._peek()
        match piece:
            case ClockTime(style="h"):
                self._index += 1
                return length.plus(60 * piece.hour + piece.minute, Unit.MINUTE, piece.text)
            case Number(ordinal=False):
                return self._counted(length, 10 * piece.value, piece.text, 1)
            case Dotted() if len(piece.text) <= 4 and piece.second < 10:
                return self._counted(length, 10 * piece.first + piece.second, piece.text, 1)
            case WordPiece():
                # `a week`, `half an hour`, `one and a half` is asked.
                ahead = 1
                if piece.meaning.is_a(Role.HALF):
                    ahead += isinstance(article := self._peek(1), WordPiece) and article.meaning.count == 1
                    return self._counted(length, 5, piece.text, ahead)
                if piece.meaning.count is None:
                    return None
                half = isinstance(following := self._peek(1), WordPiece) and following.meaning.is_a(Role.HALF)
                return self._counted(length, 5 if half else 10 * piece.meaning.count, piece.text, 2 if half else 1)
        return None

    def _counted(self, length: Length, tenths: int, text: str, ahead: int) -> Length | None:
        """Tenths of the unit that stands `ahead`; only hours may be broken."""
        unit_word = self._peek(ahead)
        if not isinstance(unit_word, WordPiece) or unit_word.meaning.unit is None:
            return None
        unit, shown = unit_word.meaning.unit, f"{text} {unit_word.text}"
        self._index += ahead + 1
        if tenths > 10 * 60 * 24 * _MOST or (tenths % 10 and unit is not Unit.HOUR):
            raise how_long(shown)
        return (
            length.plus(6 * tenths, Unit.MINUTE, shown) if unit is Unit.HOUR else length.plus(tenths // 10, unit, shown)
        )

    def _to_or_at(self, *, hour: bool) -> None:
        """French `à`, Spanish `a`: "to" before a day or after a time, "at" between a day and its time."""
        before = self._moment
        offset = 0
        while isinstance(skipped := self._peek(offset), WordPiece) and skipped.meaning.is_a(Role.AT, Role.FILLER):
            offset += 1
        ahead = self._peek(offset)
        names_day = isinstance(ahead, CalendarDay) or (isinstance(ahead, WordPiece) and _names_day(ahead.meaning))
        # Beside today or tomorrow a number can only be an hour: `mañana de 10 a 14`.
        has_hour = before.has_clock or before.only_number or (before.near is not None and before.number is not None)
        if before.words and (names_day or has_hour):
            self._to(word=True)
            self._moment.at = hour
        else:
            before.at = True

    def _to(self, *, word: bool) -> None:
        self._end_moment()
        self._items.append(_To(word))

    def _end_moment(self) -> None:
        if self._moment.words:
            self._moment.finish()
            self._items.append(self._moment)
        self._moment = Moment()


def _names_day(meaning: Meaning) -> bool:
    near = (Role.TODAY, Role.TONIGHT, Role.TOMORROW, Role.OVERMORROW)
    return meaning.weekday is not None or meaning.unit is Unit.DAY or meaning.is_a(*near)


def unknown(text: str) -> NotUnderstood:
    """For a word or character that has no meaning in a window."""
    shown = text if text.isprintable() else "�"
    return NotUnderstood(shown, f"What does “{shown}” mean here? {EXAMPLE}")


def _is_day_apart(length: Length) -> bool:
    """`3 weeks from friday` is a day for many."""
    return not length.said_for and (length.months > 0 or (length.days > 0 and length.days % 7 == 0))


def _shape(items: list[_Item]) -> WindowLine:
    match items:
        case [Moment() as start]:
            return WindowLine(start)
        case [Moment() as start, _To() as to, Moment() as end]:
            return WindowLine(start, end, dashed=not to.word)
        case [Moment() as start, Length() as length]:
            return WindowLine(start, length=length)
        case [Length() as length, Moment() as start] if _is_day_apart(length) and start.has_day:
            raise NotUnderstood(
                f"{length.text} from {start.text}",
                f"Does the stay begin {length.text} after {start.text}, or last so long? {EXAMPLE}",
            )
        case [Length() as length, Moment() as start] if length.said_for or not start.is_now:
            return WindowLine(start, length=length)
        case [Length() as length]:
            return WindowLine(None, length=length)
        case [_To(word=True), Moment() as end]:
            return WindowLine(None, end)
        case []:
            raise NotUnderstood("", f"From when until when? {EXAMPLE}")
    raise NotUnderstood(
        " ".join("-" if isinstance(item, _To) else item.text for item in items),
        f"When does the stay begin and when does it end? {EXAMPLE}",
    )
