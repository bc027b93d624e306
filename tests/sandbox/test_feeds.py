"""The sandbox's calendars: as each platform writes them, and as it should not."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.domain.sources.feed_bookings import bookings
from bot.domain.sources.feeds import FeedProblem, Platform
from bot.ports.feeds import FeedUnreadable
from providers.feeds.client import FeedClient
from providers.feeds.parsing import parsed
from tests.sandbox.outside_world import Sandbox

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BOOKING: dict[str, Any] = {"id": "A1", "from": "2026-12-04", "to": "2026-12-08"}
ANA = {**BOOKING, "name": "Ana; Sample, née", "phone": "+33639981234", "code": "HMTEST1234", "last_four": "1234"}


def read(sandbox: Sandbox, name: str = "loft") -> httpx.Response:
    return sandbox.http.get(f"/sandbox/feeds/{name}.ics")


@pytest.mark.parametrize("platform", Platform)
def test_each_platform_says_what_it_knows_and_no_more(sandbox: Sandbox, platform: Platform) -> None:
    sandbox.post("/sandbox/feeds/loft", {"platform": platform.value, "book": ANA})
    closed = {"id": "A2", "from": "2026-12-10", "to": "2026-12-12", "block": True}
    sandbox.post("/sandbox/feeds/loft", {"book": closed})
    found, unreadable = parsed(read(sandbox).content, NOW)
    assert (len(found), unreadable) == (2, frozenset())
    stays = bookings(platform, found)
    assert len(stays) == (2 if platform is Platform.BOOKING else 1)
    assert stays[0].name == (None if platform in (Platform.AIRBNB, Platform.BOOKING) else "Ana; Sample, née")
    assert stays[0].code == ("HMTEST1234" if platform is Platform.AIRBNB else None)
    assert (stays[0].phone is not None) == (platform in (Platform.GOOGLE, Platform.GENERIC))


def test_vrbos_uid_changes_with_the_dates_and_the_others_do_not(sandbox: Sandbox) -> None:
    for platform in Platform:
        uids = set()
        for last in ("2026-12-08", "2026-12-09"):
            sandbox.post("/sandbox/feeds/loft", {"platform": platform.value, "book": {**ANA, "to": last}})
            uids |= {one.uid for one in parsed(read(sandbox).content, NOW)[0]}
        assert len(uids) == (2 if platform is Platform.VRBO else 1)


async def test_on_a_bad_day_it_answers_as_it_should_not(sandbox: Sandbox) -> None:
    sandbox.post("/sandbox/feeds/loft", {"book": ANA})
    reader = FeedClient(sandbox=True)

    async def problem(answers: str) -> FeedProblem | None:
        sandbox.post("/sandbox/feeds/loft", {"answers": answers})
        try:
            await reader.read(f"{sandbox.url}/sandbox/feeds/loft.ics", NOW)
        except FeedUnreadable as error:
            return error.problem
        return None

    found = {
        answers: await problem(answers)
        for answers in ("calendar", "empty", "elsewhere", "nothing", "login", "cut", "huge", "private", "loop", "gone")
    }
    assert found == {
        "calendar": None,
        "empty": None,
        "elsewhere": None,
        "nothing": FeedProblem.NO_CALENDAR,
        "login": FeedProblem.WEB_PAGE,
        "cut": FeedProblem.CUT_SHORT,
        "huge": FeedProblem.TOO_LARGE,
        "private": FeedProblem.PRIVATE,
        "loop": FeedProblem.REDIRECTS,
        "gone": FeedProblem.NOT_THERE,
    }


async def test_what_has_not_changed_is_not_sent_again(sandbox: Sandbox) -> None:
    sandbox.post("/sandbox/feeds/loft", {"book": ANA})
    reader, address = FeedClient(sandbox=True), f"{sandbox.url}/sandbox/feeds/loft.ics"
    first = await reader.read(address, NOW)
    assert first.etag
    assert (await reader.read(address, NOW, etag=first.etag)).events is None
    sandbox.post("/sandbox/feeds/loft", {"cancel": "A1"})
    assert (await reader.read(address, NOW, etag=first.etag)).events == ()
    listed = sandbox.get("/sandbox/feeds")["loft"]
    assert (listed["reads"], listed["unchanged"], listed["url"]) == (3, 1, address)


def test_word_for_word_it_serves_what_it_is_given(sandbox: Sandbox) -> None:
    sandbox.post("/sandbox/feeds/loft", {"body": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"})
    assert read(sandbox).text == "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    sandbox.post("/sandbox/feeds/loft", {"body": None, "book": ANA})
    assert "VEVENT" in read(sandbox).text
    assert read(sandbox, "nobody").status_code == 404


def test_whatever_people_send_it_is_a_4xx(sandbox: Sandbox) -> None:
    odd: list[Any] = [None, 7, "", [], {}, True, {"id": "A1"}, {**BOOKING, "from": "soon"}, {**BOOKING, "x": "y"}]
    for name in ("platform", "answers", "book", "cancel", "body", "nonsense"):
        for value in odd:
            assert sandbox.http.post("/sandbox/feeds/loft", json={name: value}).status_code < 500, (name, value)
    for raw in (b"", b"null", b"[1", b"\xff"):
        assert sandbox.http.post("/sandbox/feeds/loft", content=raw).status_code == 400
    for n in range(60):
        status = sandbox.http.post(f"/sandbox/feeds/f{n}", json={}).status_code
    assert status == 422
