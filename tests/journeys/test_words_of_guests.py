"""What tired guests type, over HTTP: by text and by WhatsApp the same sentence has the same meaning, carriers' words
are answered once, and a decorated STOP is obeyed."""

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.living_demo import People, people
from tests.journeys.test_talking import guest_texts
from tests.journeys.watching import posts, says_card, texted

PHONE = "+33639981234"
WHATSAPP = {"channel": "whatsapp"}


async def received(made: People) -> list[dict[str, Any]]:
    said = await made.get(f"/sandbox/phones/{PHONE}")
    return [text for text in said["texts"] if text["direction"] == "received"]


async def answered(made: People, words: str, **way: str) -> str:
    """The next text on the phone, which comes on the way on which they wrote."""
    before = len(await received(made))
    await guest_texts(made, words, PHONE, **way)

    async def look() -> Any:
        return (await received(made))[before:]

    (first, *_) = await made.until(f"an answer to {words}", look)
    assert first["from"].startswith("whatsapp:") is bool(way), first
    return str(first["body"])


@pytest.mark.parametrize("way", [{}, WHATSAPP], ids=["by text", "by WhatsApp"])
async def test_a_tired_guest_is_understood(tmp_path: Path, way: dict[str, str]) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        assert "STUCK" in await answered(made, "Is there a lift?", **way)
        assert pin[:3] in await answered(made, "Hi there, can you please send the pin again? Thanks, Cleo", **way)
        assert "STUCK" in await answered(made, "not in yet, still looking for a parking space", **way)
        assert "without that last key nothing happens" in await answered(made, "die Tür geht nicht auf, Hilfe!!", **way)
        called = await made.post_with("Cleo cannot open the door: Front door")
        assert "die Tür" not in called["text"]
        before = len(await received(made))
        await guest_texts(made, "Liked “Reply IN”", PHONE, **way)
        await guest_texts(made, "thanks 🙏", PHONE, **way)
        assert "Good to know you are in" in await answered(made, "Great, we're in! Is there wifi?", **way)
        assert len(await received(made)) == before + 1, "a reaction and thanks have no answer"
        await says_card(made, "Cleo", "in")

        async def in_thread() -> bool:
            said = str(await posts(made))
            return all(words in said for words in ("Is there wifi?", "Liked", "thanks 🙏", "still looking"))

        await made.until("all of it stands in the thread", in_thread, 20)


async def test_carriers_words_are_heard_and_answered_once(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        before = len(await received(made))
        await guest_texts(made, "HELP", PHONE)
        await made.post_with("Cleo calls for help: Front door")
        await made.quiet()
        assert len(await received(made)) == before + 1, "the carrier's own answer"
        assert "Our team has been alerted that you need a person" in await answered(made, "help 🆘")
        await guest_texts(made, "Yes", PHONE)

        async def yes() -> bool:
            return any('"Yes"' in post["text"] for post in await posts(made))

        await made.until("the team reads it", yes, 20)
        await guest_texts(made, "Stop!", PHONE)
        await made.post_with("Cleo has opted out of our texts")
