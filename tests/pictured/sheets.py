"""Which pictures there are: what stands on each, in which column, and what somebody reads who cannot see it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.pictured.stays import TextInfo, without_luck

Json = dict[str, Any]
NAMES = {"U_ADA": "Ada", "U_BEN": "Ben"}


@dataclass(frozen=True)
class Sheet:
    """`width` is that of one item, in CSS pixels; `alt` is what the README says of the picture."""

    name: str
    alt: str
    width: int
    columns: Sequence[Sequence[Json]]

    def as_module(self) -> str:
        """What the page imports."""
        said = {"columns": self.columns, "width": self.width, "names": NAMES, "zone": "Europe/Paris"}
        return f"export const sheet = {json.dumps(said)};\n"


DEMO = (
    "The demo page: a guide in ten steps, a timeline with the window in which the PIN must first be used as a "
    "closing band, Slack, the guest's phone and the door's keypad side by side, and what travels over HTTP below"
)
"""The one picture that is no sheet: a photograph of the page itself, taken while the guide is followed."""

ALTS = {
    "form": (
        "The form behind /pin three times: empty; filled in, with what the lock grants beside what was asked; and "
        "refused, with other windows to take in one click"
    ),
    "card-made": (
        "The card in Slack as a stay goes well: to decide, approved, PIN being made, PIN made, text delivered, guest in"
    ),
    "card-else": (
        "The card where something is in the way: denied with the reason, nobody decided, PIN in danger, not heard of, "
        "replaced, no PIN could be made, and expired"
    ),
    "card-given-up": (
        "The card of a stay given up: before it was decided, before the PIN was made, after it was made (it still "
        "opens), and deleted at the lock"
    ),
    "home": (
        "The Home tab of an approver and of somebody who asks: PINs in danger, what waits for a decision, who arrives "
        "today, one's own, and the doors with PINs held, battery and bridge"
    ),
    "phone": "The guest's phone: the text with the PIN, and two reminders before its deadline",
}
"""Every picture by name, in the order of the README."""


def sheets(luckily_seen: TextInfo) -> list[Sheet]:
    seen = without_luck(luckily_seen)
    made = {
        "form": (430, _forms(seen)),
        "card-made": (400, _cards(seen, ("to decide", "made"), ("approved", "texted"), ("being made", "in"))),
        "card-else": (
            400,
            _cards(seen, ("denied", "unheard"), ("lapsed", "replaced"), ("danger", "failed", "expired")),
        ),
        "card-given-up": (400, _cards(seen, ("withdrawn early", "given up"), ("withdrawn",), ("deleted",))),
        "home": (560, [[{"kind": "home", "view": seen.homes[user]}] for user in ("U_BEN", "U_ADA")]),
        "phone": (340, [[{"kind": "phone", "sender": "Night Porter", "texts": seen.texts}]]),
    }
    return [Sheet(name, alt, *made[name]) for name, alt in ALTS.items()]


def _cards(seen: TextInfo, *columns: Sequence[str]) -> list[list[Json]]:
    known: Mapping[str, Json] = {**seen.notices, **seen.cards}
    return [[{"kind": "message", "message": known[name]} for name in names] for names in columns]


def _forms(seen: TextInfo) -> list[list[Json]]:
    return [[{"kind": "modal", "view": seen.forms[name]}] for name in ("empty", "answered", "refused")]
