"""One reading after the other: what is new, moved, gone; and which bookings of two calendars are one stay."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.sources import following
from bot.domain.sources.following import CalendarBooking, CalendarStay, Entries, FeedPlan
from tests.cases import examples

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 12, 1, 12, tzinfo=PARIS)
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
DOOR = "01DOOR"


def day(number: int) -> date:
    """Of December."""
    return date(2026, 12, 1) + timedelta(days=number - 1)


def booking(first: int, last: int, uid: str = "u1", **more: object) -> CalendarBooking:
    code = more.get("code")
    identity = f"code:{code}" if code else f"uid:{uid}"
    return replace(CalendarBooking(identity, day(first), day(last), uid=uid), **more)  # type: ignore[arg-type]


def echo(first: int, last: int, uid: str = "e1") -> CalendarBooking:
    """As CalendarBooking.com says what may be a booking of its own, or another's."""
    return booking(first, last, uid, sure=False)


@dataclass
class Door:
    """Its calendars, each read whenever a test says so; what is planned is done at once."""

    now: datetime = NOON
    feeds: dict[str, Entries] = field(default_factory=dict)
    stays: dict[str, CalendarStay] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)

    def reads(
        self, feed: str, *bookings: CalendarBooking, after: timedelta = QUARTER, unreadable: Iterable[str] = ()
    ) -> None:
        self.now += after
        entries = following.follow(self.feeds.get(feed, ()), bookings, self.now, PARIS, frozenset(unreadable))
        self._plan({**self.feeds, feed: entries})

    def _plan(self, feeds: Mapping[str, Entries]) -> None:
        assigned = following.assign(feeds, {name: name for name in feeds}, DOOR, self.now)
        self.do(following.plan(assigned), assigned)

    def do(self, planned: FeedPlan, assigned: dict[str, Entries]) -> None:
        for _, key in planned.gone:
            if self.stays.pop(key, None) is not None:
                self.cancelled.append(key)
            assigned = {name: following.given_up(one, key) for name, one in assigned.items()}
        for stay in planned.wanted:
            self.stays[stay.key] = stay
            assigned = {name: following.made(one, stay.key, stay.digest) for name, one in assigned.items()}
        self.feeds = assigned
        assert following.plan(assigned) == FeedPlan((), ()), "done once, there is nothing left to do"
        for entries in assigned.values():
            assert following.from_json(following.as_json(entries)) == entries

    def nights(self) -> list[tuple[int, int]]:
        return sorted((one.starts_at.day, one.ends_at.day) for one in self.stays.values())


def test_a_new_booking_is_a_stay_under_its_code() -> None:
    door = Door()
    door.reads("airbnb", booking(4, 8, code="HMTEST1234", last_four="1234", link="https://x"))
    (stay,) = door.stays.values()
    assert (stay.source, stay.key, stay.name, stay.phone) == ("airbnb", f"HMTEST1234@{DOOR}", None, None)
    assert stay.note == "Reservation HMTEST1234; https://x; number ends in 1234"


def test_the_same_uid_or_code_with_other_dates_has_moved() -> None:
    door = Door()
    door.reads("airbnb", booking(4, 8, code="HM1"), booking(10, 12, "u2"))
    before = set(door.stays)
    door.reads("airbnb", booking(5, 9, "other", code="HM1"), booking(20, 22, "u2"))
    assert (set(door.stays), door.nights(), door.cancelled) == (before, [(5, 9), (20, 22)], [])


def test_what_is_left_out_is_gone_after_two_readings_and_a_day() -> None:
    door = Door()
    door.reads("airbnb", booking(4, 8), booking(10, 12, "u2"))
    door.reads("airbnb", booking(10, 12, "u2"))
    for _ in range(95):
        door.reads("airbnb", booking(10, 12, "u2"))
    assert (len(door.stays), door.cancelled) == (2, [])
    door.reads("airbnb", booking(10, 12, "u2"))
    assert (door.nights(), door.cancelled) == ([(10, 12)], [f"u1@{DOOR}"])


