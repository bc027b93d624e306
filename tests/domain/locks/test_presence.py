"""When a lock is held to be gone, and what keeps it from looking so."""

from datetime import UTC, datetime, timedelta

from bot.domain.locks.presence import NEVER_HEARD, Presence, gone, heard, may_be_gone, missed

START = datetime(2026, 12, 1, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def after(*minutes: int) -> Presence:
    found = heard(NEVER_HEARD, at(0))
    for each in minutes:
        found = missed(found, at(each))
    return found


def test_it_takes_several_lists_over_half_an_hour() -> None:
    assert not may_be_gone(after(15), at(90)), "one list says little, however long ago"
    assert not may_be_gone(after(1, 2, 3, 4), at(5)), "nor do many at once"
    assert not may_be_gone(after(15, 45), at(60)), "two lists are few"
    assert may_be_gone(after(15, 30, 45), at(45))
    assert not may_be_gone(gone(after(15, 30, 45), at(45)), at(60)), "it is told once"


def test_word_of_it_begins_anew() -> None:
    found = heard(after(15, 30), at(40))
    assert found == Presence(at(40))
    assert missed(found, at(35)) == found, "a list that was asked for before it was heard of"
    assert heard(after(15, 30), at(10)).missed_lists == 2, "older than the list that misses it"
    assert heard(gone(after(15, 30, 45), at(45)), at(30)).gone_at == at(45), "an event that comes late"
    assert heard(gone(after(15, 30, 45), at(45)), at(46)).gone_at is None
