"""A host's own list of whom to text: CSV with a header, and in each line a booking's code and a number."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.signs import one_line

LARGEST = 2_000_000
"""Bytes."""
MOST_LINES = 5_000
CODE, NAME, PHONE = "code", "name", "phone"
_DELIMITERS = ",;\t"


class BadContacts(ValueError):
    """The words are for the operator; no number is among them."""


@dataclass(frozen=True, slots=True, repr=False)
class ContactLine:
    """`number`: of the line in the file, the header being the first."""

    number: int
    code: str
    name: str
    phone: str


def read_contacts(data: bytes) -> Sequence[ContactLine]:
    """Every line that says something. Raises BadContacts for a file that is no such list."""
    if len(data) > LARGEST:
        raise BadContacts(f"the file has more than {LARGEST} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadContacts("the file is not in UTF-8: save it as CSV UTF-8") from None
    if "\0" in text:
        raise BadContacts("the file is no text: save it as CSV UTF-8")
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadContacts(f"the file is no CSV: {error}") from None
    known = {name.strip().casefold() for name in header.replace('"', "").split(delimiter)}
    if missing := [name for name in (CODE, PHONE) if name not in known]:
        lacking = " and ".join(missing)
        raise BadContacts(f"the first line has to name the columns {CODE}, {NAME} and {PHONE}: it lacks {lacking}")
    if len(rows) > MOST_LINES:
        raise BadContacts(f"the file has more than {MOST_LINES} lines")
    return [line for number, row in enumerate(rows, 2) if (line := _line(number, row)) is not None]


def _line(number: int, row: Mapping[str | None, object]) -> ContactLine | None:
    said = {name.strip().casefold(): one_line(value) for name, value in row.items() if name and isinstance(value, str)}
    if not any(said.values()):
        return None
    return ContactLine(number, said.get(CODE, ""), said.get(NAME, ""), said.get(PHONE, ""))
