"""SlackChat over the wire, through the official SDK: what is sent, what is found, what each failure is called."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.domain.messages.notice import Button, Notice, Posted
from bot.ports import Gone, Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable
from providers.slack.client import MEMBERS_SECONDS, SlackChat
from providers.slack.errors import HALF_DONE, LATER, OPERATOR
from tests.providers.loopback import Answer, Loopback, closed_port
from tests.providers.silence import BODY, NAME, PHONE, assert_silent

NOTICE = Notice(f"{NAME} at Front door", (("Phone", PHONE),), (BODY,), (Button("approve", "Approve", "r1"),))
SINCE = datetime(2026, 12, 4, 14, 0, tzinfo=UTC)
POSTED = Answer({"ok": True, "channel": "C1", "ts": "1796392800.000100", "message": {"text": BODY}})


class Ticks:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def chat(address: str, *, timeout_seconds: float = 2.0, ticks: Ticks | None = None) -> AsyncIterator[SlackChat]:
    made = SlackChat("xoxb-secret", api_url=f"{address}/api/", timeout_seconds=timeout_seconds, ticks=ticks or Ticks())
    try:
        yield made
    finally:
        await made.close()


def refusal(code: str, status: int = 200, **fields: object) -> Answer:
    return Answer({"ok": False, "error": code, "message": BODY, **fields}, status)


class TestPost:
    async def test_what_goes_out(self, vendor: Loopback) -> None:
        vendor.will(POSTED)
        async with chat(vendor.url) as slack:
            posted = await slack.post("C1", NOTICE, post_id="card-1")
        assert posted == Posted("C1", "1796392800.000100")
        (asked,) = vendor.asked
        assert (asked.method, asked.path) == ("POST", "/api/chat.postMessage")
        assert asked.headers["Authorization"] == "Bearer xoxb-secret"
        assert asked.json["channel"] == "C1"
        assert asked.json["metadata"] == {"event_type": "nightporter", "event_payload": {"post_id": "card-1"}}
        assert (asked.json["unfurl_links"], asked.json["unfurl_media"]) == (False, False)
        assert asked.json["text"].startswith(NAME)
        assert [block["type"] for block in asked.json["blocks"]] == ["header", "section", "context", "actions"]
        assert "thread_ts" not in asked.json

    async def test_in_a_thread(self, vendor: Loopback) -> None:
        vendor.will(POSTED)
        async with chat(vendor.url) as slack:
            await slack.post("C1", NOTICE, post_id="p", thread="1796392700.000001")
        assert vendor.asked[0].json["thread_ts"] == "1796392700.000001"

    async def test_to_a_person_it_names_the_conversation(self, vendor: Loopback) -> None:
        vendor.will(Answer({"ok": True, "channel": "D1", "ts": "1.2"}))
        async with chat(vendor.url) as slack:
            assert await slack.post("U_ADA", NOTICE, post_id="p") == Posted("D1", "1.2")

    async def test_nothing_is_logged_about_people(self, vendor: Loopback, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        vendor.will(POSTED)
        async with chat(vendor.url) as slack:
            await slack.post("C1", NOTICE, post_id="p")
        assert PHONE not in caplog.text
        assert BODY not in caplog.text

    async def test_the_environments_proxy_is_not_used(self, vendor: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", closed_port())
        vendor.will(POSTED)
        async with chat(vendor.url) as slack:
            await slack.post("C1", NOTICE, post_id="p")


class TestUpdate:
    async def test_blocks_are_always_sent(self, vendor: Loopback) -> None:
        vendor.will(Answer({"ok": True, "channel": "C1", "ts": "1.2"}))
        async with chat(vendor.url) as slack:
            await slack.update(Posted("C1", "1.2"), NOTICE, post_id="card-1")
        (asked,) = vendor.asked
        assert asked.path == "/api/chat.update"
        assert (asked.json["channel"], asked.json["ts"]) == ("C1", "1.2")
        assert len(asked.json["blocks"]) == 4
        assert asked.json["metadata"]["event_payload"] == {"post_id": "card-1"}

    async def test_a_post_that_is_gone(self, vendor: Loopback) -> None:
        vendor.will(refusal("message_not_found"))
        async with chat(vendor.url) as slack:
            with pytest.raises(Rejected) as error:
                await slack.update(Posted("C1", "1.2"), NOTICE, post_id="p")
        assert error.value.code == "message_not_found"


class TestCover:
    async def test_what_goes_out(self, vendor: Loopback, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        vendor.will(Answer({"ok": True, "view": {"id": "V1"}}))
        async with chat(vendor.url) as slack:
            await slack.cover("V1", NOTICE)
        (asked,) = vendor.asked
        assert (asked.path, asked.json["view_id"], asked.json["view"]["type"]) == ("/api/views.update", "V1", "modal")
        assert BODY not in caplog.text

    async def test_a_window_that_is_closed(self, vendor: Loopback) -> None:
        vendor.will(refusal("not_found"))
        async with chat(vendor.url) as slack:
            with pytest.raises(Gone):
                await slack.cover("V1", NOTICE)


FAILURES = [
    *[(refusal(code), Misconfigured, Misconfigured) for code in sorted(OPERATOR)],
    *[(refusal(code), Unavailable, Unavailable) for code in sorted(LATER)],
    *[(refusal(code), OutcomeUnknown, Unavailable) for code in sorted(HALF_DONE)],
    (refusal("invalid_blocks"), Rejected, Rejected),
    (refusal("msg_too_long"), Rejected, Rejected),
    (refusal("yet_to_be_invented"), Rejected, Rejected),
    (refusal("ratelimited", 429), Unavailable, Unavailable),
    (Answer("", 429, {"Retry-After": "0"}, content_type="text/plain"), Unavailable, Unavailable),
    (refusal("internal_error", 500), OutcomeUnknown, Unavailable),
    (refusal("invalid_blocks", 500), OutcomeUnknown, Unavailable),
    (refusal("invalid_auth", 429), Unavailable, Unavailable),
    (Answer("Oops " + BODY, 503, content_type="text/html"), OutcomeUnknown, Unavailable),
    (Answer("Oops " + BODY, 500, content_type="text/plain"), OutcomeUnknown, Unavailable),
    (Answer("{bad " + BODY, 502), OutcomeUnknown, Unavailable),
    (Answer("{bad " + BODY, 200), OutcomeUnknown, Unavailable),
    (Answer(BODY, 200, content_type="text/plain"), OutcomeUnknown, Unavailable),
    (Answer("<html>", 200, content_type="text/html"), OutcomeUnknown, Unavailable),
    (Answer([1], 200), OutcomeUnknown, Unavailable),
    (refusal(BODY), OutcomeUnknown, Unavailable),
    (Answer("<html>", 404, content_type="text/html"), Misconfigured, Misconfigured),
    (refusal("invalid_auth", 401), Misconfigured, Misconfigured),
    (Answer("", 403, content_type="text/plain"), Misconfigured, Misconfigured),
    (Answer(then="drop"), OutcomeUnknown, Unavailable),
]


class TestFailures:
    @pytest.mark.parametrize(("answer", "on_post", "on_read"), FAILURES)
    async def test_each_is_called_by_its_name(
        self, vendor: Loopback, answer: Answer, on_post: type[ProviderError], on_read: type[ProviderError]
    ) -> None:
        vendor.will(answer)
        async with chat(vendor.url) as slack:
            acts = (slack.post("C1", NOTICE, post_id="p"), slack.cover("V1", NOTICE))
            for call, kind in (*((act, on_post) for act in acts), (slack.members("S1"), on_read)):
                with pytest.raises(ProviderError) as error:
                    await call
                assert type(error.value) is kind
                assert_silent(error.value)

    async def test_a_post_is_never_repeated(self, vendor: Loopback) -> None:
        async with chat(vendor.url) as slack:
            for answer in (refusal("ratelimited", 429), refusal("fatal_error"), Answer("", 503), Answer(then="drop")):
                vendor.will(answer)
                vendor.asked.clear()
                with pytest.raises(ProviderError):
                    await slack.post("C1", NOTICE, post_id="p")
                with pytest.raises(ProviderError):
                    await slack.update(Posted("C1", "1.2"), NOTICE, post_id="p")
                assert len(vendor.asked) == 2

    async def test_no_answer_in_time(self, vendor: Loopback) -> None:
        vendor.will(Answer(then="hang"))
        async with chat(vendor.url, timeout_seconds=0.2) as slack:
            with pytest.raises(OutcomeUnknown) as error:
                await slack.post("C1", NOTICE, post_id="p")
        assert_silent(error.value)

    async def test_nobody_listens(self) -> None:
        async with chat(closed_port()) as slack:
            with pytest.raises(Unavailable) as error:
                await slack.post("C1", NOTICE, post_id="p")
        assert_silent(error.value)

    async def test_the_time_to_wait(self, vendor: Loopback) -> None:
        vendor.will(Answer({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "30"}))
        async with chat(vendor.url) as slack:
            with pytest.raises(Unavailable) as error:
                await slack.post("C1", NOTICE, post_id="p")
        assert error.value.retry_after == 30

    async def test_what_the_operator_has_to_add(self, vendor: Loopback) -> None:
        vendor.will(refusal("missing_scope", needed="channels:history", provided="chat:write"))
        async with chat(vendor.url) as slack:
            with pytest.raises(Misconfigured, match=r"add it to the app.*channels:history"):
                await slack.find("C1", post_id="p", since=SINCE)

    async def test_where_blocks_are_wrong(self, vendor: Loopback) -> None:
        said = f"[ERROR] must be less than 3001 characters, not {BODY} [json-pointer:/blocks/0/text/text]"
        vendor.will(refusal("invalid_blocks", response_metadata={"messages": [said]}))
        async with chat(vendor.url) as slack:
            with pytest.raises(Rejected, match="/blocks/0/text/text") as error:
                await slack.post("C1", NOTICE, post_id="p")
        assert_silent(error.value)


def message(ts: str, post_id: str = "p1", event_type: str = "nightporter") -> dict[str, object]:
    return {"ts": ts, "text": BODY, "metadata": {"event_type": event_type, "event_payload": {"post_id": post_id}}}


def history(*messages: object, after: str = "") -> Answer:
    return Answer({"ok": True, "messages": list(messages), "response_metadata": {"next_cursor": after}})


class TestFind:
    async def test_in_a_channel(self, vendor: Loopback) -> None:
        others = (message("3.0", "p2"), message("2.0", event_type="another_app"), {"ts": "1.0"}, "odd")
        vendor.will(history(*others, message("5.1")))
        async with chat(vendor.url) as slack:
            assert await slack.find("C1", post_id="p1", since=SINCE) == Posted("C1", "5.1")
        (asked,) = vendor.asked
        assert (asked.method, asked.path) == ("GET", "/api/conversations.history")
        assert asked.query["include_all_metadata"] == "1"
        assert float(asked.query["oldest"]) == SINCE.timestamp() - 60
        assert asked.query["channel"] == "C1"

    async def test_in_a_thread(self, vendor: Loopback) -> None:
        vendor.will(history(message("5.1")))
        async with chat(vendor.url) as slack:
            assert await slack.find("C1", post_id="p1", since=SINCE, thread="4.0") == Posted("C1", "5.1")
        assert vendor.asked[0].path == "/api/conversations.replies"
        assert vendor.asked[0].query["ts"] == "4.0"

    @pytest.mark.parametrize("member", ["U_ADA", "W0123"])
    async def test_in_direct_messages(self, vendor: Loopback, member: str) -> None:
        vendor.will(Answer({"ok": True, "channel": {"id": "D1"}}), history(message("5.1")))
        async with chat(vendor.url) as slack:
            assert await slack.find(member, post_id="p1", since=SINCE) == Posted("D1", "5.1")
        assert [asked.path for asked in vendor.asked] == ["/api/conversations.open", "/api/conversations.history"]
        assert vendor.asked[0].query["users"] == member
        assert vendor.asked[1].query["channel"] == "D1"

    async def test_on_a_later_page(self, vendor: Loopback) -> None:
        vendor.will(history(after="next="), history(message("5.1")))
        async with chat(vendor.url) as slack:
            assert await slack.find("C1", post_id="p1", since=SINCE) == Posted("C1", "5.1")
        assert vendor.asked[1].query["cursor"] == "next="

    async def test_the_oldest_of_several(self, vendor: Loopback) -> None:
        vendor.will(history(message("1796392800.000300"), message("1796392800.000200")))
        async with chat(vendor.url) as slack:
            found = await slack.find("C1", post_id="p1", since=SINCE)
        assert found == Posted("C1", "1796392800.000200")

    async def test_nothing(self, vendor: Loopback) -> None:
        vendor.will(history())
        async with chat(vendor.url) as slack:
            assert await slack.find("C1", post_id="p1", since=SINCE) is None

    async def test_a_look_up_is_repeated(self, vendor: Loopback) -> None:
        vendor.will(refusal("internal_error", 500), Answer(then="drop"), history(message("5.1")))
        async with chat(vendor.url) as slack:
            assert await slack.find("C1", post_id="p1", since=SINCE) == Posted("C1", "5.1")

    @pytest.mark.parametrize("answer", [Answer({"ok": True}), history(after="again"), Answer("", 503)])
    async def test_what_cannot_be_read_is_never_nothing(self, vendor: Loopback, answer: Answer) -> None:
        vendor.will(answer)
        async with chat(vendor.url) as slack:
            with pytest.raises(Unavailable):
                await slack.find("C1", post_id="p1", since=SINCE)

    async def test_a_conversation_without_a_name(self, vendor: Loopback) -> None:
        vendor.will(Answer({"ok": True, "channel": "odd"}))
        async with chat(vendor.url) as slack:
            with pytest.raises(Unavailable):
                await slack.find("U_ADA", post_id="p1", since=SINCE)


class TestNames:
    @pytest.mark.parametrize(
        ("user", "name"),
        [
            ({"id": "U1", "name": "ada", "real_name": "Ada B", "profile": {"display_name": "ada"}}, "Ada B"),
            ({"id": "U1", "profile": {"real_name": "Ada B", "display_name": "ada"}}, "Ada B"),
            ({"id": "U1", "profile": {"real_name": "", "display_name": "ada"}}, "ada"),
            ({"id": "U1", "name": "ada", "profile": None}, "ada"),
            ({"id": "U1"}, ""),
            (["odd"], ""),
        ],
    )
    async def test_what_slack_calls_somebody(self, vendor: Loopback, user: object, name: str) -> None:
        vendor.will(Answer({"ok": True, "user": user}))
        async with chat(vendor.url) as slack:
            assert await slack.name("U1") == name
            assert await slack.name("U1") == name
        assert [asked.query for asked in vendor.asked] == [{"user": "U1"}]


class TestMembers:
    async def test_they_are_believed_for_five_minutes(self, vendor: Loopback) -> None:
        ticks = Ticks()
        vendor.will(Answer({"ok": True, "users": ["U_BEN"]}), Answer({"ok": True, "users": ["U_BEN", "U_ADA"]}))
        async with chat(vendor.url, ticks=ticks) as slack:
            assert await slack.members("S1") == {"U_BEN"}
            ticks.now += MEMBERS_SECONDS - 1
            assert await slack.members("S1") == {"U_BEN"}
            ticks.now += 1
            assert await slack.members("S1") == {"U_BEN", "U_ADA"}
        assert [asked.query for asked in vendor.asked] == [{"usergroup": "S1"}] * 2

    async def test_they_are_asked_for_anew_once_they_have_changed(self, vendor: Loopback) -> None:
        vendor.will(Answer({"ok": True, "users": ["U_BEN"]}), Answer({"ok": True, "users": ["U_ADA"]}))
        async with chat(vendor.url) as slack:
            assert await slack.members("S1") == {"U_BEN"}
            slack.forget_members("S2")
            assert await slack.members("S1") == {"U_BEN"}
            slack.forget_members("S1")
            assert await slack.members("S1") == {"U_ADA"}

    async def test_groups_are_kept_apart(self, vendor: Loopback) -> None:
        vendor.will(Answer({"ok": True, "users": ["U_BEN"]}), Answer({"ok": True, "users": []}))
        async with chat(vendor.url) as slack:
            assert await slack.members("S1") == {"U_BEN"}
            assert await slack.members("S2") == set()

    async def test_an_unreadable_answer_is_not_an_empty_group(self, vendor: Loopback) -> None:
        vendor.will(Answer({"ok": True}))
        async with chat(vendor.url) as slack:
            with pytest.raises(Unavailable):
                await slack.members("S1")


class TestCheck:
    async def test_whom_we_reached(self, vendor: Loopback) -> None:
        vendor.will(Answer({"ok": True, "user": "night-porter", "team": "Hotel"}))
        async with chat(vendor.url) as slack:
            assert await slack.check() == "Slack: night-porter in Hotel"

    async def test_a_token_that_is_none(self, vendor: Loopback) -> None:
        vendor.will(refusal("invalid_auth"))
        async with chat(vendor.url) as slack:
            with pytest.raises(Misconfigured, match="SLACK_BOT_TOKEN"):
                await slack.check()
