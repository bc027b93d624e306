"""Who may decide, seen from outside; and that nothing secret is to be found afterwards, wherever one looks."""

import base64
import hashlib
import re
import threading

import pytest

from tests.journeys.outside.fake_slack import Post, buttons_in
from tests.journeys.outside.segments import segments
from tests.journeys.outside.slack_payloads import view_submission
from tests.journeys.outside.town import APPROVALS, APPROVER, OTHER_APPROVER, PASSER_BY, REQUESTER, Stay, Town, grouped


def as_first_shown(card: Post) -> Post:
    """The card as somebody still sees it who has not looked for a while."""
    return Post(card.channel, card.ts, card.versions[0])


@pytest.mark.parametrize(
    ("person", "sentence"), [(REQUESTER, r"your own"), (PASSER_BY, r"only an approver|not an approver")]
)
@pytest.mark.parametrize("button", ["approve", "deny"])
def test_who_may_not_decide_hears_why_and_changes_nothing(town: Town, person: str, sentence: str, button: str) -> None:
    """The requester is an approver too, and still not for what they asked for themselves."""
    stay = town.stay()
    town.ask(stay, REQUESTER)
    card = town.card(stay)
    before, views = town.settled(), len(town.slack.views)
    response_url = town.press(card, button, person)
    if opened := town.slack.views[views:]:
        answer = town.submit(view_submission(opened[0], person, town.slack.trigger(), lambda _block: "no"))
        assert re.search(sentence, answer.text, re.IGNORECASE), answer.text
        assert answer.json()["response_action"] == "errors"
    else:
        assert re.search(sentence, town.said(response_url), re.IGNORECASE)
    assert town.settled() == before
    assert town.seam.codes_of(stay.lock) == []
    assert [b["action_id"] for b in buttons_in(town.card(stay).payload)] == ["approve", "amend", "deny"]

    town.press(card, "approve")
    town.tell_pin_made(stay)
    town.pin_text(stay)
    town.assert_sound()


def test_a_second_click_makes_no_second_pin(town: Town) -> None:
    stay = town.stay()
    town.handed_over(stay)
    stale = as_first_shown(town.card(stay))
    before = town.settled()
    for button in ("approve", "approve"):
        response_url = town.press(stale, button, OTHER_APPROVER)
        assert re.search(r"already", town.said(response_url))
    assert town.settled() == before
    assert len(town.seam.creations(stay.lock)) == 1
    assert len(town.twilio.texts_to(stay.phone)) == 1
    town.assert_sound()


def test_two_approvers_at_the_same_moment_make_one_pin(town: Town) -> None:
    stay = town.stay()
    town.ask(stay)
    card = town.card(stay)
    people = [APPROVER, OTHER_APPROVER] * 4
    seen = as_first_shown(card)  # by all of them: the first click takes its buttons away
    clicks = [threading.Thread(target=town.press, args=(seen, "approve", person)) for person in people]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    town.tell_pin_made(stay)
    town.pin_text(stay)
    town.settled()
    assert len(town.seam.creations(stay.lock)) == 1
    assert len(town.twilio.texts_to(stay.phone)) == 1
    town.assert_sound()


def test_a_denials_reason_reaches_the_requester(town: Town) -> None:
    stay = town.stay()
    town.ask(stay)
    card = town.card(stay)
    town.press(card, "deny")
    view = town.until("the form for a reason opens", lambda: town.slack.views[-1:])[0]
    reason = f"The boiler is being mended, <!channel> & *not* before {stay.guest} writes"
    payload = view_submission(view, APPROVER, town.slack.trigger(), lambda _block: reason)
    assert town.submit(payload).status_code == 200

    def said() -> Post | None:
        return next((p for p in town.slack.posts_in(REQUESTER) if stay.guest in p.words), None)

    notice = town.until("the requester is told", said)
    assert "boiler is being mended" in notice.words
    assert "<!channel>" not in notice.words, "what people type calls nobody"
    assert f"<@{APPROVER}>" in notice.words
    assert "boiler" in town.card(stay, showing="denied").words
    before = town.settled()
    answer = town.submit(payload)
    assert answer.status_code == 200
    assert town.settled() == before, "the same submission again changes nothing"
    assert "already" in town.said(town.press(as_first_shown(card), "approve", OTHER_APPROVER))
    town.settled()
    assert town.seam.creations(stay.lock) == []
    assert town.twilio.texts_to(stay.phone) == []
    assert buttons_in(town.card(stay).payload) == []
    town.assert_sound()


# --- secrets ---------------------------------------------------------------------------------------------------------


