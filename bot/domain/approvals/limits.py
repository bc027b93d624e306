"""Limits: how much one person, one stay, one number and one installation may ask for before people hear of it. Pure.

A limit of so many in a time lets half of them through at once and the others evenly after that, so that no stretch of
that length ever holds more; it is kept as a `Bucket`. What refuses is told to the person, what holds a text back to the
team. Limits about a door's handle, a reveal and a guest's own texts stand where those are decided.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.messages.rate_limits import Bucket
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.names import from_source

AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)


class LimitKind(StrEnum):
    """What is counted; how the name of such a bucket begins."""

    ASKS = "asks"
    NUMBER = "number"
    OPEN = "open"
    AUTOMATIC = "automatic"
    AUTOMATIC_AT_LOCK = "automatic_at_lock"
    CHANGES = "changes"
    RESENDS = "resends"
    STAFF_TEXTS = "staff_texts"
    GUEST_TEXTS = "guest_texts"
    APPROVER_TEXTS = "approver_texts"
    ASKER_TEXTS = "asker_texts"
    ALL_TEXTS = "all_texts"
    SMS_CODES = "sms_codes"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator may set, by its names in `[limits]` of the rules file; `docs/limits.md` tells them."""

    asks_an_hour: int = 120
    open_asks: int = 100
    asks_for_a_number_an_hour: int = 40
    automatic_pins: int = 60
    automatic_pins_at_a_lock: int = 150
    changes_of_a_stay_an_hour: int = 20
    resends_of_a_stay_an_hour: int = 10
    staff_texts_of_a_stay_an_hour: int = 30
    texts_to_a_guest_an_hour: int = 40
    texts_to_an_approver_an_hour: int = 80
    texts_to_an_approver_for_one_person_an_hour: int = 40
    texts_a_day: int = 2000
    asks_of_a_source_an_hour: int = 36_000
    open_asks_of_a_source: int = 5_000
    automatic_pins_of_a_source: int = 5_000

    def asks(self, person: str) -> Bucket:
        most = self.asks_of_a_source_an_hour if from_source(person) else self.asks_an_hour
        return spread(LimitKind.ASKS, person, most, AN_HOUR)

    def most_open(self, person: str) -> int:
        return self.open_asks_of_a_source if from_source(person) else self.open_asks

    def most_automatic(self, person: str) -> int:
        return self.automatic_pins_of_a_source if from_source(person) else self.automatic_pins

    def number(self, mark: str) -> Bucket:
        """`mark`: the number's fingerprint."""
        return spread(LimitKind.NUMBER, mark, self.asks_for_a_number_an_hour, AN_HOUR)

    def changes(self, request_id: str) -> Bucket:
        return spread(LimitKind.CHANGES, request_id, self.changes_of_a_stay_an_hour, AN_HOUR)

    def resends(self, request_id: str) -> Bucket:
        return spread(LimitKind.RESENDS, request_id, self.resends_of_a_stay_an_hour, AN_HOUR)

    def staff_texts(self, request_id: str) -> Bucket:
        return spread(LimitKind.STAFF_TEXTS, request_id, self.staff_texts_of_a_stay_an_hour, AN_HOUR)

    def texts_to_guest(self, guest_id: str, *, lets_in: bool) -> tuple[Bucket, ...]:
        """`lets_in`: what a guest needs at the door has buckets that nothing else can fill."""
        of = "pin" if lets_in else ""
        return self._texts(LimitKind.GUEST_TEXTS, of, guest_id, self.texts_to_a_guest_an_hour), self._all_texts(of)

    def texts_to_approver(self, approver: str, asker: str | None) -> tuple[Bucket, ...]:
        """The narrow one first: what one person causes uses up nothing of what others may cause. `asker` is None for
        what nobody's ask brought about, such as an alert, which has buckets of its own."""
        of, most = "" if asker else "alert", self.texts_to_an_approver_an_hour
        wide = self._texts(LimitKind.APPROVER_TEXTS, of, approver, most), self._all_texts(of)
        if asker is None:
            return wide
        most = self.texts_to_an_approver_for_one_person_an_hour
        return spread(LimitKind.ASKER_TEXTS, f"{asker}>{approver}", most, AN_HOUR), *wide

    def _texts(self, kind: LimitKind, of: str, whose: str, most: int) -> Bucket:
        return spread(kind, f"{of}:{whose}", most, AN_HOUR)

    def _all_texts(self, of: str) -> Bucket:
        return spread(LimitKind.ALL_TEXTS, of, self.texts_a_day, A_DAY)


def spread(kind: LimitKind, whose: str, most: int, within: timedelta) -> Bucket:
    """At most so many in any stretch of this length: half of them at once, then one after the other."""
    at_once = (most + 1) // 2
    return Bucket(f"{kind.value}:{whose}", within / max(1, most - at_once), at_once)


def kind_of(bucket: Bucket) -> LimitKind:
    return LimitKind(bucket.name.partition(":")[0])


@dataclass(frozen=True, slots=True)
class AliveByRules:
    """PINs that hold a place and that a rule approved: of one person, and at the fullest of some locks of everybody."""

    theirs: int
    at_lock: int
    next_end: datetime | None = None


def too_many(
    kind: LimitKind, most: int, person: str, until: datetime | None, phone: Phone | None = None, workspace: str = ""
) -> Refusal:
    """`until`: when it is possible again, where time alone makes it so."""
    number = phone.masked() if phone else None
    facts = {"what": kind.value, "most": most, "person": person, "at": until, "number": number, "workspace": workspace}
    return Refusal(Reason.TOO_MANY, facts)


def check_open(limits: Limits, open_asks: int, person: str, first: datetime | None, workspace: str = "") -> None:
    """Raises a Refusal where so many of this person's asks wait for a decision; `first`: when the first lapses."""
    most = limits.most_open(person)
    if open_asks >= most:
        raise too_many(LimitKind.OPEN, most, person, first, workspace=workspace)


def check_automatic(limits: Limits, alive: AliveByRules, more: int, person: str, workspace: str = "") -> None:
    """Raises a Refusal where `more` PINs by a rule would be too many: for this person, or at a lock for everybody."""
    most = limits.most_automatic(person)
    if alive.theirs + more > most:
        raise too_many(LimitKind.AUTOMATIC, most, person, alive.next_end, workspace=workspace)
    if alive.at_lock + more > limits.automatic_pins_at_a_lock:
        most = limits.automatic_pins_at_a_lock
        raise too_many(LimitKind.AUTOMATIC_AT_LOCK, most, person, alive.next_end, workspace=workspace)
