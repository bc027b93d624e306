"""How long the names in a guest's text may be, in characters, and what of them goes first where a text is full.

A text has to fit its segments whatever people are called. So names are cut, never the PIN, a time or a number; and the
tighter the text, the more of them.
"""

from dataclasses import dataclass

LONGEST_WAKE = 18
LONGEST_END_KEY = 14
LONGEST_GUEST_NAME_OF_LOCK = 24
LONGEST_CONTACT = 20
"""What an operator may set for a lock is refused when it is longer, rather than cut."""

LONGEST_CONTACT_ALONE = 16
"""A name without a number stands for one: as long as the longest number, it has room in the tightest text, too."""


@dataclass(frozen=True, slots=True)
class Widths:
    """The longest first name of a guest, name of a door, city of a zone, name of a contact, and other words."""

    guest: int
    door: int
    city: int
    contact: int
    words: int


WIDTHS = (
    Widths(guest=20, door=24, city=24, contact=20, words=300),
    Widths(guest=14, door=20, city=16, contact=12, words=60),
    Widths(guest=0, door=16, city=12, contact=0, words=40),
    Widths(guest=0, door=8, city=0, contact=0, words=20),
)
"""From roomy to tight: the first with which a text fits its segments is taken."""
