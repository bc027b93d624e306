"""The bot is stopped in the middle of five stories and started again with the same database: all go on, once."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.journeys.outside.town import Stay, Town

ENVIRONMENT = {"VENDOR_TIMEOUT_SECONDS": "0.7"}

STORIES = (
    "waits for its digits",
    "waits for a decision",
    "its creation is done and not answered",
    "its text is done and not answered",
    "its card is done and not answered",
)


@dataclass
class Restart:
    """How the bot ended, and whose stories were under way."""

    status: int
    seconds: float
    texts_before: int
    stays: Mapping[str, Stay]


@pytest.fixture(scope="module")
def restart(module_town: Town) -> Restart:
    town = module_town
    town.begin()
    stays = {what: town.stay() for what in STORIES}
    waiting, asked, minted, texted, shown = stays.values()
    device = town.seam.device_id(minted.lock)
    town.seam.swallow_once("/access_codes/create", lambda heard: heard.fields.get("device_id") == device)
    town.twilio.swallow_once(town.twilio.messages_path, lambda heard: heard.fields.get("To") == texted.phone)
    town.slack.swallow_once("/api/chat.postMessage", lambda heard: shown.guest in str(dict(heard.fields)))

    town.approved(texted)
    town.tell_pin_made(texted)
    town.until("the text hangs", lambda: town.twilio.texts_to(texted.phone))
    town.seam.pins_held = True
    town.approved(waiting)
    town.ask(asked)
    town.card(asked)
    town.approved(minted)
    town.ask(shown)
    for stay in (waiting, minted):
        town.until("Seam is asked for a PIN", lambda stay=stay: town.seam.codes_of(stay.lock))
    town.card(shown)

    texts, began = len(town.twilio.texts_to(waiting.phone)), time.monotonic()
    status = town.bot.stop()
    ended = Restart(status, time.monotonic() - began, texts, stays)
    town.seam.pins_held = False
    town.bot.start()
    for stay in (asked, shown):
        town.press(town.card(stay), "approve")
    return ended


def test_sigterm_ends_it_cleanly_and_soon(restart: Restart) -> None:
    assert restart.status == 0
    assert restart.seconds < 10


@pytest.mark.parametrize("what", STORIES)
def test_a_story_goes_on_where_it_was_stopped(town: Town, restart: Restart, what: str) -> None:
    stay = restart.stays[what]
    town.pin_text(stay)
    town.card(stay, showing="texted")
    assert restart.texts_before == 0, "nothing was texted while there were no digits"
    assert len(town.seam.codes_of(stay.lock)) == 1
    assert len(town.seam.creations(stay.lock)) == 1
    assert len(town.twilio.texts_to(stay.phone)) == 1
    assert len([post for post in town.slack.posts if town.is_card(post, stay)]) == 1
    town.assert_sound()


def test_nothing_lies_about_beside_the_database(town: Town) -> None:
    """The key came by the environment, so none is written to a file."""
    known = {"nightporter.db", "nightporter.db-wal", "nightporter.db-shm", "bot.log"}
    assert {file.name for file in town.database.parent.iterdir()} <= known
