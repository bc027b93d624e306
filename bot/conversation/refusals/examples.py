"""An example of every refusal: for the table in docs/refusals.md, and for tests that read each sentence."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.refusals.sentences import EXAMPLE_ASK, sentence
from bot.domain.refusals import Offer, Reason, Refusal
from bot.domain.windows import PinKind

ZONE_OF_EXAMPLES = ZoneInfo("Europe/Paris")


def refusal_table() -> str:
    """A Markdown table of all reasons with an example of each sentence."""
    rows = [f"| `{reason}` | {sentence(example(reason), zone=ZONE_OF_EXAMPLES)} |" for reason in Reason]
    return "\n".join(["| reason | what the person reads |", "|---|---|", *rows])


def example(reason: Reason) -> Refusal:
    """A refusal of this kind with plausible facts, for the table and for tests. Times are December 2026 in Paris."""
    noon = datetime(2026, 12, 4, 14, tzinfo=UTC)
    days = {Reason.GAP_28_29_DAYS: 28.25, Reason.TOO_LONG: 370, Reason.ENDS_BEFORE_START: -0.5}
    end = noon + timedelta(days=days.get(reason, 2))
    facts: dict[str, object] = {"starts_at": noon, "ends_at": end, **_EXAMPLE_FACTS.get(reason, {})}
    day = timedelta(days=1)
    month, longer = noon + 28 * day, noon + 29 * day
    rest = Offer(PinKind.HOURLY, month, month + day / 4)
    later = noon + timedelta(hours=1)
    return Refusal(
        reason,
        facts,
        (
            {
                Reason.GAP_28_29_DAYS: (
                    Offer(PinKind.HOURLY, noon, month),
                    Offer(PinKind.DAILY, noon, longer),
                    Offer(PinKind.HOURLY, noon, month, (rest,)),
                ),
                Reason.SLOT_FULL: (Offer(PinKind.HOURLY, later, noon + 2 * day),),
            }.get(reason, ())
        ),
    )


_EXAMPLE_FACTS: Mapping[Reason, Mapping[str, object]] = {
    Reason.SLOT_FULL: {"kind": PinKind.HOURLY, "taken": 3, "limit": 3},
    Reason.LOCK_FULL: {"taken": 199, "limit": 199, "next_end": datetime(2026, 12, 5, 10, tzinfo=UTC)},
    Reason.TOO_MANY: {"what": "asks", "most": 60, "at": datetime(2026, 12, 1, 8, 2, tzinfo=UTC), "who": ("U_BEN",)},
    Reason.UNKNOWN_LOCK: {"name": "fornt-door", "known": ("front-door", "garage"), "did_you_mean": "front-door"},
    Reason.DOUBLE: {"known": ("Ana at front-door, Fri 4 Dec 15:00 - Sun 6 Dec 11:00, asked by <@U_ADA> (K3J9P)",)},
    Reason.LOCK_MAKES_NO_PINS: {"lock": "garage"},
    Reason.LOCK_GONE: {"lock": "garage"},
    Reason.LOCK_IN_USE: {"lock": "garage", "stays": "3"},
    Reason.STAY_CANNOT_MOVE: {"guest": "Cleo", "short": "K3F9A", "why": "Its door has no place left."},
    Reason.BAD_PHONE: {"number": "0612"},
    Reason.NOT_UNDERSTOOD: {"part": "freitag 25h", "example": EXAMPLE_ASK},
    Reason.ALREADY_DECIDED: {"status": "approved", "who": "U_BEN", "at": datetime(2026, 12, 1, 8, tzinfo=UTC)},
    Reason.NOTHING_TO_REPLACE: {"status": "active"},
    Reason.NOTHING_TO_CHANGE: {"status": "pending"},
    Reason.BEYOND_APPROVED: {"who": ("U_BEN", "U_CARA"), "needed": 1, "door": "Front door"},
    Reason.CHANGE_OVERTAKEN: {"status": "newer", "who": "U_ADA"},
    Reason.NO_BRIDGE: {"lock": "Front door"},
    Reason.DIGITS_TAKEN: {"lock": "Loft"},
    Reason.ONLINE_PIN_BUSY: {"name": "Cleaners"},
    Reason.TOO_MANY_UNLOCKS: {"lock": "Front door", "most": 15},
    Reason.NOTHING_TO_WITHDRAW: {"status": "ended"},
    Reason.UNKNOWN_STAY: {"name": "cloe", "known": ("Cleo (K3J9P)",)},
    Reason.WHICH_STAY: {"name": "cleo", "known": ("K3J9P front-door, in", "7QW2X garage, to decide")},
    Reason.NOTHING_TO_RESEND: {"status": "expired"},
    Reason.ALREADY_USED: {"who": "U_BEN", "at": datetime(2026, 12, 5, 8, tzinfo=UTC)},
    Reason.NOT_WITHDRAWN: {"status": "expired"},
    Reason.NOTHING_TO_REVIEW: {"who": "U_BEN"},
    Reason.ALERT_TAKEN: {"who": "U_BEN", "at": datetime(2026, 12, 5, 22, 4, tzinfo=UTC)},
    Reason.NOTHING_TO_REVEAL: {"status": "expired"},
    Reason.NOBODY_TO_CALL: {"status": "not approved"},
    Reason.TOO_MANY_LOOKS: {"most": 10},
    Reason.CHANGED_MEANWHILE: {"who": "U_BEN"},
    Reason.WORKSPACE_WAITS: {"workspace": "T0123ABCD"},
    Reason.WORKSPACE_DECIDED: {"name": "Second House", "status": "turned_away", "who": "U_BEN"},
    Reason.FEED_UNREADABLE: {"problem": "web_page"},
    Reason.WORKSPACE_LISTED: {"workspace": "T0123ABCD"},
}
