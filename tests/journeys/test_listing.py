"""`/pin list all`: an approver sees everybody's stays, by day or by door; nobody else does."""

from pathlib import Path

from tests.journeys.living_demo import people
from tests.journeys.watching import asked, in_three_days, says_card, texted

PHONE, OTHER, THIRD = "+33639981234", "+33639985678", "+33639981299"


async def test_an_approver_lists_all_by_day_and_by_door(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        await asked(made, f"front-door + garden-gate for Dora {OTHER} {await in_three_days(made, 16)}")
        await asked(made, f"garden-gate for Edda {THIRD} {await in_three_days(made, 18)}")
        by_day = (await made.says("U_BEN", "list all")).splitlines()
        assert by_day[0] == "*Running now*"
        assert "*Cleo*, Front door, " in by_day[1]
        assert by_day[1].endswith("PIN texted, not heard of yet, asked by <@U_ADA>")
        day, *later = by_day[2:-1]
        assert day.startswith("*")
        assert ["Dora" in later[0], "Edda" in later[1]] == [True, True]
        assert len(later) == 2
        assert by_day[-1] == "Also `/pin list all by door`."
        by_door = (await made.says("U_BEN", "list  ALL by door")).splitlines()
        front, gate = by_door.index("*Front door*"), by_door.index("*Garden gate*")
        assert front < gate
        assert guests_in(by_door[front:gate]) == ["Cleo", "Dora"]
        assert guests_in(by_door[gate:]) == ["Dora", "Edda"]
        assert by_door[-1] == "Also `/pin list all by day`."


def guests_in(lines: list[str]) -> list[str]:
    return [guest for guest in ("Cleo", "Dora", "Edda") if guest in "".join(lines)]


async def test_nobody_else_does_and_reads_what_they_can(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"garden-gate for Edda {THIRD} {await in_three_days(made, 18)}")
        said = await made.says("U_MALLORY", "list all")
        assert said == "Only an approver can see everybody's stays. `/pin list` shows yours."
        assert "Edda" in await made.says("U_ADA", "list")


async def test_what_was_given_up_stays_on_the_list_while_it_opens(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        assert await made.says("U_BEN", "list all") == "Nobody has a stay that goes on or waits."
        await texted(made, "Cleo", PHONE, "now for 40h")
        await asked(made, f"garden-gate for Edda {THIRD} {await in_three_days(made, 18)}")
        await made.withdraws("U_ADA", "cleo")
        await made.withdraws("U_ADA", "edda")
        await says_card(made, "Cleo", "withdrawn, still opens until its end")
        said = await made.says("U_BEN", "list all by day")
        assert "withdrawn, still opens until its end" in said
        assert "Edda" not in said
        await made.move("PT41H")
        assert await made.says("U_BEN", "list all") == "Nobody has a stay that goes on or waits."
