"""A guest writes from another phone than the one that was given: the team reads it, says whose it is, and the words
stand in the thread of that stay; the other phone gets nothing, and whoever presses next hears that it is done."""

import re
from datetime import timedelta
from pathlib import Path

from tests.journeys.forms import Form, words_of
from tests.journeys.living_demo import people
from tests.journeys.test_no_pin_anywhere import now_shown
from tests.journeys.test_reveal import modals
from tests.journeys.test_talking import guest_texts, pressed, reply_with
from tests.journeys.watching import buttons, card, posts, texted, texts

PHONE, OTHER = "+33639981234", "+33639987777"
HEADING = "A text from a number without a stay: +33•••77"


async def test_it_is_named_once_and_stands_in_the_thread(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await guest_texts(made, "Anybody there?", OTHER)
        await made.quiet()
        assert not [m for m in await posts(made) if HEADING in m["text"]], "nobody is expected"

        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        before, root = len(await texts(made, OTHER)), await card(made, "Cleo")
        await guest_texts(made, f"Cleo here, phone stolen. Is it {pin}? Call {OTHER}", OTHER)
        shown = await made.post_with(HEADING)
        assert '"Cleo here, phone stolen. Is it •••? Call •••"' in shown["text"]
        assert buttons(shown) == {"whose_text", "have_it"}
        assert "Only an approver, or whoever asked for that stay" in await pressed(
            made, "U_MALLORY", shown, "whose_text"
        )
        assert await modals(made, "U_MALLORY") == []

        assert await pressed(made, "U_ADA", shown, "whose_text") == ""
        assert await pressed(made, "U_BEN", shown, "whose_text") == ""
        for user in ("U_ADA", "U_BEN"):
            view = (await modals(made, user))[-1]
            assert "Cleo here, phone stolen" in words_of(view)
        done = await made.post("/sandbox/slack/submit", user="U_ADA", values={"whose": "Cleo at Front door"}, retry=2)
        assert done["ok"], done
        late = await Form(made, "U_BEN").submit(whose="Cleo at Front door")
        assert "Somebody has said already whose text this is" in late["errors"]["whose"]

        said = await reply_with(made, root, "which <@U_ADA> says is this guest")
        assert 'By +33•••77, which <@U_ADA> says is this guest. They texted: "Cleo here, phone stolen.' in said["text"]
        settled = await made.post_with("<@U_ADA> says: it is Cleo at Front door")
        assert settled["ts"] == shown["ts"]
        assert "Cleo here, phone stolen" in settled["text"]
        assert buttons(settled) == set()
        assert "Somebody has said already" in await pressed(made, "U_BEN", shown, "whose_text", behind=True)

        await made.quiet()
        assert len(await texts(made, OTHER)) == before == 0
        everything = str(await now_shown(made)).replace(" ", "")
        assert "39987777" not in everything
        assert pin not in everything
        assert "39987777" not in (tmp_path / "log").read_text()


async def test_a_carriers_word_is_not_passed_on_unless_it_calls_for_help(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        for words in ("STOP", "START", "YES"):
            await guest_texts(made, words, OTHER)
        await guest_texts(made, "HELP", "+33639988888")
        await made.post_with("A text from a number without a stay: +33•••88")
        assert not [m for m in await posts(made) if HEADING in m["text"]]


async def test_a_number_of_another_time_is_answered_and_the_notice_says_so(tmp_path: Path) -> None:
    """As the number that was corrected: it learns nothing, and the team is told what it reads."""
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        assert await made.says("U_ADA", "change Cleo") == ""
        assert (await Form(made, "U_ADA").submit(phone=OTHER))["ok"]
        await made.until("the new number has the PIN", lambda: made.pins(OTHER))
        before = len(await texts(made, PHONE))
        await guest_texts(made, "PIN", PHONE)
        shown = await made.post_with("A text from a number without a stay: +33•••34")
        assert "They had a stay before, and we told them that there is none for this number now." in shown["text"]
        assert "no answer" not in shown["text"]

        async def answered() -> list[str]:
            return [t for t in (await texts(made, PHONE))[before:] if "no stay for this number" in t]

        await made.until("they are told", answered)
        assert len(await made.pins(PHONE)) == 1


async def test_a_number_typed_as_the_name_is_hidden_wherever_the_name_stands(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        assert await made.says("U_ADA", "front-door") == ""
        day = await made.now() + timedelta(days=3)
        times = {"from_date": f"{day:%Y-%m-%d}", "from_time": "15:00", "to_time": "23:00"}
        name = f"Ana {PHONE[:3]} 6 39 98 12 34"
        sent = await Form(made, "U_ADA").submit(guest=name, phone=PHONE, to_date=times["from_date"], **times)
        assert sent["ok"], sent
        shown = await made.post_with("Ana ••• at Front door")
        await made.press("U_BEN", shown, "approve")
        await made.post_with("Ana ••• at Front door: approved")
        assert await made.says("U_ADA", f"change {shown['text'].partition('Short id: ')[2][:5]}") == ""
        assert (await Form(made, "U_ADA").submit(guest=f"Bea 06 {PHONE[4:]}"))["ok"]
        await made.post_with("Bea 06 3••• at Front door")
        for place, what in (await now_shown(made)).items():
            assert not re.search(r"\D{0,2}".join(PHONE[-7:]), what), place
