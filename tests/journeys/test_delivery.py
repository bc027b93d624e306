"""Delivery is part of the promise, lived through in the demo. The judge is the sandbox's own list: what the carrier
took, and what lies on the guest's phone."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.living_demo import People, people
from tests.journeys.watching import asked, posts, says_card, texted, texts, thread

PARIS = ZoneInfo("Europe/Paris")
PHONE = "+33639981234"
SECOND = "+15005550099"


async def taken(made: People, phone: str = PHONE) -> list[dict[str, Any]]:
    """Every text that the carrier ever took for this phone, oldest first."""
    messages = (await made.get("/sandbox/twilio-messages"))["messages"]
    return [m for m in messages if m["to"] == phone and m["direction"] != "inbound"]


async def carrier(made: People, **controls: Any) -> None:
    await made.post("/sandbox/twilio-settings", **controls)


async def outcomes(made: People, *codes: int, phone: str = PHONE) -> None:
    await made.post("/sandbox/twilio-outcomes", phone=phone, outcomes=list(codes))


async def approved(made: People, words: str = "now for 40h", guest: str = "Cleo", phone: str = PHONE) -> None:
    await asked(made, f"front-door for {guest} {phone} {words}")
    await made.press("U_BEN", await made.post_with(f"{guest} at Front door: to decide"), "approve")


async def card_with(made: People, words: str, guest: str = "Cleo", seconds: float = 30) -> str:
    """The card's whole text once it holds these words."""

    async def look() -> str | None:
        said = [m["text"] for m in await posts(made) if m["text"].startswith(f"{guest} at ")]
        cards = [re.sub(r" <!date\^[^>]+>", "", text) for text in said]
        return cards[-1] if cards and words in cards[-1] else None

    return str(await made.until(f"the card of {guest} holds {words}", look, seconds))


async def many_taken(made: People, many: int, phone: str = PHONE) -> list[dict[str, Any]]:
    async def look() -> Any:
        found = await taken(made, phone)
        return found if len(found) >= many else None

    found: list[dict[str, Any]] = await made.until(f"the carrier has taken {many} texts", look, 30)
    return found


async def tried(made: People) -> int:
    """How often the carrier was asked to send anything, whatever it said."""
    seen = (await made.get("/sandbox/traffic"))["traffic"]
    sends = [t for t in seen if t["direction"] == "in" and t["method"] == "POST"]
    return sum(1 for t in sends if t["path"].endswith("/Messages.json"))


async def at_the_carrier(made: People, *statuses: str) -> None:
    """Waits until the carrier's own list says so."""

    async def look() -> bool:
        return [m["status"] for m in await taken(made)] == list(statuses)

    await made.until(f"the carrier says {statuses}", look, 20)


async def reports_heard(made: People, many: int, *, doubled: bool) -> None:
    """Waits until every report about so many texts was answered: queued, sent and the last word."""

    async def look() -> bool:
        seen = (await made.get("/sandbox/traffic"))["traffic"]
        heard = [t for t in seen if t["direction"] == "out" and t["path"] == "/twilio/status" and t["status"] == 204]
        return len(heard) == many * (6 if doubled else 3)

    await made.until("all reports are in", look, 20)


async def alarms(made: People, words: str) -> list[str]:
    return [m["text"] for m in await posts(made) if words in m["text"] and not m["text"].startswith("Cleo at ")]


@pytest.mark.parametrize("controls", [{"shuffle_callbacks": True}, {"double_callbacks": True}])
@pytest.mark.parametrize("lost", [(), (30003,)])
async def test_reports_in_any_order_and_number_tell_the_same_story(
    tmp_path: Path, controls: dict[str, bool], lost: tuple[int, ...]
) -> None:
    """Shuffled, the last word comes first, and the states before it come late; so they do of a text that failed."""
    async with people(tmp_path) as made:
        await carrier(made, **controls)
        await outcomes(made, *lost)
        await approved(made)
        if lost:
            await card_with(made, "attempt 2 comes")
            await made.move("PT16M")
        await card_with(made, "PIN text: delivered")
        await reports_heard(made, len(lost) + 1, doubled="double_callbacks" in controls)
        # One line, changed where it stands; only what was lost first has lines of its own below it.
        expected = ["PIN text: sent", *["PIN text: NOT delivered"] * len(lost)] if lost else []

        async def said() -> bool:
            lines = await thread(made, await says_card(made, "Cleo", "texted"), 3 + len(lost))
            about_texts = [line.split(" <")[0] for line in lines if line.startswith("PIN text")]
            return about_texts == [*expected, "PIN text: delivered"]

        await made.until("each once", said)
        assert "delivered" in await card_with(made, "PIN text: delivered")
        assert [m["status"] for m in await taken(made)] == [*["undelivered"] * len(lost), "delivered"]