def test_a_day_without_a_reading_and_one_that_leaves_it_out_are_not_enough() -> None:
    door = Door()
    door.reads("airbnb", booking(10, 12))
    door.reads("airbnb", after=3 * DAY)
    assert door.cancelled == []
    door.reads("airbnb", after=DAY - QUARTER)
    assert door.cancelled == []
    door.reads("airbnb", after=QUARTER)
    assert door.cancelled == [f"u1@{DOOR}"]


def test_a_blip_cancels_nothing_and_starts_the_day_anew() -> None:
    door = Door()
    door.reads("airbnb", booking(10, 12))
    for _ in range(5):
        door.reads("airbnb", after=20 * QUARTER)
        door.reads("airbnb", booking(10, 12), after=DAY)
    door.reads("airbnb", after=20 * QUARTER)
    assert (door.nights(), door.cancelled) == ([(10, 12)], [])


def test_its_calendars_own_word_cancels_at_once_and_takes_it_back_at_once() -> None:
    door = Door()
    door.reads("google", booking(4, 8, name="Ana"))
    door.reads("google", booking(4, 8, name="Ana", cancelled=True))
    assert (door.stays, door.cancelled) == ({}, [f"u1@{DOOR}"])
    door.reads("google", booking(4, 8, name="Ana", cancelled=True))
    assert door.cancelled == [f"u1@{DOOR}"]
    door.reads("google", booking(4, 8, name="Ana"))
    assert list(door.stays) == [f"u1@{DOOR}"], "the same stay once more, under its own name"


def test_what_was_cancelled_before_we_knew_it_is_nothing() -> None:
    door = Door()
    door.reads("google", booking(4, 8, cancelled=True))
    assert (door.stays, door.feeds["google"]) == ({}, ())


def test_what_has_begun_and_is_left_out_then_was_not_cancelled() -> None:
    door = Door()
    door.reads("airbnb", booking(2, 6), booking(20, 22, "u2"))
    door.now = datetime(2026, 12, 2, 0, 1, tzinfo=PARIS)
    for _ in range(3):
        door.reads("airbnb", booking(20, 22, "u2"), after=DAY)
    assert (len(door.stays), door.cancelled) == (2, [])
    door.reads("airbnb", booking(20, 22, "u2"), after=4 * DAY)
    assert len(door.feeds["airbnb"]) == 1, "over, it is known no more, and was never cancelled"
    assert door.cancelled == []


def test_what_was_left_out_before_it_began_is_gone_although_it_begins_meanwhile() -> None:
    door = Door()
    door.reads("airbnb", booking(2, 6), after=timedelta())
    door.reads("airbnb", after=QUARTER)
    door.reads("airbnb", after=DAY)
    assert door.cancelled == [f"u1@{DOOR}"]


def test_what_is_over_when_it_is_first_read_is_nothing() -> None:
    door = Door()
    door.reads("google", replace(booking(1, 2), starts_at=date(2026, 11, 20), ends_at=date(2026, 11, 30)))
    assert door.stays == {}


def test_an_event_that_cannot_be_read_has_not_vanished() -> None:
    door = Door()
    door.reads("google", booking(10, 12, name="Ana"), booking(14, 15, "u2", name="Bea"))
    for _ in range(4):
        door.reads("google", booking(14, 15, "u2", name="Bea"), after=DAY / 2, unreadable=["u1"])
    assert door.cancelled == []
    for _ in range(4):
        door.reads("google", booking(14, 15, "u2", name="Bea"), after=DAY / 2, unreadable=[""])
    assert door.cancelled == [], "nobody knows which one it was"


# --- a uid that changes ----------------------------------------------------------------------------------------------


def test_vrbos_uid_changes_with_the_dates_and_it_is_the_same_stay() -> None:
    door = Door()
    door.reads("vrbo", booking(4, 8, name="Ana"))
    before = set(door.stays)
    door.reads("vrbo", booking(5, 9, "u2", name="Ana"))
    door.reads("vrbo", booking(6, 10, "u3", name="Ana"))
    assert (set(door.stays), door.nights(), door.cancelled) == (before, [(6, 10)], [])
    door.reads("vrbo", booking(6, 10, "u3", name="Ana"), booking(12, 14, "u1", name="Ana"))
    assert len(door.stays) == 2, "an old uid for another booking is another stay"


