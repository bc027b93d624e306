"""Online PINs over HTTP: the list, the forms, the door that opens to them and then does not, each no."""

import re
from pathlib import Path

from tests.journeys.forms import Form, opened
from tests.journeys.living_demo import People, people
from tests.journeys.test_from_afar import door


async def types(made: People, digits: str) -> bool:
    loft = (await door(made))["device_id"]
    return bool((await made.post(f"/sandbox/doors/{loft}/keypad", pin=digits))["opened"])


async def closed(made: People) -> None:
    for _ in range(2):
        await made.post("/sandbox/slack/close", user="U_BEN")


async def test_set_changed_and_deleted_at_the_lock_itself(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        form = await opened(made, "U_BEN", "online loft")
        assert "There is none yet." in await form.words()
        await form.press("Make one")
        suggested = (await form.typed())["online_digits"]
        assert suggested.isdigit()
        assert len(suggested) == 6
        refused = await form.submit(online_who="Cleaners", online_digits="12345678")
        assert refused["errors"] == {"online_digits": "An online PIN is 4 to 6 digits. Please write it so."}
        refused = await form.submit(online_who=" ", online_digits="4821")
        assert refused["errors"] == {"online_who": "Say whom it is for."}
        refused = await form.submit(online_who="Cleaners", online_digits="4821", online_when="blue")
        assert "online_when" in refused["errors"]
        assert (await form.submit(online_who="Cleaners", online_digits="4821", online_when=""))["ok"]
        assert "is being set at Loft. A message says when it opens" in await form.words()
        await made.post_with("The online PIN for Cleaners opens Loft", "D_U_BEN")
        assert await types(made, "4821")
        await made.move("PT30H")
        assert await types(made, "4821"), "it knows no activation window"
        await closed(made)

        form = await opened(made, "U_BEN", "online")
        assert "*Cleaners*, until it is deleted. It opens. Made by <@U_BEN>." in await form.words()
        await form.press("Make one")
        refused = await form.submit(online_who="Others", online_digits="4821")
        assert refused["errors"] == {"online_digits": "Loft holds these digits already. Please choose others."}
        await made.post("/sandbox/slack/close", user="U_BEN")
        form = await opened(made, "U_BEN", "online loft")
        await form.press("Change digits")
        assert (await form.submit(online_digits="97 53"))["ok"]
        await made.post_with("New digits for Cleaners at Loft", "D_U_BEN")
        assert [await types(made, digits) for digits in ("4821", "9753")] == [False, True]
        await closed(made)

        form = await opened(made, "U_BEN", "online loft")
        assert "is being deleted" in await form.press("Delete")
        await made.post_with("The online PIN of Cleaners is deleted", "D_U_BEN")
        assert not await types(made, "9753")
        said = str(await made.get("/sandbox/slack/channels/C_APPROVALS")) + str(
            await made.get("/sandbox/slack/channels/D_U_BEN")
        )
        said = re.sub(r"\d{10}\.\d{6}|[0-9A-HJKMNP-TV-Z]{26}", "", said)  # four digits may stand in a ts, in an id
        assert "4821" not in said
        assert "9753" not in said


async def test_for_a_window_and_who_may_not(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        assert (await made.says("U_ADA", "online loft")).startswith("You cannot unlock doors from Slack.")
        assert (await made.says("U_BEN", "online front-door")).startswith("Front door has no bridge")
        assert (await made.says("U_BEN", "online nowhere")).startswith("Which door? Write it like /pin online loft")
        form = await opened(made, "U_BEN", "online loft")
        await form.press("Make one")
        assert (await form.submit(online_who="Plumber", online_digits="5170", online_when="now for 3h"))["ok"]
        await made.post_with("The online PIN for Plumber opens Loft", "D_U_BEN")
        assert await types(made, "5170")
        await made.move("PT4H")
        assert not await types(made, "5170")
        await closed(made)
        form = Form(made, "U_BEN")
        assert await made.says("U_BEN", "online loft") == ""
        assert "There is none yet." in await form.words()