async def test_where_no_report_comes_the_carrier_is_asked(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await carrier(made, drop_callbacks=True)
        await texted(made, "Cleo", PHONE, "now for 40h")
        await card_with(made, "PIN text: sent")
        await made.move("PT9M")
        await made.quiet()
        assert "delivered" not in await card_with(made, "PIN text: sent")
        await made.move("PT2M")
        await card_with(made, "PIN text: delivered")
        assert len(await taken(made)) == 1


async def test_a_line_that_somebody_deleted_is_said_anew(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await carrier(made, drop_callbacks=True)
        await texted(made, "Cleo", PHONE, "now for 40h")
        await card_with(made, "PIN text: sent")
        sent = await made.post_with("PIN text: sent <")
        body = {"channel": "C_APPROVALS", "ts": sent["ts"]}
        token = {"Authorization": "Bearer xoxb-sandbox"}
        assert (await made.http.post("/sandbox/slack/api/chat.delete", json=body, headers=token)).json()["ok"]
        await made.move("PT11M")

        async def anew() -> list[dict[str, Any]]:
            return [post for post in await posts(made) if post["text"].startswith("PIN text: ")]

        (line,) = await made.until("the line stands there again", anew)
        assert line["text"].startswith("PIN text: delivered")
        assert line["ts"] != sent["ts"]
        assert line["thread_ts"] == sent["thread_ts"]


async def test_a_lost_text_is_seen_without_any_report_and_tried_again(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await carrier(made, drop_callbacks=True)
        await outcomes(made, 30003)
        await approved(made)
        await card_with(made, "PIN text: sent")
        await at_the_carrier(made, "undelivered")
        await made.move("PT11M")
        await card_with(made, "NOT delivered (The phone could not be reached")
        await made.move("PT16M")
        await at_the_carrier(made, "undelivered", "delivered")
        await card_with(made, "PIN text: sent, attempt 2")
        await made.move("PT11M")
        await card_with(made, "PIN text: delivered, attempt 2")
        assert len(await taken(made)) == 2


async def test_a_phone_that_is_off_is_tried_again_until_it_is_on(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await outcomes(made, 30003, 30003)
        await approved(made, "tomorrow 20:00 for 40h")
        await made.move("PT36H")
        first = await card_with(made, "attempt 2 comes")
        assert "NOT delivered (The phone could not be reached" in first
        await made.move("PT16M")
        await card_with(made, "attempt 3 comes")
        await made.move("PT1H1M")
        await card_with(made, "PIN text: delivered, attempt 3")
        bodies = [m["body"] for m in await taken(made)]
        assert len(bodies) == 3
        assert len(set(bodies)) == 1, "the same PIN, the same words"
        assert [m["status"] for m in await taken(made)] == ["undelivered", "undelivered", "delivered"]
        assert len(await texts(made, PHONE)) == 1


async def test_after_the_last_try_people_are_asked(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await outcomes(made, 30003, 30003, 30003, 30003, 30003)
        await approved(made)
        alarm = (await made.post_with("A text did not reach Cleo"))["text"]
        assert "Call Cleo (+33•••34)" in alarm
        assert PHONE not in alarm
        for attempt, wait in enumerate(("PT16M", "PT1H1M", "PT3H1M"), 2):
            await card_with(made, f"attempt {attempt} comes")
            await made.move(wait)
            await many_taken(made, attempt)
        await card_with(made, "PIN text: NOT delivered")
        await made.move("PT5H")
        pins = [m for m in await taken(made) if "Already in?" not in m["body"]]
        assert len(pins) == 4, "one, and three more"
        assert len(await alarms(made, "A text did not reach Cleo")) == 1


async def test_a_filtered_text_goes_by_the_second_sender_and_never_twice_by_the_first(tmp_path: Path) -> None:
    async with people(tmp_path, TWILIO_FALLBACK_FROM=SECOND) as made:
        await outcomes(made, 30007)
        await approved(made)
        await card_with(made, "PIN text: delivered, attempt 2")
        assert [(m["from"], m["status"]) for m in await taken(made)] == [
            ("+15005550006", "undelivered"),
            (SECOND, "delivered"),
        ]


async def test_a_filtered_text_without_a_second_sender_is_for_people(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await outcomes(made, 30007)
        await approved(made)
        await made.post_with("took the text for spam")
        await made.move("PT2H")
        assert len(await taken(made)) == 1


async def test_a_sender_that_is_refused_at_once_is_changed_at_once(tmp_path: Path) -> None:
    async with people(tmp_path, TWILIO_FALLBACK_FROM=SECOND) as made:
        await outcomes(made, 21612)
        await approved(made)
        await card_with(made, "PIN text: delivered, attempt 2")
        assert [m["from"] for m in await taken(made)] == [SECOND]


async def test_a_guest_who_opts_out_between_two_texts_is_texted_no_more(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        await card_with(made, "PIN text: delivered")
        await made.post(f"/sandbox/phones/{PHONE}", body="STOP")
        alarm = (await made.post_with("Cleo has opted out of our texts"))["text"]
        assert "Call them" in alarm
        assert PHONE not in alarm
        await card_with(made, "has opted out of our texts")
        await made.move("PT13H")
        await card_with(made, "Reminder: could not be sent (This number has opted out")
        assert await tried(made) == 1, "no text was even tried"
        await made.post(f"/sandbox/phones/{PHONE}", body="START")
        await made.move("PT5H30M")
        await card_with(made, "Reminder: delivered")
        assert len([m for m in await taken(made) if "Already in?" in m["body"]]) == 1
        assert len(await alarms(made, "Cleo has opted out of our texts")) == 1


async def test_an_opt_out_before_the_pin_text_is_known_from_the_carrier_and_undone_by_the_guest(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await outcomes(made, 21610)
        await approved(made)
        await made.post_with("Cleo has opted out of our texts")
        card = await card_with(made, "could not be sent (This number has opted out")
        assert "Cleo at Front door: PIN made, its text did not arrive" in card
        assert "PIN made, its text did not arrive" in await made.says("U_ADA", "list")
        assert "has asked not to get texts, so nothing was sent" in await made.says("U_BEN", "resend Cleo")
        assert await taken(made) == []
        await made.post(f"/sandbox/phones/{PHONE}", body="START")
        await card_with(made, "PIN text: delivered")
        assert len(await taken(made)) == 1


@pytest.mark.parametrize("fault", ["http_500_after_commit", "timeout_after_commit"])
async def test_an_answer_lost_after_sending_is_looked_up_and_not_sent_again(tmp_path: Path, fault: str) -> None:
    async with people(tmp_path, VENDOR_TIMEOUT_SECONDS="0.7") as made:
        path = "/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json"
        await carrier(made, drop_callbacks=True)
        await made.post("/sandbox/faults", provider="twilio", fault=fault, path=path, count=1)
        await approved(made)
        await at_the_carrier(made, "delivered")
        await card_with(made, "PIN text: sent")
        await made.move("PT11M")
        await card_with(made, "PIN text: delivered")
        assert len(await taken(made)) == 1
        assert len(await texts(made, PHONE)) == 1


async def test_a_text_carries_the_time_it_is_good_for(tmp_path: Path) -> None:
    """A PIN text as long as the carrier allows; a reminder until the next one."""
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        await made.move("PT12H")
        await many_taken(made, 2)
        await made.move("PT6H")
        pin, twelve, six = await many_taken(made, 3)
        assert pin["validity_period"] == 36_000
        assert 4.9 * 3600 < twelve["validity_period"] <= 6 * 3600
        assert 2.9 * 3600 < six["validity_period"] <= 4 * 3600


async def test_a_pin_that_was_given_up_is_not_texted_again(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await outcomes(made, 30003)
        await approved(made)
        await card_with(made, "attempt 2 comes")
        await made.press("U_BEN", await made.post_with("Cleo at Front door"), "withdraw")
        await says_card(made, "Cleo", "withdrawn, still opens until its end")
        first, said = await many_taken(made, 2)
        await made.move("PT16M")
        await card_with(made, "PIN text: not sent, it was too late")
        assert (first["status"], "is cancelled" in said["body"]) == ("undelivered", True)
        assert len(await taken(made)) == 2


async def test_a_pin_that_is_made_at_night_is_texted_in_the_morning(tmp_path: Path) -> None:
    """The stay begins at three, so the PIN is made at three the night before: nobody is woken for it."""
    async with people(tmp_path, QUIET_HOURS="21:00-08:00") as made:
        starts = (await made.now() + timedelta(days=3)).replace(hour=3, minute=0, tzinfo=PARIS)
        stay = f"{starts:%Y-%m-%d %H:%M} - {starts + timedelta(hours=30):%Y-%m-%d %H:%M}"
        await approved(made, stay)
        await says_card(made, "Cleo", "approved, PIN not made yet")
        await made.post("/sandbox/clock", to=(starts - timedelta(hours=24)).isoformat())
        await card_with(made, "PIN text: waiting to be sent, planned for")
        await made.post("/sandbox/clock", to=(starts - timedelta(hours=19, minutes=1)).isoformat())
        await made.quiet()
        assert await taken(made) == []
        await made.post("/sandbox/clock", to=(starts - timedelta(hours=19)).isoformat())
        await card_with(made, "PIN text: delivered")
        await made.post(f"/sandbox/phones/{PHONE}", body="PIN")
        assert len(await many_taken(made, 2)) == 2


async def test_who_asks_for_the_pin_at_night_has_it_at_once(tmp_path: Path) -> None:
    async with people(tmp_path, QUIET_HOURS="00:00-23:59") as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        await made.post(f"/sandbox/phones/{PHONE}", body="PIN")
        assert len(await many_taken(made, 2)) == 2


async def test_the_rules_replace_a_pin_that_does_not_open_and_its_digits_are_never_texted_again(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('replace_missed = "automatic"\n')
    async with people(tmp_path, POLICY_FILE=str(policy)) as made:
        old = await texted(made, "Cleo", PHONE, "now for 60h")
        await card_with(made, "PIN text: delivered")
        await made.move("PT24H")
        await made.post_with("Not heard of: Cleo")
        assert len((await made.get("/sandbox/seam-codes"))["codes"]) == 1, "nobody is given another PIN unasked"
        await made.post(f"/sandbox/phones/{PHONE}", body="STUCK")
        notice = (await made.post_with("PIN replaced: Cleo"))["text"]
        assert "under the same approval" in notice

        async def renewed() -> list[str]:
            return (await made.pins(PHONE))[1:]

        (new,) = await made.until("the new PIN is texted", renewed)
        card = await card_with(made, "PIN number 2 for this stay; only the newest counts.")
        assert "Approved by <@U_BEN>" in card
        shown = await says_card(made, "Cleo", "PIN texted")

        async def replaced() -> bool:
            by = "Replaced by the rules: a new PIN is being made, and only the newest counts."
            return by in await thread(made, shown, 6)

        await made.until("the thread says by whom it was replaced", replaced)
        known = len(await taken(made))
        await made.post(f"/sandbox/phones/{PHONE}", body="PIN")
        await many_taken(made, known + 1)
        await made.move("PT13H")
        late = [m["body"].replace(" ", "") for m in (await many_taken(made, known + 2))[1:]]
        assert not [body for body in late if old in body]
        assert len([body for body in late if new in body]) >= 3
        assert len((await made.get("/sandbox/seam-codes"))["codes"]) == 2