def test_another_guest_on_the_same_nights_is_another_stay() -> None:
    door = Door()
    door.reads("vrbo", booking(4, 8, name="Ana"))
    door.reads("vrbo", booking(4, 8, "u2", name="Bea"))
    assert len(door.stays) == 2
    for _ in range(2):
        door.reads("vrbo", booking(4, 8, "u2", name="Bea"), after=DAY)
    assert [one.name for one in door.stays.values()] == ["Bea"]


def test_another_code_or_number_is_another_guest() -> None:
    for one, other in (({"code": "HM1"}, {"code": "HM2"}), ({"last_four": "1234"}, {"last_four": "9876"})):
        door = Door()
        door.reads("airbnb", booking(4, 8, **one))
        door.reads("airbnb", booking(4, 8, "u2", **other))
        assert len(door.stays) == 2


def test_a_nameless_booking_goes_on_under_a_new_uid_only_in_one_step_on_the_same_nights() -> None:
    door = Door()
    door.reads("booking", echo(4, 8))
    door.reads("booking", echo(4, 8, "e2"))
    assert (len(door.stays), door.cancelled) == (1, [])
    door.reads("booking")
    door.reads("booking", echo(4, 8, "e3"))
    assert len(door.stays) == 2, "somebody may have cancelled, and somebody else booked the same nights"
    other = Door()
    other.reads("booking", echo(4, 8))
    other.reads("booking", echo(5, 9, "e2"))
    assert len(other.stays) == 2


def test_without_a_uid_it_is_known_by_its_nights() -> None:
    def nameless(first: int, last: int) -> CalendarBooking:
        return CalendarBooking(f"dates:{first}/{last}", day(first), day(last))

    door = Door()
    door.reads("generic", nameless(4, 8))
    door.reads("generic", nameless(5, 8))
    assert (door.nights(), len(door.stays), door.cancelled) == ([(5, 8)], 1, [])


# --- two calendars of one door ----------------------------------------------------------------------------------------


def test_the_echo_of_a_booking_is_no_second_stay_whoever_comes_first() -> None:
    for turned in (False, True):
        door = Door()
        reads = [("airbnb", booking(4, 8, code="HM1")), ("booking", echo(4, 8))]
        for feed, one in reversed(reads) if turned else reads:
            door.reads(feed, one)
        (stay,) = door.stays.values()
        assert door.nights() == [(4, 8)]
        assert stay.source == ("booking" if turned else "airbnb"), "whoever had it first keeps it"


def test_an_echo_that_is_longer_or_shorter_is_one_still_and_the_booking_decides_over_the_time() -> None:
    door = Door()
    door.reads("booking", echo(4, 10))
    assert door.nights() == [(4, 10)]
    door.reads("airbnb", booking(4, 8, code="HM1"))
    assert door.nights() == [(4, 10)], "one reading may be another listing's"
    door.reads("airbnb", booking(4, 8, code="HM1"))
    assert (door.nights(), len(door.stays)) == ([(4, 8)], 1)
    door.reads("airbnb", booking(4, 8, code="HM1"), booking(8, 10, "u2", code="HM2"))
    assert door.nights() == [(4, 8), (8, 10)]


def test_a_calendar_that_was_served_in_anothers_place_once_moves_no_stay() -> None:
    door = Door()
    door.reads("booking", echo(4, 10), echo(20, 22, "e2"))
    stays = dict(door.stays)
    door.reads("airbnb", booking(6, 8, code="HM1"), booking(21, 24, "u2", code="HM2"))
    for feed in ("airbnb", "booking", "airbnb"):
        door.reads(feed, *([echo(4, 10), echo(20, 22, "e2")] if feed == "booking" else []), after=2 * DAY)
        assert (door.stays, door.cancelled) == (stays, [])


def test_nor_does_one_that_was_so_again_after_days() -> None:
    door = Door()
    door.reads("booking", echo(4, 10))
    for _ in range(3):
        door.reads("airbnb", booking(1, 8, code="HM1"))  # has begun: that it is left out says nothing
        door.reads("airbnb")
        assert door.nights() == [(4, 10)]


