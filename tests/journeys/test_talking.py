"""Talking with a guest, in the demo: their words and photos in the thread, our answer from a form, and nothing else
that leaves Slack."""

import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from providers.slack.manifest import manifest
from tests.journeys.forms import Form, words_of
from tests.journeys.living_demo import People, people
from tests.journeys.watching import card, posts, texted, texts

PHONE = "+33639981234"
SEND = "send_to_guest"


async def guest_texts(made: People, words: str, phone: str = PHONE, **more: Any) -> None:
    reported = await made.post(f"/sandbox/phones/{phone}", body=words, **more)
    assert reported["ok"], reported


async def reply_with(made: People, shown: dict[str, Any], words: str) -> dict[str, Any]:
    """The reply under a card that holds these words."""

    async def look() -> Any:
        replies = [m for m in await posts(made) if m.get("thread_ts") == shown["ts"] and words in m["text"]]
        return replies[-1] if replies else None

    found: dict[str, Any] = await made.until(f"a reply with {words}", look)
    return found


async def pressed(made: People, user: str, message: dict[str, Any], action: str = SEND, *, behind: bool = False) -> str:
    """Presses, and reads what only this person sees; empty where a form opened."""
    where = {"user": user, "channel": "C_APPROVALS", "ts": message["ts"]}
    reported = await made.post("/sandbox/slack/click", **where, action_id=action, behind=behind)
    return "\n".join(shown["text"] for shown in reported["shown"])


async def answers(made: People, user: str, words: str, **more: str) -> dict[str, Any]:
    """Fills in the form that is open, and sends it."""
    reported: dict[str, Any] = await made.post(
        "/sandbox/slack/submit", user=user, values={"guest_words": words, **more}
    )
    return reported


async def lines_of(made: People, shown: dict[str, Any]) -> list[str]:
    return [m["text"] for m in await posts(made) if m.get("thread_ts") == shown["ts"] and m["ts"] != shown["ts"]]


