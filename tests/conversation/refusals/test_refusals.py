"""Every rule that says no has a sentence, and everything it offers instead is granted as it stands."""

import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.answers.answers import refused
from bot.conversation.refusals.examples import example, refusal_table
from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.alternatives import alternative_sentence, kind_words, warning_sentence
from bot.domain.planning.alternatives import Alternative, AlternativeKind, Better, Worse
from bot.domain.planning.ledger import slot_key
from bot.domain.planning.plan import Ledger, Warning, plan  # noqa: A004
from bot.domain.refusals import Offer, Reason, Refusal, on_clock_of
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.stays.standing import PinState
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every, examples

PARIS = ZoneInfo("Europe/Paris")
T0_WITHOUT_ZONE = datetime(2026, 12, 4)  # noqa: DTZ001
JARGON = ("algopin", "variance", "slot", "device", "seam", "igloo", "api", "utc", "gap", "none", "null", "datetime")


@every("reason", Reason)
def test_every_reason_has_a_sentence_even_without_facts(reason: Reason) -> None:
    said = sentence(Refusal(reason), zone=PARIS)
    assert said[0].isupper()
    assert said.endswith((".", "?", "11am"))
    assert len(said) <= 160


@every("reason", Reason)
def test_the_sentences_use_no_jargon(reason: Reason) -> None:
    for refusal in (Refusal(reason), example(reason)):
        words = sentence(refusal, zone=PARIS).lower().translate(str.maketrans("", "", string.punctuation)).split()
        assert not set(words) & set(JARGON)


STEP = re.compile(
    r"\b(ask(?: anew)?|choose|check|start|write|type|look at|see|take|use|wait|send|call|reach|answer|give it|draw|"
    r"move them|take it out|write it|pair|tell them|add|can change it|"
    r"nothing is left to do|press|did you mean|by itself)\b|/pin|card",
    re.IGNORECASE,
)
NO_STEP_OF_THEIRS = {
    Reason.STAY_CANNOT_MOVE,  # why is the other refusal's sentence, with its own step
    Reason.WORKSPACE_DECIDED,  # the operator's command
    Reason.OTHER_WORKSPACE,  # there
    Reason.UNKNOWN_WORKSPACE,  # those who are there
    Reason.TEXT_TOO_LONG,  # says to shorten it
}


@every("reason", Reason)
def test_every_refusal_says_what_this_person_can_do_next(reason: Reason) -> None:
    for refusal in (example(reason), Refusal(reason)):
        said = sentence(refusal, zone=PARIS)
        assert reason in NO_STEP_OF_THEIRS or STEP.search(said), said


STATUSES = sorted({*map(str, CodeStatus), *map(str, RequestStatus), *map(str, PinState), "used up", "not approved"})
ROWS_WORDS = re.compile(r"\b(shared|active|minting|ready|reserved|released|unconfirmed|pending|missed)\b")


@every("status", STATUSES)
@every("reason", [r for r in Reason if r.value.startswith(("nothing_to", "not_withdrawn", "nobody_to", "cannot_have"))])
def test_no_refusal_speaks_a_rows_word(status: str, reason: Reason) -> None:
    """`This one is shared` was what the row is called."""
    said = sentence(Refusal(reason, {"status": status}), zone=PARIS)
    assert not ROWS_WORDS.search(said), said
    assert STEP.search(said), said


@every(
    ("status", "says"),
    [
        ("shared", "This one has been texted, not used yet. To text it again: /pin resend."),
        ("active", "This one is in use. To text it again: /pin resend."),
        ("ended", "This one has ended. Ask anew if a PIN is needed."),
    ],
)
def test_what_cannot_be_replaced_is_told_as_people_say_it(status: str, says: str) -> None:
    assert sentence(Refusal(Reason.NOTHING_TO_REPLACE, {"status": status})).endswith(says)


@every("reason", Reason)
def test_moments_are_on_the_clock_of_the_door_or_say_that_they_are_not(reason: Reason) -> None:
    asked, clock = example(reason), re.compile(r"\d\d:\d\d")
    if reason is not Reason.DOUBLE:  # of other stays, in words that were made with their door at hand
        assert len(clock.findall(refused(asked))) == refused(asked).count(" UTC")
    there = Refusal(asked.reason, asked.facts, asked.offers, ZoneInfo("America/New_York"))
    assert refused(there) == refused(there, PARIS) == refused(asked, ZoneInfo("America/New_York"))


