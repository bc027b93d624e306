"""A guest is texted in the language that was asked for, else in that of their number's country."""

from pathlib import Path

from tests.journeys.forms import Form, opened
from tests.journeys.living_demo import People, people
from tests.journeys.outside.segments import is_gsm7, segments
from tests.journeys.outside.town import Town, grouped
from tests.journeys.watching import buttons, says_card, texts
from tests.processes.operator import at_the_terminal

PHONE = "+33639981234"
ENVIRONMENT = {"GUEST_LANGUAGE": "auto"}


def test_a_french_number_is_texted_in_french_and_answered_so(town: Town) -> None:
    stay = town.stay()
    said = town.ask(stay)
    assert "The texts go out in French, by the number's country" in said
    town.press(town.card(stay), "approve")
    text = town.pin_text(stay)
    assert "votre code pour" in text.body
    assert text.body.splitlines()[1] == grouped(town.seam.pin_of(stay.lock))
    assert is_gsm7(text.body)
    assert segments(text.body) <= 2
    town.text_in(stay, "IN")
    thanks = town.until("the guest is thanked", lambda: town.twilio.texts_to(stay.phone)[1:])[0]
    assert "jusqu'au" in thanks.body
    town.assert_sound()


def test_what_was_asked_for_is_said_also_the_next_time(town: Town) -> None:
    stay = town.stay()
    answer = town.command(f"{stay.words} in German")
    assert "The texts go out in German." in answer.text
    town.press(town.card(stay), "approve")
    assert "Ihre PIN für" in town.pin_text(stay).body
    town.text_in(stay, "hallo?")
    answered = town.until("the guest is answered", lambda: town.twilio.texts_to(stay.phone)[1:])[0]
    assert "das Team hat Ihre Nachricht" in answered.body
    again = town.stay()
    again.phone = stay.phone
    assert "The texts go out in German." in town.ask(again), "the French number does not take it back"
    town.assert_sound()


async def test_the_form_takes_a_language_and_shows_the_one_of_the_line(tmp_path: Path) -> None:
    async with people(tmp_path, GUEST_LANGUAGE="auto") as made:
        form = await opened(made, "U_ADA", "front-door for Cleo in Japanese tomorrow 3pm for 30h")
        assert (await form.typed())["language"] == "Japanese"
        assert (await form.submit(phone="+33 6 39 98 12 34", language="Dutch"))["ok"]
        assert "The texts go out in Dutch." in await form.words()
        form = await opened(made, "U_ADA", "front-door for Ana tomorrow 3pm for 30h")
        assert (await form.typed())["language"] == "Automatic"
        said = await form.press("2 PINs one after the other")
        assert (await form.typed())["language"] == "Automatic", said
        assert (await form.submit(phone="+33 6 39 98 56 78"))["ok"]
        assert "The texts go out in French, by the number's country" in await form.words()


async def test_whoever_asked_changes_the_language_below_the_answer(tmp_path: Path) -> None:
    """Before anybody has decided, and from the form as from the line."""
    async with people(tmp_path, GUEST_LANGUAGE="auto") as made:
        said = await made.asked_back("U_ADA", f"front-door for Cleo {PHONE} now for 30h")
        assert said["text"].endswith("The texts go out in French, by the number's country.")
        assert buttons(said) == {"change_language"}
        await made.answers("U_ADA", said, "change_language")
        form = Form(made, "U_ADA")
        assert (await form.typed())["language"] == "Automatic"
        assert (await form.submit(language="German"))["ok"]
        assert "The texts go out in German." in await form.words()
        await made.press("U_BEN", await says_card(made, "Cleo", "to decide"), "approve")
        await made.until("in German", lambda: _reads(made, "Ihre PIN für Front door"))
        await made.answers("U_ADA", said, "change_language")
        assert (await form.typed())["language"] == "German", "also of a stay that is approved"
        form = await opened(made, "U_ADA", "front-door for Ana tomorrow 3pm for 3h")
        assert (await form.submit(phone="+33 6 39 98 56 78"))["ok"]
        assert "Language of the texts" not in await form.words()
        await form.press("Change language")
        assert (await form.submit(language="Dutch"))["ok"]
        assert "The texts go out in Dutch." in await form.words()


async def test_of_a_stay_that_is_over_nothing_is_changed(tmp_path: Path) -> None:
    async with people(tmp_path, GUEST_LANGUAGE="auto") as made:
        said = await made.asked_back("U_ADA", f"front-door for Cleo {PHONE} now for 30h")
        await made.withdraws("U_ADA", "cleo")
        await made.answers("U_ADA", said, "change_language")
        assert "Nothing was changed: it was withdrawn" in await Form(made, "U_ADA").words()


async def _reads(made: People, words: str) -> bool:
    return any(words in text for text in await texts(made, PHONE))


async def test_an_operators_own_words_and_a_locks_settings_reach_the_phone(tmp_path: Path) -> None:
    """`locks set` works beside the running bot, and counts for the next text."""
    words = "{door}: {pin} gilt {starts} - {ends}, {zone}. {help}"
    file = tmp_path / "wording.toml"
    file.write_text(f'[de]\npin_short = "{words}"\n')
    async with people(tmp_path, WORDING_FILE=str(file)) as made:
        assert "in German." in await made.says("U_ADA", f"front-door for Cleo {PHONE} now for 3h in German")
        reported = await locks_set(tmp_path, str(made.http.base_url), "--guest-name", "Haus am See", "--contact", "Ada")
        assert "Guests of Front door will read it so." in reported
        await made.press("U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve")

        async def look() -> str:
            return "".join(text["body"] for text in await made.texts(PHONE))

        text = await made.until("Cleo is texted", look)
        assert text.startswith("Haus am See: ")
        assert " gilt " in text
        assert "Ortszeit Paris" in text
        assert text.endswith("Hilfe: Ada")


async def locks_set(folder: Path, url: str, *words: str) -> str:
    """As an operator types it where the bot runs."""
    said = await at_the_terminal(folder, "locks", "set", "Front door", *words, SANDBOX_URL=url, PUBLIC_URL=url)
    return said.stdout + said.stderr
