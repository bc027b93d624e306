"""The record of a Slack outage: what stands in Slack in the end, what the bot still means to say, what was called when.

Read from the sandbox's own Slack, with the bot's `post_id` on each post, and from the rows as any program reads them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from storage.engine import open_database
from tests.journeys.processes import Town

API = "/sandbox/slack/api"
TOKEN = {"Authorization": "Bearer xoxb-sandbox"}


@dataclass(frozen=True)
class Post:
    """Something the bot said that stays: its own name for it, and where it stands."""

    post_id: str
    channel: str
    ts: str
    thread: str | None
    text: str


async def posts(made: Town) -> list[Post]:
    """Everything the bot has posted, oldest first, replies in threads too."""
    found = []
    for channel in (await made.get("/sandbox/slack/channels"))["channels"]:
        where = channel["channel"]
        for message in await _pages(made, "conversations.history", channel=where):
            thread = await _pages(made, "conversations.replies", channel=where, ts=message["ts"])
            found += [_post(where, one) for one in (thread or [message]) if one["user"] == "U_NIGHTPORTER"]
    return sorted(found, key=lambda post: [int(part) for part in post.ts.split(".")])


async def _pages(made: Town, method: str, **asked: str) -> list[dict[str, Any]]:
    params = {**asked, "limit": "900", "include_all_metadata": "1"}
    answer = (await made.http.get(f"{API}/{method}", params=params, headers=TOKEN)).raise_for_status().json()
    if answer.get("error") == "not_in_channel":  # nor can the bot post there
        return []
    assert answer["ok"], answer
    assert not answer["has_more"]
    return list(answer["messages"])


def _post(channel: str, message: Mapping[str, Any]) -> Post:
    name = message.get("metadata", {}).get("event_payload", {}).get("post_id", "")
    under = message.get("thread_ts")
    return Post(name, channel, message["ts"], under if under != message["ts"] else None, message["text"])


@dataclass(frozen=True)
class Meant:
    """What the rows say of chat: messages by status, and cards that do not show the newest."""

    statuses: Counter[str]
    sent: frozenset[str]
    stale_cards: int
    cards: frozenset[str]

    @property
    def open(self) -> int:
        return self.statuses["queued"] + self.statuses["sending"] + self.stale_cards


async def meant(url: str) -> Meant:
    database = open_database(url)
    try:
        async with database.engine.connect() as connection:
            # What changed another post where it stands has none of its own: its reference names that one.
            slack = "SELECT id, status, vendor_ref FROM messages WHERE medium = 'slack'"
            rows = (await connection.execute(text(slack))).all()
            cards = (await connection.execute(text("SELECT request_id, wanted, shown FROM cards"))).all()
    finally:
        await database.engine.dispose()
    return Meant(
        Counter(status for _, status, _ in rows),
        frozenset(name for name, status, ref in rows if status == "sent" and " " not in (ref or "")),
        sum(wanted > shown for _, wanted, shown in cards),
        frozenset(f"card-{request}" for request, _, _ in cards),
    )


def assert_said_once(said: list[Post], wanted: Meant) -> None:
    """Every message and every card stands there exactly once, and nothing besides."""
    doubles = {name: count for name, count in Counter(post.post_id for post in said).items() if count != 1}
    assert doubles == {}, doubles
    assert {post.post_id for post in said} == wanted.sent | wanted.cards
    assert set(wanted.statuses) <= {"sent"}, wanted.statuses


def thread_of(said: list[Post], card: Post) -> list[str]:
    """The replies under a card, in the order in which Slack has them."""
    return [post.text for post in said if (post.channel, post.thread) == (card.channel, card.ts)]


def card_of(said: list[Post], guest: str) -> Post:
    (found,) = (post for post in said if post.post_id.startswith("card-") and post.text.startswith(f"{guest} at "))
    return found
