"""What an event of each platform's calendar is: a stay, and whose, or a day that is only closed."""

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.sources.feed_bookings import LONGEST_NAME, bookings
from bot.domain.sources.feeds import FeedEvent, Platform
from bot.domain.sources.following import CalendarBooking
from tests.cases import every, examples

P = Platform
URL = "Reservation URL: https://www.airbnb.com/hosting/reservations/details/HMTEST1234"
FIRST, LAST = date(2026, 12, 4), date(2026, 12, 8)


def clock(text: str) -> datetime:
    """What a clock at the door shows."""
    return datetime.fromisoformat(text)


def event(summary: str, description: str = "", status: str = "", uid: str = "u1") -> FeedEvent:
    return FeedEvent(uid, FIRST, LAST, summary, description, status)


def only(platform: Platform, summary: str, description: str = "") -> CalendarBooking:
    (found,) = bookings(platform, [event(summary, description)])
    return found


@every(
    ("platform", "summary"),
    [
        (P.AIRBNB, "Airbnb (Not available)"),
        (P.AIRBNB, "Not available"),
        (P.AIRBNB, "Blocked"),
        (P.VRBO, "Blocked"),
        (P.VRBO, "Blocked - owner"),
        (P.VRBO, "Not available"),
        (P.GENERIC, "Blocked"),
        (P.GENERIC, "BLOCKED by owner"),
        (P.GENERIC, "CLOSED - Not available"),
        (P.GENERIC, "Unavailable"),
        (P.GOOGLE, "Airbnb (not available)"),
        (P.GENERIC, "Check-in Ana Sample"),
        (P.GENERIC, "Ana Sample check-out"),
        (P.GENERIC, "Checkin Ana"),
    ],
)
def test_what_only_blocks_a_day_is_no_stay(platform: Platform, summary: str) -> None:
    assert bookings(platform, [event(summary)]) == ()


@every(
    ("platform", "summary", "name", "sure"),
    [
        (P.AIRBNB, "Reserved", None, True),
        (P.AIRBNB, "Ana Sample (HMTEST1234)", "Ana Sample", True),
        (P.BOOKING, "CLOSED - Not available", None, False),
        (P.BOOKING, "CLOSED – Not available", None, False),
        (P.BOOKING, "CLOSED - Ana Sample", "Ana Sample", True),
        (P.BOOKING, "", None, False),
        (P.VRBO, "Reserved - Ana", "Ana", True),
        (P.VRBO, "Reserved", None, True),
        (P.VRBO, "Ana", "Ana", False),
        (P.GENERIC, "Reservation Ana Sample", "Ana Sample", True),
        (P.GENERIC, "Reservation: Ana Sample", "Ana Sample", True),
        (P.GENERIC, "-Ana Sample-AIRBNB-", "Ana Sample", True),
        (P.GENERIC, "[B] – Joanna – Airbnb", "Joanna", True),
        (P.GENERIC, "Tripadvisor XY-12: Ana", "Ana", True),
        (P.GENERIC, "Booking for Cleo Sample", "Cleo Sample", True),
        (P.GENERIC, "Busy", None, False),
        (P.GENERIC, "Booked", None, False),
        (P.GENERIC, "", None, False),
        (P.GENERIC, "Reserved", None, False),
        (P.GENERIC, "Jean-Luc O'Neill", "Jean-Luc O'Neill", True),
        (P.GENERIC, "Booker T. Jones", "Booker T. Jones", True),
        (P.GENERIC, "Guestrin", "Guestrin", True),
        (P.GENERIC, "田中さくら", "田中さくら", True),
        (P.GOOGLE, "Ana Sample", "Ana Sample", True),
        (P.GOOGLE, "x" * 500, "x" * LONGEST_NAME, True),
        (P.GOOGLE, "Ana\u202e <!channel>\nSample", "Ana <!channel> Sample", True),
    ],
)
def test_whose_booking_it_is_and_how_sure_that_it_is_one(
    platform: Platform, summary: str, name: str | None, sure: bool
) -> None:
    found = only(platform, summary)
    assert (found.name, found.sure) == (name, sure)


def test_airbnb_is_known_by_its_code_whatever_else_is_missing() -> None:
    whole = only(P.AIRBNB, "Reserved", f"{URL}\nPhone Number (Last 4 Digits): 1234")
    assert (whole.code, whole.last_four, whole.identity) == ("HMTEST1234", "1234", "code:HMTEST1234")
    assert whole.link == URL.removeprefix("Reservation URL: ")
    assert whole.phone is None
    assert only(P.AIRBNB, "Reserved", "Phone Number (Last 4 Digits): 1234").last_four == "1234"
    assert only(P.AIRBNB, "Reserved", URL).code == "HMTEST1234"
    assert only(P.AIRBNB, "Reserved", URL.replace("airbnb.com", "airbnb.co.uk")).link is not None
    assert only(P.AIRBNB, "Reserved", "https://evil.example/reservations/details/HMTEST1234").link is None
    assert only(P.AIRBNB, "Reserved").identity == "uid:u1"