def test_a_refusal_keeps_the_clock_of_whoever_knew_it_first() -> None:
    inner, outer = on_clock_of(ZoneInfo("America/New_York")), on_clock_of(PARIS)
    with pytest.raises(Refusal) as caught, outer, inner, on_clock_of(None):
        raise example(Reason.LOCK_FULL)
    assert caught.value.zone == ZoneInfo("America/New_York")
    assert caught.value.with_facts(door="Loft").zone == ZoneInfo("America/New_York")


@every("reason", Reason)
def test_odd_facts_never_make_a_sentence_fail(reason: Reason) -> None:
    moments = ("starts_at", "ends_at", "now", "next_end", "at", "when")
    names = (*moments, "who", "what", "status", "kind", "name", "known", "did_you_mean", "part", "example", "number")
    for odd in (None, 7, "", "x", (), ["a"], {"a"}, object, datetime(2026, 12, 4, tzinfo=UTC), T0_WITHOUT_ZONE):
        assert sentence(Refusal(reason, dict.fromkeys(names, odd)), zone=PARIS)
        assert sentence(Refusal(reason, {**dict.fromkeys(names, odd), **example(reason).facts}), zone=PARIS)
        assert sentence(Refusal(reason, {**example(reason).facts, "starts_at": odd}), zone=PARIS)


@every(
    ("refusal", "said"),
    [
        (
            Refusal(Reason.UNKNOWN_LOCK, {"name": "gate", "known": ["front-door", "garage"]}),
            'There is no lock called "gate". The locks are: front-door, garage.',
        ),
        (
            Refusal(Reason.UNKNOWN_LOCK, {"name": "fornt-door", "did_you_mean": "front-door"}),
            'There is no lock called "fornt-door". Did you mean "front-door"?',
        ),
        (
            Refusal(Reason.ALREADY_DECIDED, {"what": "denied", "who": "U_BEN"}),
            "This request was already denied by <@U_BEN>. Your click changed nothing: its card shows how it stands.",
        ),
        (
            Refusal(Reason.ALREADY_DECIDED, {"status": "lapsed", "who": None, "at": None}),
            "This request lapsed: nobody decided before the stay began. Please ask again if it is still needed.",
        ),
        (
            Refusal(Reason.NOT_UNDERSTOOD, {"part": "fri 25h", "question": "At what time on Friday?"}),
            'I do not understand "fri 25h". At what time on Friday?',
        ),
        (
            Refusal(Reason.LOCK_FULL, {"limit": 199, "next_end": datetime(2026, 12, 5, 10, tzinfo=UTC)}),
            "The lock holds 199 PINs, and that is all it can hold. The next one ends Sat 5 Dec 11:00; ask again then.",
        ),
    ],
)
def test_what_the_facts_add(refusal: Refusal, said: str) -> None:
    assert sentence(refusal, zone=PARIS) == said


def test_the_sentence_names_the_offers_it_has_and_no_others() -> None:
    noon = datetime(2026, 12, 4, 11, tzinfo=UTC)
    only = Refusal(Reason.GAP_28_29_DAYS, {}, (Offer(PinKind.DAILY, noon, noon + timedelta(days=29)),))
    said = sentence(only, zone=PARIS)
    assert said.endswith("Ask for one PIN until Sat 2 Jan 12:00.")


def test_the_table_has_a_line_for_every_reason() -> None:
    lines = refusal_table().splitlines()
    assert len(lines) == len(Reason) + 2
    assert all(line.count("|") == 3 for line in lines)


def test_every_alternative_and_warning_has_its_words() -> None:
    start = datetime(2026, 12, 4, 14, tzinfo=UTC)
    planned = plan(AccessWindow(start, start + timedelta(days=2)), zone=PARIS, now=start)
    assert all(warning_sentence(warning, planned, zone=PARIS) for warning in Warning)
    assert all(kind_words(kind) for kind in PinKind)
    said = {
        alternative_sentence(Alternative(way, (planned.granted,), 2, 2, better, worse))
        for way in AlternativeKind
        for better in Better
        for worse in Worse
    }
    assert len(said) == len(AlternativeKind) * len(Better) * len(Worse)