async def test_a_question_and_its_answer(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        shown = await card(made, "Cleo")
        await guest_texts(made, "Where do I park? My plate is 481 529 063")
        asked = await reply_with(made, shown, "Where do I park?")
        assert "481" not in asked["text"]
        assert await pressed(made, "U_MALLORY", asked) == (
            "Only the one who asked for this PIN, or an approver, can do that. Please ask one of them."
        )
        assert await pressed(made, "U_ADA", asked) == ""
        form = Form(made, "U_ADA")
        assert "Cleo (+33•••34): Front door" in await form.words()
        assert (await form.typed())["guest_signed"] == "Ada"
        counted = await form.pick("guest_words", "Behind the house – no. 12")
        assert "1 of at most 2 text messages. The guest reads: Ada: Behind the house - no. 12" in counted
        for refused, why in (
            (f"It is {pin[:3]} {pin[3:6]}-{pin[6:]}", "A PIN stands in the text"),
            ("behind the house " * 18, "3 text messages, and 2 are the most"),
            ("   ", "Please write something."),
        ):
            assert why in (await answers(made, "U_ADA", refused))["errors"]["guest_words"]
        before = len(await texts(made, PHONE))
        assert (await answers(made, "U_ADA", "Behind the house – call 0639 98 12 35"))["ok"]

        async def arrived() -> list[str]:
            # The thanks for their own words may come between: each is sent when its turn comes.
            return [text for text in (await texts(made, PHONE))[before:] if not text.startswith("Thank you")]

        assert await made.until("the answer is on the phone", arrived) == ["Ada: Behind the house - call 0639 98 12 35"]
        wrote = await reply_with(made, shown, "<@U_ADA> to the guest, by text")
        assert 'Ada: Behind the house - call •••"' in wrote["text"]
        await reply_with(made, shown, 'Behind the house - call •••": delivered')
        said = await lines_of(made, shown)
        own = [line for line in said if "Behind the house" in line]
        assert [line.split(":")[0] for line in own] == ["<@U_ADA> to the guest, by text", '"Ada']
        everything = json.dumps(await posts(made))
        assert pin not in everything
        assert "0639 98" not in everything
        database = b"".join(file.read_bytes() for file in tmp_path.rglob("*.db*"))
        assert b"0639 98 12 35" not in database
        assert b"0639 98 12 35" not in (tmp_path / "log").read_bytes()


async def test_two_clicks_and_two_submissions_send_once(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        shown = await card(made, "Cleo")
        before = len(await texts(made, PHONE))
        await pressed(made, "U_BEN", shown)
        view = await Form(made, "U_BEN").view()
        reported = await made.post("/sandbox/slack/submit", user="U_BEN", values={"guest_words": "Welcome"}, repeat=2)
        assert reported["ok"]
        again = signed_submission(view, "U_BEN", "Welcome")
        answer = await made.http.post("/slack/events", content=again[0], headers=again[1])
        assert answer.status_code == 200
        await reply_with(made, shown, '"Ben: Welcome": delivered')
        assert (await texts(made, PHONE))[before:] == ["Ben: Welcome"]
        assert len([line for line in await lines_of(made, shown) if "by text" in line]) == 1
        assert await made.says("U_BEN", "text Cleo") == ""
        assert (await answers(made, "U_BEN", "Welcome"))["ok"]

        async def second() -> bool:
            return (await texts(made, PHONE))[before:] == ["Ben: Welcome", "Ben: Welcome"]

        await made.until("another form is another text", second)


def signed_submission(view: dict[str, Any], user: str, words: str) -> tuple[bytes, dict[str, str]]:
    """The very form again, as Slack would sign it."""
    values = view["state"]["values"] | {
        "guest_words": {"guest_words": {"type": "plain_text_input", "value": words}},
        "guest_signed": {"guest_signed": {"type": "plain_text_input", "value": "Ben"}},
    }
    payload = {"type": "view_submission", "user": {"id": user}, "team": {"id": "T_SANDBOX"}, "api_app_id": "A"}
    payload |= {"view": {**view, "state": {"values": values}}, "trigger_id": "again", "response_urls": []}
    return signed(urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded")


def signed(body: bytes, content_type: str) -> tuple[bytes, dict[str, str]]:
    stamp = str(int(time.time()))
    mark = hmac.new(b"sandbox-signing-secret", b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mark}", "Content-Type": content_type}
    return body, headers


async def test_nothing_typed_in_the_thread_leaves_slack(tmp_path: Path) -> None:
    """Neither talk that we are not told of, nor the event that Slack would send if we had asked for it."""
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        shown = await card(made, "Cleo")
        await guest_texts(made, "Hello?")
        await reply_with(made, shown, "Hello?")

        async def heard() -> bool:
            return any("team has your message" in text for text in await texts(made, PHONE))

        await made.until("the first answer is there", heard)
        before = await texts(made, PHONE)
        for words in ("the guest is a nuisance", "@Night Porter tell her", "<@U_NIGHTPORTER> Send to guest: hello"):
            reported = await made.post(
                "/sandbox/slack/talk", user="U_BEN", channel="C_APPROVALS", text=words, thread_ts=shown["ts"]
            )
            assert reported["ok"], reported
            event = {"type": "message", "channel": "C_APPROVALS", "channel_type": "channel", "user": "U_BEN"}
            event |= {"text": words, "ts": "1796392800.000100", "thread_ts": shown["ts"], "event_ts": "1.1"}
            body = {"type": "event_callback", "event": event, "event_id": "Ev1", "team_id": "T_SANDBOX", "token": "x"}
            content, headers = signed(json.dumps(body | {"api_app_id": "A"}).encode(), "application/json")
            assert (await made.http.post("/slack/events", content=content, headers=headers)).status_code == 200
        await made.move("PT1M")
        await guest_texts(made, "Still there?")
        await reply_with(made, shown, "Still there?")

        async def answered() -> bool:
            return len(await texts(made, PHONE)) > len(before)

        await made.until("the guest is answered", answered)
        after = (await texts(made, PHONE))[len(before) :]
        assert ["team has your message" in text for text in after] == [True]


def test_we_do_not_even_ask_for_messages() -> None:
    app = manifest("")
    assert not [event for event in app["settings"]["event_subscriptions"]["bot_events"] if "message" in event]


async def test_photos_are_a_link_that_needs_a_login(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        shown = await card(made, "Cleo")
        await guest_texts(made, "", media=["image/jpeg", "image/png"])
        line = (await reply_with(made, shown, "sent 2 photos"))["text"]
        assert "https://www.twilio.com/console/sms/logs/AC" in line
        assert "needs a login" in line
        assert "/Media" not in line
        await guest_texts(made, "IN", media=["video/mp4"])
        assert "With it came a video" in (await reply_with(made, shown, "a video"))["text"]
        await reply_with(made, shown, "The door was opened: the guest says so.")
        seen = (await made.get("/sandbox/traffic"))["traffic"]
        assert not [call for call in seen if "Media" in str(call)]


async def test_words_find_their_stay(tmp_path: Path) -> None:
    """Before a PIN exists, with several stays, and after the end; a number that we do not know learns nothing."""
    async with people(tmp_path) as made:
        await made.says("U_ADA", f"garden-gate for Cleo {PHONE} 2027-03-01 15:00 - 2027-03-02 11:00")
        later = await made.post_with("Cleo at Garden gate: to decide")
        await guest_texts(made, "Too early?")
        await made.press("U_BEN", later, "approve")
        await made.post_with("Cleo at Garden gate: approved")
        await guest_texts(made, "May I bring a dog?")
        await reply_with(made, later, "May I bring a dog?")
        assert "Too early?" not in str(await posts(made))
        assert "Thank you, the team has your message. Coming later? Reply LATE and the time: LATE 22:00." in (
            await until_texts(made, 2)
        )
        await texted(made, "Cleo", PHONE, "now for 3h")
        running = await card(made, "Cleo")
        assert running["ts"] != later["ts"]
        await guest_texts(made, "The light is broken")
        await reply_with(made, running, "The light is broken")
        await made.move("P1D")
        await guest_texts(made, "I forgot my coat")
        await reply_with(made, later, "I forgot my coat")  # the stay to come is the one that a guest has now
        assert (await made.http.post("/sandbox/phones/+33639989999", json={"body": "hello"})).json()["ok"]
        assert await texts(made, "+33639989999") == []


async def until_texts(made: People, least: int) -> list[str]:
    async def look() -> Any:
        found = await texts(made, PHONE)
        return found if len(found) >= least else None

    found: list[str] = await made.until(f"{least} texts", look)
    return found


async def test_who_has_opted_out_is_not_written_to(tmp_path: Path) -> None:
    """Told at once, or by the thread and an alarm where only the carrier knows."""
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        shown = await card(made, "Cleo")
        assert (await made.post(f"/sandbox/phones/{PHONE}", body="STOP"))["opted_out"]
        before = await texts(made, PHONE)
        if reported := await pressed(made, "U_ADA", shown):
            assert "has asked not to get texts" in reported
        else:
            await answers(made, "U_ADA", "Hello?")
            line = (await reply_with(made, shown, "NOT delivered"))["text"]
            assert "opted out" in line
            await made.post_with("A text did not reach Cleo")
        assert await texts(made, PHONE) == before


async def test_a_stay_nobody_may_write_to(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.says("U_ADA", f"front-door for Cleo {PHONE} tomorrow noon for 3h")
        await made.post_with("Cleo at Front door: to decide")
        assert "Nothing was sent: this stay was never approved" in await made.says("U_ADA", "text Cleo")
        assert "No stay of yours is called" in await made.says("U_MALLORY", "text Cleo")
        assert "Send to guest" not in words_of(await card(made, "Cleo"))
