"""Whatever is refused, by a word or a button: its moments are those of the door's own clock."""

import re
from pathlib import Path

from tests.journeys.living_demo import People, people
from tests.journeys.test_policy import pressed
from tests.journeys.watching import asked, says_card

IN_NEW_YORK = "Mon 30 Nov|Tue 1 Dec|Wed 2 Dec|Thu 3 Dec"


async def approved(made: People, guest: str, phone: str, when: str) -> None:
    await asked(made, f"cabin for {guest} {phone} {when}")
    await made.press("U_BEN", await made.post_with(f"{guest} at Cabin: to decide"), "approve")
    await says_card(made, guest, "PIN texted")


def moments(said: str) -> list[str]:
    assert "UTC" not in said
    return re.findall(rf"(?:{IN_NEW_YORK}) (\d\d:\d\d)", said)


async def test_of_a_door_in_new_york_they_are_new_yorks(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()  # 04:20 in New York, 10:20 in Paris, 09:20 in UTC
        await approved(made, "Yorka", "+33639981230", "tomorrow 3am for 30h")
        card = await made.post_with("Yorka at Cabin")
        assert moments(await pressed(made, "U_BEN", card, "approve", behind=True)) == ["04:20"], "decided already"
        assert moments(await pressed(made, "U_BEN", card, "opened", behind=True)) == ["03:00"], "it does not work yet"
        for guest, phone in (("Una", "+33639981231"), ("Duo", "+33639981232"), ("Tria", "+33639981233")):
            await approved(made, guest, phone, "now for 30h")
        assert moments(await made.says("U_BEN", "replace Una"))[:2] == ["04:00", "05:00"], "the hour is full"
        una = await made.post_with("Una at Cabin")
        await pressed(made, "U_BEN", una, "opened")
        assert moments(await pressed(made, "U_BEN", una, "opened", behind=True)) == ["04:20"], "known already"
        limit = ""
        for _ in range(20):
            limit = await made.says("U_BEN", "resend Duo")
            await made.move("PT10S")
            await made.quiet(0.1)  # while a text is on its way, none more is counted
            if "The next" in limit:
                break
        assert [hour[:3] for hour in moments(limit)] == ["04:"], limit
