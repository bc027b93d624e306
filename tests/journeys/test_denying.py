"""The form for a denial says whom it denies what; whoever may not decide reads so before anything opens."""

from pathlib import Path

from tests.journeys.every_listener import in_home
from tests.journeys.forms import Form
from tests.journeys.living_demo import People, people
from tests.journeys.watching import asked, in_three_days, says_card, whispers

PHONE = "+33639981234"


async def test_the_form_says_whom_and_what_it_is_about(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(
            made, f"front-door + garden-gate for Cleo {PHONE} {await in_three_days(made, 16)} note: the plumber"
        )
        shown = await says_card(made, "Cleo", "to decide")
        await made.press("U_BEN", shown, "deny")
        await says_all(Form(made, "U_BEN"))
        await made.post("/sandbox/slack/close", user="U_BEN")
        assert (await made.post("/sandbox/slack/home", user="U_BEN"))["ok"]
        await in_home(made, "Deny")
        form = Form(made, "U_BEN")
        await says_all(form)
        assert (await form.submit(reason="No room"))["ok"]
        assert "No room" in (await made.post_with("Denied: no PIN for Cleo", "D_U_ADA"))["text"]


async def says_all(form: Form) -> None:
    said = await form.words()
    for words in (
        "*Guest*\nCleo",
        "*Lock*\nFront door and Garden gate",
        "16:00",
        "Paris time",
        "<@U_ADA>",
        "the plumber",
    ):
        assert words in said, said


async def test_nobody_writes_a_reason_in_vain(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} {await in_three_days(made, 16)}")
        shown = await says_card(made, "Cleo", "to decide")
        for who, why in (("U_MALLORY", "Only an approver can decide this."), ("U_ADA", "your own request")):
            await made.press(who, shown, "deny")
            assert why in (await whispers(made, who))[-1]
            assert not await forms_of(made, who)
        await made.press("U_BEN", shown, "approve")
        await says_card(made, "Cleo", "approved")
        await made.press("U_BEN", shown, "deny", behind=True)
        assert "was already approved by <@U_BEN>" in (await whispers(made, "U_BEN"))[-1]
        assert not await forms_of(made, "U_BEN")


async def forms_of(made: People, who: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await made.get(f"/sandbox/slack/views/{who}"))["modals"]
    return found
