"""Refusal: a rule says no. It carries a reason and the facts; the sentence a person reads is
`bot.conversation.refusals.sentences`. A provider's failure or a person's denial is never a Refusal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.windows import PinKind


class Reason(StrEnum):
    """Why a rule refuses. The planner's reasons are part of the outside contract."""

    ENDS_BEFORE_START = "ends_before_start"
    ALREADY_OVER = "already_over"
    GAP_28_29_DAYS = "gap_28_29_days"
    TOO_LONG = "too_long"
    SLOT_FULL = "slot_full"
    LOCK_FULL = "lock_full"
    UNKNOWN_LOCK = "unknown_lock"
    LOCK_MAKES_NO_PINS = "lock_makes_no_pins"
    LOCK_GONE = "lock_gone"
    LOCK_IN_USE = "lock_in_use"
    STAY_CANNOT_MOVE = "stay_cannot_move"
    TOO_MANY_DOORS = "too_many_doors"
    DOORS_APART = "doors_apart"
    NO_SHARED_APPROVER = "no_shared_approver"
    NO_CHAIN = "no_chain"
    ONE_OF_SERIES = "one_of_series"
    BAD_PHONE = "bad_phone"
    DOUBLE = "double"
    NOT_UNDERSTOOD = "not_understood"
    NOT_AN_APPROVER = "not_an_approver"
    OWN_REQUEST = "own_request"
    ALREADY_DECIDED = "already_decided"
    UNKNOWN_REQUEST = "unknown_request"
    NOTHING_TO_REPLACE = "nothing_to_replace"
    ALREADY_REPLACED = "already_replaced"
    NOTHING_TO_MOVE = "nothing_to_move"
    NOTHING_TO_CHANGE = "nothing_to_change"
    BEYOND_APPROVED = "beyond_approved"
    CHANGE_OVERTAKEN = "change_overtaken"
    PIN_MADE_MEANWHILE = "pin_made_meanwhile"
    STAY_DOES_NOT_RUN = "stay_does_not_run"
    ALREADY_ARRIVED = "already_arrived"
    MAY_NOT_UNLOCK = "may_not_unlock"
    BAD_DIGITS = "bad_digits"
    EASY_DIGITS = "easy_digits"
    DIGITS_TAKEN = "digits_taken"
    UNKNOWN_ONLINE_PIN = "unknown_online_pin"
    ONLINE_PIN_BUSY = "online_pin_busy"
    MAY_NOT_CONNECT = "may_not_connect"
    NOTHING_TO_CONNECT = "nothing_to_connect"
    NO_BRIDGE = "no_bridge"
    TOO_MANY_UNLOCKS = "too_many_unlocks"
    NOTHING_TO_WITHDRAW = "nothing_to_withdraw"
    NOT_YOURS = "not_yours"
    UNKNOWN_STAY = "unknown_stay"
    WHICH_STAY = "which_stay"
    NOTHING_TO_RESEND = "nothing_to_resend"
    ALREADY_USED = "already_used"
    CANNOT_HAVE_OPENED = "cannot_have_opened"
    NOT_WITHDRAWN = "not_withdrawn"
    NOT_THEN = "not_then"
    TOO_MANY = "too_many"
    TOO_MANY_GUESSES = "too_many_guesses"
    MAY_NOT_ASK = "may_not_ask"
    APPROVED_BY_YOU = "approved_by_you"
    NOT_YOUR_EMERGENCY = "not_your_emergency"
    OWN_REVIEW = "own_review"
    NOTHING_TO_REVIEW = "nothing_to_review"
    ALERT_TAKEN = "alert_taken"
    ALERT_OVER = "alert_over"
    NOT_YOUR_ALERT = "not_your_alert"
    NOT_TO_WRITE_TO = "not_to_write_to"
    GUEST_OPTED_OUT = "guest_opted_out"
    TEXT_HOLDS_PIN = "text_holds_pin"
    TEXT_TOO_LONG = "text_too_long"
    MAY_NOT_REVEAL = "may_not_reveal"
    NOTHING_TO_REVEAL = "nothing_to_reveal"
    NOBODY_TO_CALL = "nobody_to_call"
    TOO_MANY_LOOKS = "too_many_looks"
    NOT_YOURS_TO_NAME = "not_yours_to_name"
    SENDER_NAMED = "sender_named"
    LEFT_TO_OTHERS = "left_to_others"
    CHANGED_MEANWHILE = "changed_meanwhile"
    OTHER_WORKSPACE = "other_workspace"
    FOREIGN_WORKSPACE = "foreign_workspace"
    WORKSPACE_WAITS = "workspace_waits"
    NOT_YOURS_TO_ADMIT = "not_yours_to_admit"
    UNKNOWN_WORKSPACE = "unknown_workspace"
    WORKSPACE_DECIDED = "workspace_decided"
    WORKSPACE_LISTED = "workspace_listed"
    NOT_YOUR_CHANNEL = "not_your_channel"
    CANNOT_POST_HERE = "cannot_post_here"
    FEED_KNOWN = "feed_known"
    FEED_UNREADABLE = "feed_unreadable"
    CHAT_DOES_NOT_ANSWER = "chat_does_not_answer"


@dataclass(frozen=True, slots=True)
class Offer:
    """One window that would be granted as it stands; `then` holds the PINs that follow it, where one is not enough."""

    kind: PinKind
    starts_at: datetime
    ends_at: datetime
    then: tuple["Offer", ...] = ()


class Refusal(Exception):
    """A rule says no. `facts` are what the sentence needs; `offers` are nearest first. `zone`: that of the door that it
    is about, on whose clock its moments are said; None where nobody knew (`on_clock_of`)."""

    def __init__(
        self,
        reason: Reason,
        facts: Mapping[str, object] | None = None,
        offers: tuple[Offer, ...] = (),
        zone: ZoneInfo | None = None,
    ) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.facts: Mapping[str, object] = facts or {}
        self.offers = offers
        self.zone = zone

    def with_facts(self, **more: object) -> "Refusal":
        return Refusal(self.reason, {**self.facts, **more}, self.offers, self.zone)


@contextmanager
def on_clock_of(zone: ZoneInfo | None) -> Iterator[None]:
    """What is refused within is about a door in this zone, unless it says otherwise itself."""
    try:
        yield
    except Refusal as refusal:
        refusal.zone = refusal.zone or zone
        raise
