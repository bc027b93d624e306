"""What a PIN does, in one or two sentences for whoever asked."""

from datetime import datetime

from bot.conversation.times import show_moment, zone_words
from bot.domain.locks.lock import Lock
from bot.domain.stays.verdicts import State, Verdict


def verdict_sentence(verdict: Verdict, lock: Lock, guest: str | None, now: datetime) -> str:
    """The answer. The digits are not repeated, and `guest` is None for whoever may not know."""
    if verdict.code is None:
        return f"We made no such PIN for {lock.name}. It may still be one from the lock's own app."
    whose = f" It is {guest}'s." if guest else ""
    newer = " A newer PIN was made for the same stay, and only the newest counts." if verdict.replaced else ""
    return f"{_state(verdict, lock)}{newer}{whose} Times are {zone_words(now, lock.zoneinfo)}."


def _state(verdict: Verdict, lock: Lock) -> str:
    code, zone = verdict.code, lock.zoneinfo
    assert code is not None
    starts, ends = show_moment(code.window.starts_at, zone), show_moment(code.window.ends_at, zone)
    deadline = show_moment(code.deadline, zone)
    unused = (
        ""
        if verdict.used or not code.activate_by
        else f" We have not heard yet that it was used; it must be used once before {deadline}."
    )
    used = " It has been used." if verdict.used else ""
    heard = "as we have heard it has" if verdict.used else "we have not heard that it has"
    sentences = {
        State.NOT_YET: f"Not yet: this PIN opens {lock.name} from {starts} until {ends}.",
        State.OPENS: f"This PIN opens {lock.name} now, until {ends}.{used or unused}",
        State.UNCONFIRMED: (
            f"We have not heard that this PIN was used before {deadline}. If nobody used it, it does not open "
            f"{lock.name} any more; if somebody did, it opens until {ends}."
        ),
        State.EXPIRED: f"This PIN was not used before {deadline} and does not open {lock.name} any more.",
        State.ENDED: f"This PIN ended {ends} and does not open {lock.name} any more.",
        State.SPENT: f"This PIN opens {lock.name} once, and {heard}. If it has not, it opens until {ends}.",
        State.DELETED: f"This PIN was deleted at {lock.name} and does not open it any more.",
        State.WITHDRAWN: f"This PIN was withdrawn, but it still opens {lock.name} until {ends}.{used or unused}",
    }
    return sentences[verdict.state]
