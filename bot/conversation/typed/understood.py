"""What a line is understood to ask for, and the questions that are left. How it is read is
`bot.conversation.typed.asks`."""

from dataclasses import dataclass
from enum import StrEnum

from bot.conversation.typed.lock_names import LockName
from bot.domain.messages.languages import Language
from bot.domain.planning.local_hours import ClockNote
from bot.domain.planning.visits import Visits
from bot.domain.windows import AccessWindow


class Field(StrEnum):
    """The field of the form that a problem belongs to; TEXT for words that fit none."""

    LOCK = "lock"
    NAME = "name"
    PHONE = "phone"
    WINDOW = "window"
    TEXT = "text"


class ProblemKind(StrEnum):
    """Why a field is not filled; where a Refusal has the same reason, the same word."""

    MISSING = "missing"
    UNKNOWN_LOCK = "unknown_lock"
    BAD_PHONE = "bad_phone"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True, slots=True)
class Problem:
    """One question for a person; `did_you_mean` only with UNKNOWN_LOCK, when a name is near."""

    field: Field
    kind: ProblemKind
    question: str
    did_you_mean: LockName | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What a line asks for; None where it does not say, or not clearly. `lock` is a LockName's id, `phone` E.164;
    `more_locks` are doors named beside the first, as in `front door + garage`; `noticed` is what was odd about reading
    the window; `phone_typed` the number as it was written, in doubt or not, and `phone_region` ("AT") whose it was
    taken for, where it named no country; `left_over` are the words that fit nowhere.
    `repeats`: the line says so, and with `visits` it is clear when; `window` is the first of them."""

    lock: str | None = None
    more_locks: tuple[str, ...] = ()
    lock_words: str = ""
    name: str | None = None
    phone: str | None = None
    window: AccessWindow | None = None
    note: str | None = None
    problems: tuple[Problem, ...] = ()
    language: Language | None = None
    on_arrival: bool = False
    one_time: bool = False
    noticed: frozenset[ClockNote] = frozenset()
    phone_typed: str = ""
    phone_region: str | None = None
    left_over: str = ""
    visits: Visits | None = None
    repeats: bool = False

    @property
    def complete(self) -> bool:
        """Nothing is missing and nothing in doubt: it may be asked at once."""
        return not self.problems

    def problem_of(self, field: Field) -> Problem | None:
        """The first problem of a field."""
        return next((problem for problem in self.problems if problem.field is field), None)