def test_two_certain_bookings_that_only_overlap_are_two() -> None:
    door = Door()
    door.reads("airbnb", booking(4, 8, code="HM1"))
    door.reads("vrbo", booking(6, 10, "v1", name="Ana"))
    assert door.nights() == [(4, 8), (6, 10)]


def test_two_that_name_two_guests_are_two_though_for_the_same_time() -> None:
    door = Door()
    door.reads("vrbo", booking(4, 8, name="Ana"))
    door.reads("google", booking(4, 8, "g1", name="Bea Other"))
    assert len(door.stays) == 2


def test_a_calendar_that_knows_the_guest_tells_the_other() -> None:
    door = Door()
    door.reads("airbnb", booking(4, 8, code="HM1", last_four="1234"))
    door.reads("generic", booking(4, 8, "g1", name="Ana Sample", phone="+33639981234"))
    (stay,) = door.stays.values()
    assert (stay.source, stay.name, stay.phone) == ("airbnb", "Ana Sample", "+33639981234")
    door.reads("vrbo", booking(4, 8, "v1", name="Ana"))
    assert len(door.stays) == 1, "Ana is Ana Sample"


def test_back_to_back_bookings_are_two() -> None:
    door = Door()
    door.reads("airbnb", booking(4, 8, code="HM1"))
    door.reads("booking", echo(4, 8), echo(8, 10, "e2"))
    assert door.nights() == [(4, 8), (8, 10)]


def test_when_the_first_drops_it_and_another_keeps_it_the_stay_stays() -> None:
    door = Door()
    door.reads("airbnb", booking(4, 8, code="HM1"))
    door.reads("booking", echo(4, 8))
    before = set(door.stays)
    for _ in range(4):
        door.reads("airbnb", after=DAY / 2)
        door.reads("booking", echo(4, 8))
    assert (set(door.stays), door.cancelled) == (before, [])
    door.reads("booking", after=QUARTER)
    door.reads("booking", after=DAY)
    assert (door.stays, door.cancelled) == ({}, list(before))


def test_when_both_drop_it_it_is_gone() -> None:
    door = Door()
    door.reads("airbnb", booking(10, 14, code="HM1"))
    door.reads("booking", echo(10, 14))
    for _ in range(3):
        door.reads("airbnb", after=DAY)
        door.reads("booking")
    assert (door.stays, len(door.cancelled)) == ({}, 1)


def test_a_certain_word_that_it_is_cancelled_is_not_outweighed_by_an_echo() -> None:
    door = Door()
    door.reads("google", booking(10, 14, name="Ana"))
    door.reads("booking", echo(10, 14))
    door.reads("google", booking(10, 14, name="Ana", cancelled=True))
    assert door.stays == {}
    door.reads("booking", echo(10, 14))
    assert door.stays == {}, "the echo follows late"
    door.reads("booking", echo(10, 14), after=DAY)
    assert door.nights() == [(10, 14)], "it was none: it stands by itself for a day"


def test_what_comes_apart_shortly_before_it_begins_is_not_waited_for() -> None:
    door = Door()
    door.reads("airbnb", booking(3, 6, code="HM1"))
    door.reads("booking", echo(2, 4))
    assert door.nights() == [(3, 6)]
    door.reads("airbnb", booking(4, 7, code="HM1"))
    assert door.nights() == [(2, 4), (4, 7)]


def test_an_echo_that_follows_a_move_late_makes_no_stay_in_between() -> None:
    door = Door()
    door.reads("airbnb", booking(10, 14, code="HM1"))
    door.reads("booking", echo(10, 14))
    door.reads("airbnb", booking(20, 24, code="HM1"))
    for _ in range(10):
        door.reads("booking", echo(10, 14))
    assert door.nights() == [(20, 24)]
    door.reads("booking", echo(20, 24))
    assert (door.nights(), door.cancelled) == ([(20, 24)], [])