@every(
    ("description", "phone", "email"),
    [
        ("Phone: +33 6 39 98 12 34\nEmail: ana@example.com", "+33 6 39 98 12 34", "ana@example.com"),
        ("Phone Number: +33639981234", "+33639981234", None),
        ("phone number : (06) 39.98.12.34", "(06) 39.98.12.34", None),
        ("Mobile: +44 7700 900123\r\nAdults: 2", "+44 7700 900123", None),
        ("Email: ana@example.com.\nGuests: 4", None, "ana@example.com"),
        ("E-Mail: ana@example.com", None, "ana@example.com"),
        ("Last 4 Digits: 1234", None, None),
        ("Phone Number (Last 4 Digits): 1234", None, None),
        ("Phone: 1234", None, None),
        ("Booked on 2026-11-28 for 4 nights", None, None),
        ("Phone: \nPIN 123456789", None, None),
    ],
)
def test_numbers_and_addresses_by_the_conventions_that_owners_use(
    description: str, phone: str | None, email: str | None
) -> None:
    for platform in (P.GOOGLE, P.GENERIC):
        found = only(platform, "Ana Sample", description)
        assert (found.phone, found.email) == (phone, email)


@every(
    ("words", "hour", "minute"),
    [
        ("Check-in: 4 PM", 16, 0),
        ("Check-in time: 16:30", 16, 30),
        ("Checkin time: 16", 16, 0),
        ("check in: 12 am", 0, 0),
        ("CHECK-IN: 9:15am", 9, 15),
    ],
)
def test_an_hour_that_the_owner_names_counts(words: str, hour: int, minute: int) -> None:
    found = only(P.GENERIC, "Ana", f"Guests: 2\n{words}\nCheck-out: 10:00")
    assert (found.starts_at, found.ends_at) == (clock(f"2026-12-04T{hour:02}:{minute:02}"), clock("2026-12-08T10:00"))


@every("words", ["Check-in: 25", "Check-in: soon", "Check-in: 14:75", ""])
def test_an_hour_that_is_none_leaves_the_doors_own(words: str) -> None:
    assert only(P.GENERIC, "Ana", words).starts_at == FIRST


def test_smoobu_says_each_stay_three_times_and_it_is_one() -> None:
    three = [event(f"{word}Ana Sample", uid=f"s{n}") for n, word in enumerate(("Check-in ", "Check-out ", ""))]
    (found,) = bookings(P.GENERIC, three)
    assert (found.name, found.uid) == ("Ana Sample", "s2")


def test_what_is_not_certain_yet_is_no_stay_and_what_was_cancelled_says_so() -> None:
    assert bookings(P.GOOGLE, [event("Ana", status="TENTATIVE")]) == ()
    assert bookings(P.GOOGLE, [event("Ana", status="CONFIRMED")])[0].cancelled is False
    assert bookings(P.GOOGLE, [event("Ana", status="cancelled")])[0].cancelled is True


def test_what_ends_before_it_starts_or_mixes_days_and_hours_is_none() -> None:
    good = event("Ana")
    noon = datetime(2026, 12, 4, 12, tzinfo=UTC)
    for odd in (
        replace(good, ends_at=FIRST),
        replace(good, starts_at=LAST, ends_at=FIRST),
        replace(good, starts_at=noon),
        replace(good, starts_at=noon, ends_at=noon),
        replace(good, starts_at=noon, ends_at=clock("2026-12-05T12:00")),
    ):
        assert bookings(P.GOOGLE, [odd, replace(good, uid="u2")])[0].uid == "u2"


def test_events_of_one_name_are_told_apart_by_their_start() -> None:
    second = replace(event("Ana"), starts_at=date(2026, 12, 20), ends_at=date(2026, 12, 22))
    found = bookings(P.GENERIC, [event("Ana"), second, event("Ana")])
    assert len(found) == len({one.identity for one in found}) == 2


texts = st.text(max_size=80) | st.sampled_from(
    ["Reserved", "CLOSED - Not available", URL, "Phone: +33 6 39 98 12 34", "Check-in: 4 PM", "[B] – X – Airbnb"]
)
days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
moments = (
    days
    | st.datetimes(clock("2000-01-01T00:00"), clock("2100-12-31T00:00"))
    | st.datetimes(clock("2000-01-01T00:00"), clock("2100-12-31T00:00"), timezones=st.just(UTC))
)


@settings(max_examples=examples(40), deadline=None)
@given(
    st.sampled_from(P),
    st.lists(st.builds(FeedEvent, texts, moments, moments, texts, texts, st.sampled_from(["", "CANCELLED", "x"]))),
)
def test_whatever_a_calendar_says_no_two_bookings_have_one_identity(
    platform: Platform, events: list[FeedEvent]
) -> None:
    found = bookings(platform, events)
    assert len({one.identity for one in found}) == len(found)
    for one in found:
        assert one.name is None or 0 < len(one.name) <= LONGEST_NAME
        assert one.name is None or "\n" not in one.name
        assert one.last_four is None or len(one.last_four) == 4
    assert bookings(platform, events) == found
