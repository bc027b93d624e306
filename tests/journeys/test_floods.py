"""Floods through the real door: signed requests, many at once. What is refused is refused in words that help, others
are served meanwhile, and the team hears once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

from tests.journeys.outside.slack_payloads import slash_command
from tests.journeys.outside.town import APPROVALS, OTHER_APPROVER, PASSER_BY, REQUESTER, Stay, Town

ENVIRONMENT = {"QUIET_HOURS": "none", "POLICY_FILE": str(Path(__file__).with_name("few_asks.toml"))}

EVA = "+447700900123"


def notices(town: Town, words: str) -> int:
    return sum(words in post.words for post in town.slack.posts_in(APPROVALS))


def reads(town: Town, stay: Stay, user: str) -> str:
    """What somebody reads who types an ask: at once, or over the response_url where others are served before them."""
    url = town.slack.response_url()
    form = slash_command(stay.words, user, town.slack.trigger(), url)
    at_once = town.from_slack(urlencode(form).encode()).text
    return (
        at_once
        if at_once and "Many at once" not in at_once
        else str(town.until("an answer", lambda: town.slack.said_to(url))[0]["text"])
    )


def test_of_many_asks_at_once_four_go_through_and_an_honest_one_beside_them(town: Town) -> None:
    stays = [town.stay() for _ in range(12)]
    honest = town.stay()
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(reads, town, stay, PASSER_BY) for stay in stays]
        asked = threads.submit(reads, town, honest, REQUESTER).result()
        said = [answer.result() for answer in answers]
    found = Counter("in a short time. The next is possible" in words for words in said)
    assert found == {False: 4, True: 8}
    refused = next(words for words in said if "in a short time" in words)
    assert refused.startswith("You have asked for 4 PINs")
    assert "can ask." in refused
    assert "<@" in refused
    assert "in a short time" not in asked
    town.card(honest)
    town.until("the team is told", lambda: notices(town, f"Limit reached: <@{PASSER_BY}>"))
    assert "in a short time" in reads(town, town.stay(), PASSER_BY)
    town.settled()
    assert notices(town, f"Limit reached: <@{PASSER_BY}>") == 1
    town.assert_sound()


def test_a_guest_is_not_texted_the_pin_over_and_over(town: Town) -> None:
    stay = town.stay()
    town.handed_over(stay)
    town.settled()
    said = [town.command(f"resend {stay.guest}", OTHER_APPROVER).text for _ in range(4)]
    assert ["being texted again" in words for words in said] == [True, False, False, False]
    assert all("until then call the guest" in words for words in said[1:])
    town.until("the second text has left", lambda: len(town.twilio.texts_to(stay.phone)) == 2)
    town.settled()
    assert len(town.twilio.texts_to(stay.phone)) == 2
    town.assert_sound()


def test_of_many_guessed_codes_at_once_five_are_looked_at(town: Town) -> None:
    stay = town.stay()
    stay.phone = EVA
    with ThreadPoolExecutor(8) as threads:
        sent = [threads.submit(town.text_in, stay, f"OK {number:06d}") for number in range(30)]
        assert {answer.result().status_code for answer in sent} <= {200, 204}
    town.settled()
    texts = [text.body for text in town.twilio.texts_to(EVA)]
    assert sum("We do not know this code" in body for body in texts) == 5
    assert sum("Too many wrong codes" in body for body in texts) == 1
    town.assert_sound()