# --- offers ----------------------------------------------------------------------------------------------------------

ZONES = tuple(
    map(ZoneInfo, ("Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Asia/Pyongyang"))
)
HOUR = timedelta(hours=1)
LENGTHS = st.one_of(
    st.integers(-60, 60 * 30),
    st.integers(60 * 671, 60 * 700),
    st.integers(60 * 24 * 364, 60 * 24 * 370),
    st.integers(60 * 24 * 370, 60 * 24 * 800),
)


@st.composite
def _starts(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """A start, in a year that has something to offer in each zone (Samoa's lost day, North Korea's half hours)."""
    year = draw(st.sampled_from((2011, 2015, 2018, 2026)))
    minute = draw(st.integers(0, 60 * 24 * 365))
    return draw(st.sampled_from(ZONES)), datetime(year, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


@settings(max_examples=examples(25), deadline=None)
@given(
    place=_starts(),
    length=LENGTHS,
    ago=st.integers(-120, 60 * 24 * 3),
    one_time=st.booleans(),
    full=st.sets(st.integers(-30, 30)),
    live=st.sampled_from((0, 0, 0, 197, 198, 199)),
)
def test_every_offer_is_granted_as_it_stands(
    place: tuple[ZoneInfo, datetime], length: int, ago: int, one_time: bool, full: set[int], live: int
) -> None:
    zone, start = place
    now = start - timedelta(minutes=ago)
    ledger = Ledger({key: 5 for n in full for key in _keys(start + n * HOUR, zone)}, live)
    asked = AccessWindow(start, start + timedelta(minutes=length))
    for offer in _offers(asked, zone, now, ledger, one_time=one_time):
        _check(offer, zone, now, ledger)
        _check_in_a_row(offer, zone, now, ledger)


def _offers(asked: AccessWindow, zone: ZoneInfo, now: datetime, ledger: Ledger, *, one_time: bool) -> tuple[Offer, ...]:
    try:
        plan(asked, zone=zone, now=now, one_time=one_time, ledger=ledger)
    except Refusal as refusal:
        return refusal.offers
    return ()


def _keys(start: datetime, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    for kind in PinKind:
        if kind is not PinKind.DAILY or start.hour == 0:
            yield kind.value, slot_key(kind, start, zone)


def _check(offer: Offer, zone: ZoneInfo, now: datetime, ledger: Ledger) -> None:
    window = AccessWindow(offer.starts_at, offer.ends_at)
    granted = plan(window, zone=zone, now=now, one_time=offer.kind is PinKind.ONE_TIME, ledger=ledger)
    assert (granted.kind, granted.granted) == (offer.kind, window)
    assert Warning.ROUNDED not in granted.warnings


def _check_in_a_row(offer: Offer, zone: ZoneInfo, now: datetime, ledger: Ledger) -> None:
    """The PINs that follow fit beside those before them, and leave no hour uncovered."""
    before = offer
    for n, part in enumerate(offer.then, start=1):
        assert part.starts_at == before.ends_at
        slots = {**ledger.slots, (before.kind.value, slot_key(before.kind, before.starts_at, zone)): 1}
        _check(part, zone, now, Ledger(slots, ledger.live + n))
        before = part


@every(
    ("day", "said"),
    [
        (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "put forward that night"),
        (datetime(2027, 10, 31, 0, 45, tzinfo=UTC), ""),
        (datetime(2026, 12, 4, 1, 30, tzinfo=UTC), ""),
    ],
)
@every("back", [timedelta(), timedelta(minutes=30)])
def test_an_end_at_its_start_says_that_the_clocks_skip_times(day: datetime, said: str, back: timedelta) -> None:
    with pytest.raises(Refusal) as caught:
        plan(AccessWindow(day, day - back), zone=PARIS, now=datetime(2026, 12, 1, tzinfo=UTC))
    words = sentence(caught.value, zone=PARIS)
    assert "has to come after the start" in words
    assert said in words
    assert ("The clocks" in words) == bool(said)
