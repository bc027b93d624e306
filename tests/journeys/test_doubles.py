"""The same number at the same door in the same time, through the real door."""

from pathlib import Path

from tests.journeys.forms import Form
from tests.journeys.living_demo import people
from tests.journeys.watching import asked, in_three_days, says_card

PHONE = "+33639981234"


async def test_one_line_opens_the_form_with_the_remark_and_the_form_asks_all_the_same(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        time = await in_three_days(made, 12)
        await asked(made, f"front-door for Cleo {PHONE} {time}")
        assert await made.says("U_ADA", f"front-door for Ana {PHONE} {time}") == ""
        form = Form(made, "U_ADA")
        said = await form.words()
        assert "This number has a stay at this door in that time already: Cleo at Front door" in said
        assert "To change it: `/pin change`. For another guest ask all the same." in said
        assert "Ana" not in await made.says("U_ADA", "list"), "nothing was asked"
        assert (await form.submit())["ok"]
        assert "Asked for a PIN for *Ana*" in await form.words()
        await says_card(made, "Ana", "to decide")


async def test_in_words_where_somebody_says_that_it_is_another_guest(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        time = await in_three_days(made, 12)
        await asked(made, f"front-door for Cleo {PHONE} {time}")
        await asked(made, f"front-door for Ana {PHONE} {time} all the same")
        await made.post("/sandbox/faults", provider="slack", fault="http_500", rate=1.0, path="/views.open")
        said = await made.says("U_ADA", f"front-door for Eve {PHONE} {time}")
        await made.http.delete("/sandbox/faults")
        assert "For another guest add `all the same` at the end." in said
        assert "Eve" not in await made.says("U_ADA", "list")


async def test_the_form_tells_it_beside_the_number_while_it_is_filled_in(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        time = await in_three_days(made, 12)
        await asked(made, f"front-door for Cleo {PHONE} {time}")
        assert await made.says("U_MALLORY", f"front-door for Ana {time}") == ""
        form = Form(made, "U_MALLORY")
        assert "This number has a stay" not in await form.words()
        said = await form.pick("phone", PHONE)
        assert "This number has a stay at this door in that time already: <@U_ADA> asked for it." in said
        assert "Cleo" not in said
        said = await form.pick("lock", "Garden gate")
        assert "This number has a stay" not in said
        await form.pick("lock", "Front door", phone="+33639985555")
        # Typed at the last moment: told before anything is asked, and asked when it is sent once more.
        assert (await form.submit(phone=PHONE))["ok"]
        assert "<@U_ADA> asked for it" in await form.words()
        assert (await form.submit())["ok"]
        assert "Asked for a PIN for *Ana*" in await form.words()
