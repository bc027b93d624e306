"""Thirty asks in one moment, more than one process answers while Slack waits for all of them: each is acknowledged
before it is done, asked for once, answered truly, and everybody's in their order; what waited stands nowhere in the
clear."""

import re
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection
from sqlite3 import connect
from urllib.parse import urlencode

from tests.journeys.outside import signatures
from tests.journeys.outside.slack_payloads import buttons_in, slash_command
from tests.journeys.outside.town import APPROVER, FORM, PASSER_BY, REQUESTER, Stay, Town

ENVIRONMENT = {"QUIET_HOURS": "none", "STAFF_ALERT_HOURS": "5"}
"""A town of its own: thirty stays would leave no door for others."""

PEOPLE = (REQUESTER, APPROVER, PASSER_BY)
LATER = "Many at once just now: your answer follows in a moment."


@dataclass(frozen=True)
class Typed:
    """What somebody has typed, what they read at once, and where the rest is said."""

    user: str
    at_once: str
    response_url: str


def typed_at_once(town: Town, asks: Sequence[tuple[str, str]]) -> list[Typed]:
    """Words, and whose. All lines are open before the first of them is written to: the bot answers one ask sooner than
    the next caller has called."""
    urls = [town.slack.response_url() for _ in asks]
    lines = [HTTPConnection("127.0.0.1", town.port, timeout=60) for _ in asks]
    with ExitStack() as stack:
        for line in lines:
            stack.callback(line.close)
            line.connect()
        bodies = [
            urlencode(slash_command(words, user, town.slack.trigger(), url)).encode()
            for (words, user), url in zip(asks, urls, strict=True)
        ]
        signed = [{"content-type": FORM, **signatures.slack(town.signing_secret, body)} for body in bodies]
        for line, body, headers in zip(lines, bodies, signed, strict=True):
            line.request("POST", "/slack/events", body, headers)
        answers = [line.getresponse() for line in lines]
        assert [answer.status for answer in answers] == [200] * len(asks), town.bot.tail()
        read_at_once = [answer.read().decode() for answer in answers]
    return [Typed(user, said, url) for (_, user), said, url in zip(asks, read_at_once, urls, strict=True)]


def read(town: Town, one: Typed) -> str:
    if one.at_once != LATER:
        return one.at_once
    return str(town.until("the answer that follows", lambda: town.slack.said_to(one.response_url))[0]["text"])


def test_many_at_once(town: Town) -> None:
    asks = [(town.stay(), PEOPLE[number % 3]) for number in range(30)]
    sent = typed_at_once(town, [(stay.words, who) for stay, who in asks])
    (listed,) = typed_at_once(town, [("list", REQUESTER)])
    assert sum(one.at_once == LATER for one in sent) >= len(asks) / 2
    for (stay, _), one in zip(asks, sent, strict=True):
        assert read(town, one).startswith(f"Asked for a PIN for *{stay.guest}*")
        assert len(town.slack.said_to(one.response_url)) == (one.at_once == LATER)
    mine = {stay.guest for stay, who in asks if who == REQUESTER}
    assert mine <= set(re.findall(r"\*(\w+)\*", read(town, listed))), "nobody overtakes themselves"
    town.until("nothing waits", lambda: town.dump()["inbox"] == [])
    each_asked_once(town, [stay for stay, _ in asks])
    questions = typed_at_once(town, [(f"withdraw {stay.guest}", who) for stay, who in asks])
    waited = [(stay, one) for (stay, _), one in zip(asks, questions, strict=True) if one.at_once == LATER]
    assert waited
    for stay, one in waited:
        assert read(town, one).startswith(f"Withdraw the stay of {stay.guest} at "), "a question that comes later"
        (said,) = town.slack.said_to(one.response_url)
        assert [button["action_id"] for button in buttons_in(said)] == ["withdraw_yes"]
    town.assert_sound()


def each_asked_once(town: Town, stays: list[Stay]) -> None:
    with closing(connect(f"file:{town.database}?mode=ro", uri=True)) as file:
        asked = [name for (name,) in file.execute("SELECT guest_name FROM access_requests")]
    assert [asked.count(stay.guest) for stay in stays] == [1] * len(stays)
    for each in town.database.parent.glob("nightporter.db*"):
        written = each.read_bytes()
        assert not any(stay.phone.removeprefix("+33").encode() in written for stay in stays), "what waited was sealed"
