"""Fields of other people's JSON, read as far as they are what they should be. Whatever is not is as good as not given:
no list of what booking systems leave out, or write otherwise, is ever complete."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from bot.domain.signs import calling_nobody, fit, is_id, one_line
from bot.domain.sources.bookings import BookedListing
from bot.domain.sources.source_stays import Moment
from providers.bookings.room import UnreadableBooking

LONGEST_NAME, LONGEST_WORDS = 200, 1000
FIRST_YEAR, LAST_YEAR = 2000, 2199
MOST_NUMBER = 10**18
MOST_LISTINGS = 20
MOST_PHONES = 20
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]?([0-9]{2}))?(?:[:.]?[0-9]{2})?(?:\s*([ap])\.?m\.?)?")


class TheirWords(BaseModel):
    """A model of their words: a field that we do not know is none of our business."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class CamelWords(TheirWords):
    """guestName."""

    model_config = ConfigDict(alias_generator=to_camel)


class HyphenWords(TheirWords):
    """guest-name."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))


def _text(value: Any) -> str:
    """Whole numbers, too: one writes ids so, another not."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_NUMBER:
        return str(value)
    return fit(value).strip()[:LONGEST_WORDS] if isinstance(value, str) else ""


def _name(value: Any) -> str:
    return one_line(_text(value))[:LONGEST_NAME].strip()


def _id(value: Any) -> str:
    text = _text(value)
    return text if is_id(text) else ""


def _word(value: Any) -> str:
    return _text(value).casefold()


def _words(value: Any) -> str:
    return calling_nobody(_text(value))


def _flag(value: Any) -> bool:
    return value is True or _word(value) in ("1", "true", "yes")


def _instant(value: Any) -> datetime | None:
    """One that says its offset."""
    try:
        at = datetime.fromisoformat(_text(value))
        return at.astimezone(UTC) if at.tzinfo is not None and FIRST_YEAR < at.year < LAST_YEAR else None
    except (ValueError, OverflowError):
        return None


def _stamp(value: Any) -> datetime | None:
    """Without an offset it is UTC."""
    text = _text(value)
    return _instant(text) or _instant(f"{text}+00:00")


def _day(value: Any) -> date | None:
    """Also of what stands with an hour behind it."""
    try:
        day = date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _clock(value: Any) -> time | None:
    """As in 16:00, 9:30 or 4 pm, or the hour alone; never the first of two, nor half of what stands there."""
    found = _CLOCK.fullmatch(_text(value).casefold())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half and not 1 <= hour <= 12:
        return None
    try:
        return time(hour % 12 + 12 * (half == "p") if half else hour, minute)
    except ValueError:
        return None


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Any:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> Any:
    return [one for one in _list(value) if isinstance(one, dict)]


T = TypeVar("T")
Text = Annotated[str, BeforeValidator(_words)]
Name = Annotated[str, BeforeValidator(_name)]
Id = Annotated[str, BeforeValidator(_id)]
Lowercase = Annotated[str, BeforeValidator(_word)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Instant = Annotated[datetime | None, BeforeValidator(_instant)]
Stamp = Annotated[datetime | None, BeforeValidator(_stamp)]
Day = Annotated[date | None, BeforeValidator(_day)]
Clock = Annotated[time | None, BeforeValidator(_clock)]
Object = Annotated[T, BeforeValidator(_object)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_list)]
Objects = Annotated[tuple[T, ...], BeforeValidator(_objects)]
Model = TypeVar("Model", bound=TheirWords)


def read_object(model: type[Model], said: Any) -> Model:
    if not isinstance(said, dict):
        raise UnreadableBooking("the body is no object")
    return model.model_validate(said)


def required(value: T | None, field: str) -> T:
    """What no stay can be made without. Raises UnreadableBooking."""
    if not value:
        raise UnreadableBooking(f"no {field}")
    return value


def at_the_door(day: date | None, clock: time | None) -> Moment | None:
    """A time on the door's clock; a day alone takes the door's own hours."""
    return datetime.combine(day, clock) if day and clock else day


def joined(*names: str) -> str:
    return " ".join(name for name in names if name)


def email(text: str) -> str:
    return text if "@" in text and len(text) <= 254 and " " not in text else ""


def phones(*written: str) -> tuple[str, ...]:
    found = dict.fromkeys(one[:60] for one in written if any(sign.isdecimal() for sign in one))
    return tuple(found)[:MOST_PHONES]


def listings(*pairs: tuple[str, str]) -> tuple[BookedListing, ...]:
    found = {key: BookedListing(key, name) for key, name in pairs[:MOST_LISTINGS] if key}
    return tuple(found.values())
