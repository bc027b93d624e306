"""What the team reads of bookings that are no stays yet: why, what to do, and never what is not so."""

import pytest

from bot.conversation.team.notices import NoticeKind, notice
from bot.domain.messages.notice import Notice
from bot.domain.sources.bookings import Unmet


def seen(unmet: Unmet, **more: str) -> Notice:
    facts = {"source": "flats", "vendor": "hospitable", "unmet": unmet.value, "workspace": "", "why": "It is full"}
    return notice(NoticeKind.BOOKING_WAITS, {**facts, **more})


def words(of: Notice) -> str:
    return "\n".join([of.heading, *(f"{label}: {value}" for label, value in of.facts), *of.remarks])


def test_a_listing_that_is_no_door_comes_with_the_command_to_type() -> None:
    said = words(seen(Unmet.UNMAPPED, listing="flat 1; rm", listing_name="Casa Azul"))
    assert "flats sends bookings: Casa Azul, and nobody has said which door that is" in said
    assert "nightporter sources map flats 'flat 1; rm' DOOR" in said
    soon = words(seen(Unmet.UNMAPPED, listing="1", listing_name="", starts_at="2026-12-04T15:00:00+00:00"))
    assert "flats has a booking that begins soon: 1, and" in soon
    assert "From: Fri 4 Dec 2026" in soon


def test_a_listing_calls_nobody() -> None:
    assert "<@" not in words(seen(Unmet.UNMAPPED, listing="<@U0BEN>"))


@pytest.mark.parametrize("unmet", [Unmet.REFUSED, Unmet.UNREAD])
def test_a_stay_that_stands_is_said_to_be_as_it_was_and_else_there_is_none(unmet: Unmet) -> None:
    stands = words(seen(unmet, listing="Casa Azul", starts_at="2026-12-04", stands="yes"))
    new = words(seen(unmet, listing="Casa Azul", starts_at="2026-12-04"))
    assert "is as it was" in stands
    assert "It is full" in stands
    assert "as it was" not in new
    assert ("cannot become a stay" in new, "no PIN is made" in new) == (unmet is Unmet.REFUSED, unmet is Unmet.UNREAD)
    assert "cannot become a stay" not in stands
    assert "no PIN is made" not in stands
