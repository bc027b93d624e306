"""What a text's failure is answered with: by its cause, how often it was tried, and how long its words are true."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages.message import Attempt, Medium, Message, MessageStatus, Route
from bot.domain.messages.retrying import CURED_BY_ANOTHER, LOOKS, WAITS, Cause, Failure, after_failure, next_look
from tests.cases import every

NOW = datetime(2026, 12, 4, 14, tzinfo=UTC)
SOON = NOW + timedelta(hours=30)
SENT = Message("M", "C:pin", Medium.SMS, "G", "pin", NOW, code_id="C", status=MessageStatus.SENT, vendor_ref="SM0")
SENT = replace(SENT, tried_at=NOW)


def fails(message: Message, cause: Cause, *, second_way: bool = False, until: datetime = SOON) -> Message:
    failure = Failure(cause, "why", message.vendor_ref)
    return after_failure(message, failure, NOW, until, second_way=second_way)


def sent_again(message: Message, number: int) -> Message:
    return replace(message, status=MessageStatus.SENT, vendor_ref=f"SM{number}", due_at=None)


def played(cause: Cause, *, second_way: bool) -> tuple[list[tuple[Route, timedelta]], Message]:
    """Every new try until the end, and the end."""
    tries, message = [], fails(SENT, cause, second_way=second_way)
    while message.status is MessageStatus.QUEUED:
        assert message.due_at is not None
        assert len(tries) < 10, "it is tried without end"
        tries.append((message.way, message.due_at - NOW))
        message = fails(sent_again(message, len(tries)), cause, second_way=second_way)
    return tries, message


MINUTES = {
    Cause.CONTACT: [],
    Cause.OPTED_OUT: [],
    Cause.LATER: [15, 60, 180],
    Cause.ONCE_MORE: [5],
    Cause.EXPIRED: [1],
    Cause.FILTERED: [],
    Cause.SENDER: [],
    Cause.CONFIGURATION: [],
    Cause.REVIEW: [],
}


@every("cause", list(Cause))
def test_each_cause_is_tried_as_the_table_says(cause: Cause) -> None:
    tries, end = played(cause, second_way=False)
    assert [(way, wait.total_seconds() / 60) for way, wait in tries] == [(Route.FIRST, m) for m in MINUTES[cause]]
    assert (end.status, end.problem, end.due_at) == (MessageStatus.UNDELIVERED, "why", None)
    assert end.earlier_refs | {end.vendor_ref} == {f"SM{n}" for n in range(len(tries) + 1)}, "no reference is lost"


@every("cause", list(Cause))
def test_the_second_sender_only_where_it_may_help(cause: Cause) -> None:
    tries, _ = played(cause, second_way=True)
    assert (Route.SECOND in {way for way, _ in tries}) is (cause in {Cause.FILTERED, Cause.SENDER, Cause.ONCE_MORE})
    assert len(tries) <= 4


def test_the_same_words_by_the_same_sender_never_after_a_filter() -> None:
    tries, _ = played(Cause.FILTERED, second_way=True)
    assert tries == [(Route.SECOND, timedelta(0))]


@every("cause", list(Cause))
def test_an_answer_on_another_channel_that_fails_goes_as_a_text(cause: Cause) -> None:
    """And then is tried as any other; but not against the wish of whoever has opted out."""
    answer = replace(SENT, way=Route.REPLY)
    again = after_failure(answer, Failure(cause, "no", "SM0"), NOW, SOON, second_way=True)
    wanted = MessageStatus.UNDELIVERED if cause is Cause.OPTED_OUT else MessageStatus.QUEUED
    assert (again.status, again.way) == (wanted, Route.REPLY if cause is Cause.OPTED_OUT else Route.FIRST)


def test_one_who_wants_no_texts_is_never_tried_another_way() -> None:
    assert Cause.OPTED_OUT not in WAITS
    assert Cause.OPTED_OUT not in CURED_BY_ANOTHER


def test_what_was_refused_at_once_never_left_us() -> None:
    queued = replace(SENT, status=MessageStatus.SENDING, vendor_ref=None)
    again = after_failure(queued, Failure(Cause.SENDER, "no", refused=True), NOW, SOON, second_way=True)
    assert (again.status, again.way, again.left_us) == (MessageStatus.QUEUED, Route.SECOND, False)
    end = after_failure(queued, Failure(Cause.SENDER, "no", refused=True), NOW, SOON, second_way=False)
    assert (end.status, end.left_us) == (MessageStatus.REFUSED, False)


@given(st.sampled_from(list(Cause)), st.integers(-60, 60 * 40), st.booleans(), st.integers(0, 5))
def test_no_try_comes_after_the_words_are_untrue(cause: Cause, minutes: int, second_way: bool, failed: int) -> None:
    until = NOW + timedelta(minutes=minutes)
    earlier = tuple(Attempt(f"SM-{n}", "why", NOW) for n in range(failed))
    after = fails(replace(SENT, earlier=earlier), cause, second_way=second_way, until=until)
    if after.status is MessageStatus.QUEUED:
        assert after.due_at is not None
        assert NOW <= after.due_at < until
        assert len(after.earlier) == failed + 1
        assert after.tried_at is None, "a look-up after a new try must not find the old one"
    else:
        assert after.due_at is None


def test_a_silent_carrier_is_asked_a_few_times_and_then_believed() -> None:
    assert next_look(0, NOW) == NOW + timedelta(minutes=10)
    assert [next_look(looks, NOW) is None for looks in range(len(LOOKS) + 2)] == [False] * len(LOOKS) + [True, True]