def test_a_taken_away_calendar_that_is_added_again_means_the_same_stays() -> None:
    door = Door()
    door.reads("airbnb", booking(4, 8, code="HM1"), booking(10, 12, "u2"))
    before = set(door.stays)
    del door.feeds["airbnb"]
    door.reads("airbnb", booking(4, 8, code="HM1"), booking(10, 12, "u2"))
    assert set(door.stays) == before


def test_a_uid_that_could_be_no_id_is_kept_as_one_that_can() -> None:
    door = Door()
    door.reads("generic", booking(4, 8, "x" * 400), booking(10, 12, "a\nb"), booking(14, 15, "\ufffd"))
    assert len(door.stays) == 3
    assert all(len(key) <= 255 and "\n" not in key for key in door.stays)


def test_whose_guest_was_erased_nothing_of_them_is_kept_or_made() -> None:
    door = Door()
    door.reads("google", booking(4, 8, name="Ana", phone="+33639981234", email="a@example.com"))
    (key,) = door.stays
    door.feeds = {name: following.erased(one, key) for name, one in door.feeds.items()}
    door.stays.clear()
    door.reads("google", booking(4, 9, name="Ana", phone="+33639981234", email="a@example.com"))
    assert door.stays == {}
    assert "Ana" not in str(following.as_json(door.feeds["google"]))
    assert "+336" not in str(following.as_json(door.feeds["google"]))


# --- whatever the calendars say ---------------------------------------------------------------------------------------

CODES = {f"u{n}": {"code": f"HM{n}"} for n in range(4)}
spans = st.tuples(st.integers(20, 36), st.integers(1, 5)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@st.composite
def readings(draw: st.DrawFn) -> list[tuple[str, dict[str, tuple[int, int]], int]]:
    """Of two calendars: which, what it names, and so many hours after the one before."""
    named = st.dictionaries(st.sampled_from(["u0", "u1", "u2", "u3"]), spans, max_size=4)
    one = st.tuples(st.sampled_from(["airbnb", "booking"]), named, st.integers(1, 30))
    return draw(st.lists(one, min_size=1, max_size=12))


@settings(max_examples=examples(50), deadline=None)
@given(readings())
def test_whatever_two_calendars_say_each_stay_is_asked_and_given_up_once(
    said: list[tuple[str, dict[str, tuple[int, int]], int]],
) -> None:
    door = Door()
    for feed, named, hours in said:
        sure = feed == "airbnb"
        read = [
            booking(*span, uid, **CODES[uid]) if sure else echo(*span, f"e{uid}") for uid, span in sorted(named.items())
        ]
        before = {key for entries in door.feeds.values() for key in [one.key for one in entries] if key}
        door.reads(feed, *read, after=timedelta(hours=hours))
        known = [one for entries in door.feeds.values() for one in entries]
        assert {one.key for one in known if one.key} == set(door.stays), "a stay for each that is known, and no other"
        assert set(door.cancelled) & set(door.stays) <= before | set(door.stays)
        for entries in door.feeds.values():
            sure_keys = [one.key for one in entries if one.booking.sure and one.key]
            assert len(set(sure_keys)) == len(sure_keys), "two sure bookings of one calendar are two stays"
        identities = [one.booking.identity for one in door.feeds[feed]]
        assert len(set(identities)) == len(identities)
        codes = [one.booking.code for one in known if one.booking.code and one.missing_since is None and one.again]
        kept = {stay.key for stay in door.stays.values()}
        assert all(any(one.booking.code == code and one.key in kept for one in known) for code in codes)


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 11)), min_size=1, max_size=40))
def test_what_is_named_at_least_every_second_reading_within_a_day_is_never_cancelled(
    ups_and_downs: list[tuple[bool, int]],
) -> None:
    """Left out for one reading at most, and never for a day."""
    door, named_last = Door(), True
    door.reads("airbnb", booking(28, 31, code="HM1"))
    for names, hours in ups_and_downs:
        names = names or not named_last
        door.reads("airbnb", *([booking(28, 31, code="HM1")] if names else []), after=timedelta(hours=hours))
        named_last = names
    assert (len(door.stays), door.cancelled) == (1, [])
