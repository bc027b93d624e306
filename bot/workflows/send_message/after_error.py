"""What becomes of a message that its vendor did not take: tried again when, by which sender, or given up."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.messages.message import Medium, Message, MessageStatus, Route
from bot.domain.messages.retrying import Cause, Failure, after_failure, next_try
from bot.ports import Misconfigured, NotInstalled, OptedOut, OutcomeUnknown, Ports, ProviderError, Rejected
from bot.ports.errors import seconds_to_wait
from bot.workflows.send_message.by_source import is_lost_there

_BACK_OFF_SECONDS = (2, 5, 15, 30, 60, 120, 300)
_TRIES_IN_THREAD = 3
_BETWEEN_TRIES = timedelta(seconds=5)


def after_error(
    ports: Ports, message: Message, error: ProviderError, now: datetime, *, tried: bool, good_for: timedelta
) -> Message:
    """`tried`: an earlier attempt may have gone through. `good_for`: how long its words stay true."""
    answers = message.way is Route.REPLY and isinstance(error, Rejected | Misconfigured)
    if (error.another_sender or answers) and message.medium is Medium.SMS and not isinstance(error, OptedOut):
        failure = Failure(Cause.SENDER, str(error), refused=True)
        if next_try(message, Cause.SENDER, now, second_way=ports.texter.second_way) is not None:
            until = now + good_for
            return after_failure(message, failure, now, until, second_way=ports.texter.second_way)
    # A reply holds up every later one of its thread, and its card may just be posted anew: a few tries.
    again = message.in_thread and message.attempts < _TRIES_IN_THREAD and not isinstance(error, NotInstalled)
    if isinstance(error, Rejected) and again:
        return replace(message, status=MessageStatus.QUEUED, due_at=now + _BETWEEN_TRIES, claimed_until=None)
    if isinstance(error, Rejected):
        return replace(message, status=MessageStatus.REFUSED, problem=str(error), due_at=None, claimed_until=None)
    if isinstance(error, Misconfigured) and is_lost_there(ports, message):
        there = replace(message, recipient=ports.options.approvals_channel)
        return replace(there, status=MessageStatus.QUEUED, due_at=now, claimed_until=None)
    # SENDING and the claim stay: the next look begins with a search at the vendor.
    if isinstance(error, OutcomeUnknown):
        return replace(message, due_at=now + ports.options.lease)
    wait: float = 300 if isinstance(error, Misconfigured) else _back_off(message, error, now)
    # QUEUED would say that nothing can have gone through.
    status = MessageStatus.SENDING if tried else MessageStatus.QUEUED
    problem = str(error) if isinstance(error, Misconfigured) and message.medium is Medium.SMS else message.problem
    return replace(message, status=status, problem=problem, claimed_until=None, due_at=now + timedelta(seconds=wait))


def _back_off(message: Message, error: ProviderError, now: datetime) -> float:
    own, starts = _BACK_OFF_SECONDS[min(message.attempts, len(_BACK_OFF_SECONDS)) - 1], message.facts.get("starts_at")
    left = (datetime.fromisoformat(starts) - now).total_seconds() if starts else float("inf")
    return seconds_to_wait(error, own, left)
