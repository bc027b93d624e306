"""What every Chat must do. A vendor's class names itself, its fixtures and its paths; the promises are shared.

The judge is the sandbox: what people see in its channels.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.messages.notice import Button, Notice, Posted
from bot.ports import Chat, Gone, Misconfigured, OutcomeUnknown, Rejected, Unavailable
from providers.slack.blocks import mention, window
from providers.slack.client import SlackChat
from tests.contracts.outside import Outside

CARD = Notice(
    "Cleo at Front door: to decide",
    (("Guest", "Cleo <& Co>"), ("Asked by", mention("U_ADA")), ("Why", "<!channel> & <https://x.example|y>")),
    ("Once the PIN is made it cannot be taken back.",),
    (Button("approve", "Approve", "r1", "primary", "Sure?"), Button("deny", "Deny", "r1", "danger")),
)
DECIDED = Notice("Cleo at Front door: approved", (("Guest", "Cleo"),))
CHANNEL = "C_APPROVALS"


async def seen(outside: Outside, channel: str = CHANNEL) -> list[dict[str, Any]]:
    return list((await outside.get(f"slack/channels/{channel}"))["messages"])


def heading(message: dict[str, Any]) -> str:
    return str(message["blocks"][0]["text"]["text"])


class ChatContract:
    """Subclasses give the fixtures `chat` (usual deadline) and `hasty` (half a second), and these two."""

    vendor = ""
    posting = ""

    async def test_whom_we_reached(self, chat: Chat) -> None:
        assert await chat.check()

    async def test_a_post_is_seen(self, outside: Outside, chat: Chat) -> None:
        posted = await chat.post(CHANNEL, CARD, post_id="card-1")
        (message,) = await seen(outside)
        assert (message["ts"], heading(message)) == (posted.ts, CARD.heading)
        assert {block["type"] for block in message["blocks"]} == {"header", "section", "context", "actions"}

    async def test_an_update_takes_its_place(self, outside: Outside, chat: Chat) -> None:
        posted = await chat.post(CHANNEL, CARD, post_id="card-1")
        await chat.update(posted, DECIDED, post_id="card-1")
        (message,) = await seen(outside)
        assert (message["ts"], heading(message)) == (posted.ts, DECIDED.heading)
        assert "actions" not in {block["type"] for block in message["blocks"]}
        assert await chat.find(CHANNEL, post_id="card-1", since=outside.now()) == posted

    async def test_an_update_of_what_is_gone(self, chat: Chat) -> None:
        with pytest.raises(Rejected):
            await chat.update(Posted(CHANNEL, "1796392800.000100"), DECIDED, post_id="card-1")

    @pytest.mark.parametrize("channel", [CHANNEL, "U_ADA"])
    @pytest.mark.parametrize("fault", ["timeout_after_commit", "http_500_after_commit"])
    async def test_a_lost_answer_is_found_again(
        self, outside: Outside, chat: Chat, hasty: Chat, fault: str, channel: str
    ) -> None:
        since = outside.now()
        await chat.post(channel, CARD, post_id="card-0")
        outside.fault(self.vendor, fault, self.posting)
        with pytest.raises(OutcomeUnknown):
            await hasty.post(channel, CARD, post_id="card-1")
        found = await chat.find(channel, post_id="card-1", since=since)
        assert found is not None
        assert found.ts == (await seen(outside, found.channel))[-1]["ts"]
        await chat.update(found, DECIDED, post_id="card-1")

    @pytest.mark.parametrize("fault", ["timeout_before", "http_500", "reset"])
    async def test_a_post_that_never_arrived_is_not_found(
        self, outside: Outside, chat: Chat, hasty: Chat, fault: str
    ) -> None:
        since = outside.now()
        outside.fault(self.vendor, fault, self.posting)
        with pytest.raises(OutcomeUnknown):
            await hasty.post(CHANNEL, CARD, post_id="card-1")
        assert await chat.find(CHANNEL, post_id="card-1", since=since) is None
        assert await seen(outside) == []

    async def test_too_many_requests_posted_nothing(self, outside: Outside, chat: Chat) -> None:
        outside.fault(self.vendor, "http_429", self.posting)
        with pytest.raises(Unavailable) as error:
            await chat.post(CHANNEL, CARD, post_id="card-1")
        assert error.value.retry_after == 1
        assert await seen(outside) == []

    async def test_a_reply_is_found_in_its_thread(self, outside: Outside, chat: Chat) -> None:
        since = outside.now()
        card = await chat.post(CHANNEL, CARD, post_id="card-1")
        reply = await chat.post(CHANNEL, DECIDED, post_id="reply-1", thread=card.ts)
        assert await chat.find(CHANNEL, post_id="reply-1", since=since, thread=card.ts) == reply
        assert await chat.find(CHANNEL, post_id="reply-2", since=since, thread=card.ts) is None

    async def test_what_is_older_is_not_found(self, outside: Outside, chat: Chat) -> None:
        await chat.post(CHANNEL, CARD, post_id="card-1")
        later = outside.now() + timedelta(hours=1)
        assert await chat.find(CHANNEL, post_id="card-1", since=later) is None

    async def test_a_direct_message_can_be_updated(self, outside: Outside, chat: Chat) -> None:
        posted = await chat.post("U_ADA", CARD, post_id="card-1")
        await chat.update(posted, DECIDED, post_id="card-1")
        (message,) = await seen(outside, posted.channel)
        assert heading(message) == DECIDED.heading

    async def test_a_channel_that_does_not_exist(self, outside: Outside, chat: Chat) -> None:
        with pytest.raises(Misconfigured):
            await chat.post("C_NOWHERE", CARD, post_id="card-1")
        with pytest.raises(Misconfigured):
            await chat.find("C_NOWHERE", post_id="card-1", since=outside.now())

    async def test_looking_survives_a_short_outage(self, outside: Outside, chat: Chat) -> None:
        since = outside.now()
        posted = await chat.post(CHANNEL, CARD, post_id="card-1")
        outside.fault(self.vendor, "reset", "/", 2)
        assert await chat.find(CHANNEL, post_id="card-1", since=since) == posted

    async def test_who_belongs_to_a_group(self, chat: Chat) -> None:
        assert await chat.members("S_APPROVERS") == {"U_BEN"}

    async def test_how_people_call_somebody(self, chat: Chat) -> None:
        assert await chat.name("U_ADA") == "Ada Requester"
        with pytest.raises(Rejected):
            await chat.name("U_NOBODY")


class TestSlack(ChatContract):
    vendor, posting = "slack", "/chat.postMessage"

    @pytest.fixture
    async def chat(self, outside: Outside) -> AsyncIterator[SlackChat]:
        made = slack(outside)
        yield made
        await made.close()

    @pytest.fixture
    async def hasty(self, outside: Outside) -> AsyncIterator[SlackChat]:
        made = slack(outside, timeout_seconds=0.5)
        yield made
        await made.close()

    async def test_a_window_is_covered_until_it_is_closed(self, outside: Outside, chat: SlackChat) -> None:
        await outside.post("slack/command", user="U_ADA", text="")
        said = dict(outside.said[-1].form)
        opened = await chat.web.views_open(trigger_id=said["trigger_id"], view=window(CARD))
        place = str(opened["view"]["id"])
        for _ in range(2):
            await chat.cover(place, DECIDED)
        (modal,) = (await outside.get("slack/views/U_ADA"))["modals"]
        assert (modal["id"], modal["title"]["text"]) == (place, "Cleo at Front door: app…")
        assert "Why" not in str(modal["blocks"])
        await outside.post("slack/close", user="U_ADA")
        with pytest.raises(Gone):
            await chat.cover(place, DECIDED)

    async def test_what_people_type_is_only_words(self, outside: Outside, chat: SlackChat) -> None:
        await chat.post(CHANNEL, CARD, post_id="card-1")
        fields = [field["text"] for field in (await seen(outside))[0]["blocks"][1]["fields"]]
        assert fields == [
            "*Guest*\nCleo &lt;&amp; Co&gt;",
            "*Asked by*\n<@U_ADA>",
            "*Why*\n&lt;!channel&gt; &amp; &lt;https://x.example|y&gt;",
        ]

    async def test_one_post_a_second_and_channel(self, outside: Outside, chat: SlackChat) -> None:
        await outside.post("slack-settings", burst=2, per_second=0.1)
        for n in range(2):
            await chat.post(CHANNEL, CARD, post_id=f"card-{n}")
        with pytest.raises(Unavailable) as error:
            await chat.post(CHANNEL, CARD, post_id="card-2")
        assert (error.value.retry_after or 0) > 0
        await chat.post("C_FRONTDESK", CARD, post_id="card-2")

    async def test_among_many_others(self, outside: Outside, chat: SlackChat) -> None:
        await outside.post("slack-settings", burst=1000, per_second=1000)
        since = outside.now()
        posted = await chat.post(CHANNEL, CARD, post_id="card-1")
        for n in range(210):
            await chat.post(CHANNEL, DECIDED, post_id=f"other-{n}")
        assert await chat.find(CHANNEL, post_id="card-1", since=since) == posted

    async def test_a_token_that_is_none(self, outside: Outside) -> None:
        stranger = slack(outside, token="xoxb-nobody")
        for call in (stranger.check(), stranger.post(CHANNEL, CARD, post_id="p"), stranger.members("S_APPROVERS")):
            with pytest.raises(Misconfigured, match="SLACK_BOT_TOKEN"):
                await call
        await stranger.close()

    async def test_a_group_that_does_not_exist(self, chat: SlackChat) -> None:
        with pytest.raises(Misconfigured, match="SLACK_APPROVERS"):
            await chat.members("S_NOBODY")


def slack(outside: Outside, *, token: str | None = None, timeout_seconds: float = 5.0) -> SlackChat:
    return SlackChat(
        token or outside.settings.slack_bot_token,
        api_url=f"{outside.url}/sandbox/slack/api/",
        timeout_seconds=timeout_seconds,
    )
