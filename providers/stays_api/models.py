"""What the API takes and gives, field by field: what is checked, and what `/v1/openapi.json` says. The names are
relied on from outside."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from bot.domain.signs import fit
from providers.stays_api.times import LIKE, PATTERN, read_moment

MOST_DOORS = 20
"""Of names in one call; how many doors a stay may have is the planner's rule."""


def _time(text: str) -> str:
    try:
        read_moment(text)
    except ValueError:
        raise ValueError(f"is no time: write it like {LIKE}") from None
    return text


def _email(text: str) -> str:
    if not re.fullmatch(_ADDRESS, text):
        raise ValueError("is no e-mail address")
    return fit(text)


_ADDRESS = "^([^@\\u0000- ]+@[^@\\u0000- ]+)?$"
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(fit)]
Time = Annotated[
    str, Field(examples=["2026-12-04T15:00"], json_schema_extra={"pattern": PATTERN}), AfterValidator(_time)
]
Words = Annotated[str, Field(max_length=1000), AfterValidator(fit)]
Email = Annotated[str, Field(max_length=254, json_schema_extra={"pattern": _ADDRESS}), AfterValidator(_email)]
Phone = Annotated[str, Field(max_length=60, examples=["+33639981234"])]
Language = Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$", examples=["en"])]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ApiGuest(_Said):
    """Who comes. Without a phone number nobody can be texted."""

    name: Name
    phone: Phone | None = None
    email: Email | None = None
    language: Language | None = Field(None, description="A language tag; one that we do not text in goes by the number")


class ConfirmedStay(_Said):
    """A stay that stands. Times without an offset are the door's; a date alone takes the door's check-in or
    check-out."""

    guest: ApiGuest
    doors: list[Name] = Field(min_length=1, max_length=MOST_DOORS, examples=[["front-door"]])
    starts_at: Time
    ends_at: Time
    status: Literal["confirmed"] = "confirmed"
    note: Words | None = None


class CancelledStay(_Said):
    """A stay that was cancelled: nothing else of it has to be said."""

    status: Literal["cancelled"]
    guest: object = None
    doors: object = None
    starts_at: object = None
    ends_at: object = None
    note: object = None


class StayBody(RootModel[ConfirmedStay | CancelledStay]):
    """A stay as its source says it: new, changed or cancelled."""


class ApiWindow(BaseModel):
    """On the clock of the first door."""

    starts_at: str
    ends_at: str


class ApiWritten(BaseModel):
    """It is written down, and taken in a moment: read the stay then."""

    source: str
    external_id: str
    status: Literal["written down"] = "written down"


PinWord = Literal[
    "not made yet",
    "being made",
    "made",
    "used",
    "not confirmed",
    "may exist",
    "expired",
    "ended",
    "deleted",
    "never made",
]


class ApiDoor(BaseModel):
    """`activate_by`: the PIN has to be used once before this, or it opens nothing. Its digits are in no answer."""

    door: str
    activate_by: str | None
    pin: PinWord


class ApiStay(BaseModel):
    """A stay as it stands. `still_opens_until`: a PIN of it that was given up, or that another has taken the place of,
    opens until then. `change_waits`: a change beyond what was approved, which somebody has to agree to. `contact_link`:
    where its guest may say whom to text, of a stay without a number, for a token that may read stays."""

    id: str
    short_id: str | None
    source: str
    external_id: str
    status: Literal["pending", "approved", "denied", "lapsed", "cancelled"]
    contact_missing: bool
    granted: ApiWindow | None
    doors: list[ApiDoor]
    still_opens_until: str | None = None
    change_waits: ApiWindow | None = None
    contact_link: str | None = None


class StayPage(BaseModel):
    """`next_cursor`: what to ask for next; null where this is the last."""

    data: list[ApiStay]
    next_cursor: str | None


class ListQuery(_Said):
    """Which page of the list."""

    cursor: str | None = Field(None, max_length=26, pattern="^[0-9A-Z]*$")
    limit: int = Field(50, ge=1, le=100)
    source: str | None = Field(None, max_length=30, pattern="^[a-z0-9][a-z0-9_-]*$")


class ApiOffer(BaseModel):
    """A window that would be granted; `then` are PINs that follow it."""

    kind: str
    starts_at: str
    ends_at: str
    then: list["ApiOffer"] = []


class FieldError(BaseModel):
    field: str
    detail: str


class ApiProblem(BaseModel):
    """Why not (RFC 9457): `detail` is a sentence for people, `reason` for programs."""

    type: str
    title: str
    status: int
    detail: str
    reason: str
    offers: list[ApiOffer] = []
    errors: list[FieldError] = []