def secrets_of(town: Town, stay: Stay) -> dict[str, str]:
    """The PIN and the number in every way that somebody might let them slip."""
    pin, phone = town.seam.pin_of(stay.lock), stay.phone
    national = phone.removeprefix("+33")
    spaced = stay.spaced.removeprefix("+33 ")
    return {
        "the PIN": pin,
        "the PIN by three": grouped(pin),
        "the PIN with dashes": grouped(pin).replace(" ", "-"),
        "the PIN in base64": base64.b64encode(pin.encode()).decode().rstrip("="),
        "the PIN in hex": pin.encode().hex(),
        "the PIN's plain hash": hashlib.sha256(pin.encode()).hexdigest(),
        "the number": phone.removeprefix("+"),
        "the number's national digits": national,
        "the number as typed": spaced,
        "the number in base64": base64.b64encode(phone.encode()).decode().rstrip("="),
        "the number's plain hash": hashlib.sha256(phone.encode()).hexdigest(),
        "the number's plain hash (SHA-1)": hashlib.sha1(phone.encode()).hexdigest(),
    }


def places_of(town: Town) -> dict[str, str]:
    """Everything that is kept, written or shown, texts to the guest's own phone excepted."""
    files = {f.name: f.read_bytes().decode("latin-1") for f in town.database.parent.glob("nightporter.db*")}
    open_routes = "\n".join(town.http.get(path).text for path in ("/healthz", "/readyz", "/metrics"))
    return {
        **files,
        "the bot's output": town.bot.text(),
        "Slack": town.slack.everything_shown(),
        "the answers to callers": "\n".join(town.acks),
        "the open routes": open_routes,
    }


def found_secrets(town: Town, stay: Stay) -> list[str]:
    places = places_of(town)
    assert {"nightporter.db", "nightporter.db-wal"} <= set(places)
    assert stay.guest in places["Slack"]
    secrets = secrets_of(town, stay)
    return [
        f"{what} is in {where}" for where, text in places.items() for what, secret in secrets.items() if secret in text
    ]


def test_nobody_finds_the_pin_or_the_number(town: Town) -> None:
    stay = town.stay()
    text = town.handed_over(stay)
    town.report(text, "delivered")
    town.card(stay, showing="delivered")
    town.text_in(stay, "PIN")
    again = town.until("the PIN comes again", lambda: town.twilio.texts_to(stay.phone)[1:])[0]
    town.report(again, "undelivered", "30003")
    town.text_in(stay, "IN")
    town.until("the guest is thanked", lambda: town.twilio.texts_to(stay.phone)[2:])
    town.command("list")
    town.settled()
    found = found_secrets(town, stay)
    assert not found, "\n".join(found)
    town.assert_sound()


def test_the_bots_own_credentials_stand_nowhere(town: Town) -> None:
    stay = town.stay()
    town.handed_over(stay)
    town.settled()
    own = (town.sealing_key, town.bot_token, town.signing_secret, town.seam_key, town.seam_secret, town.twilio_token)
    places = places_of(town)
    assert [where for where, text in places.items() for secret in own if secret in text] == []


def test_what_a_guest_types_back_is_shown_without_its_digits(town: Town) -> None:
    """A guest in trouble quotes the PIN in a way of their own. The team reads the words, and not the digits."""
    stay = town.stay()
    town.handed_over(stay)
    pin = town.seam.pin_of(stay.lock)
    threes = [pin[i : i + 3] for i in range(0, len(pin), 3)]
    spellings = [pin, *(between.join(threes) for between in (" ", "-", ".", "  ", ", ", " - ", "\n")), " ".join(pin)]
    for number, spelling in enumerate(spellings):
        mark = f"attempt {'abcdefghijkl'[number]},"
        assert town.text_in(stay, f"{mark} {spelling} does not work").status_code == 200

        def passed_on(mark: str = mark) -> list[Post]:
            return [p for p in town.slack.posts_in(APPROVALS) if mark in p.words]

        assert "does not work" in town.until("the team reads what the guest wrote", passed_on)[0].words
    shown = "\n".join(p.words for p in town.slack.posts_in(APPROVALS))
    leaked = [s for s in spellings if s in shown]
    assert not leaked, f"the PIN stands in the channel, spelled {leaked}"
    town.assert_sound()


def test_what_a_guest_types_back_is_kept_under_a_seal(town: Town) -> None:
    """PIN and number are sealed at rest, whoever typed them."""
    stay = town.stay()
    town.handed_over(stay)
    pin = town.seam.pin_of(stay.lock)
    quoted = f"The cat waits: {grouped(pin)} or {pin} does not work, call 0{stay.phone[3:]} or {stay.spaced}"
    assert town.text_in(stay, quoted).status_code == 200
    answer = town.until("the guest is answered", lambda: town.twilio.texts_to(stay.phone)[1:])[0]
    assert segments(answer.body) == 1
    town.until("the team is told", lambda: [p for p in town.slack.posts_in(APPROVALS) if "The cat waits" in p.words])
    town.settled()
    found = found_secrets(town, stay)
    assert not found, "\n".join(found)
    town.assert_sound()
