"""Somebody asks for another guest with a number that is taken: the stay that has it keeps its guest's name and
language everywhere, as people read it in chat and on the phone."""

from pathlib import Path

from tests.journeys.living_demo import people
from tests.journeys.test_reply_words import answered
from tests.journeys.test_reveal import looked
from tests.journeys.watching import asked, card, in_three_days, posts, texted, texts

PHONE = "+33639981234"


async def test_bob_asked_for_with_anas_number_leaves_ana_as_she_was(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Ana", PHONE, "now for 40h in German")
        anas = await card(made, "Ana")
        await asked(made, f"garden-gate for Bob {PHONE} {await in_three_days(made)} in French")
        bobs = await made.post_with("Bob at Garden gate: to decide")
        assert "Immer noch zu?" in await answered(made, "STUCK")
        assert (await answered(made, "PIN")).startswith("Ana, Ihre PIN")
        await made.quiet()
        shown = next(m for m in await posts(made) if m["ts"] == anas["ts"])
        assert shown["text"].startswith("Ana at Front door")
        assert "Bob" not in str([m for m in await posts(made) if m.get("thread_ts", m["ts"]) == anas["ts"]])
        assert (await made.says("U_ADA", "show ana")).startswith("Ana at Front door: PIN texted")
        assert (await made.says("U_ADA", "show bob")).startswith("Bob at Garden gate: to decide")
        listed = await made.says("U_ADA", "list")
        assert "Ana" in listed
        assert "Bob" in listed
        assert await made.says("U_BEN", "reveal ana") == ""
        assert "Ana" in await looked(made, "U_BEN", "she has no signal")
        await made.press("U_BEN", bobs, "approve")
        await made.post_with("Bob at Garden gate: approved")
        await made.withdraws("U_ADA", "ana")
        await made.quiet()
        said = await texts(made, PHONE)
        assert said[-1] != said[-2]
        assert not [text for text in said if "Bob" in text]
