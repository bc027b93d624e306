"""Whatever needs a person has an owner: from the fault up the ladder, to "I have it" or to what solves it."""

from pathlib import Path

from tests.journeys.alarmed import answered, changed, direct, headings, no_pin_for, press_in, vendor_is_back
from tests.journeys.living_demo import people
from tests.journeys.watching import buttons


async def test_a_pin_that_does_not_come_climbs_to_the_approvers_and_one_of_them_has_it(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()
        await no_pin_for(made)
        await made.move("PT16M")
        notice = await made.post_with("No PIN yet: Cleo")
        hers = await made.post_with("No PIN yet: Cleo", "D_U_ADA")
        assert buttons(notice) == buttons(hers) == {"have_it"}
        await made.quiet()
        assert await headings(made, "U_BEN") == []
        await made.move("PT9M")
        await made.quiet()
        assert await headings(made, "U_BEN") == []
        await made.move("PT1M")
        his = await made.post_with("No PIN yet: Cleo", "D_U_BEN")
        assert "Nobody has it since" in his["text"]
        await press_in(made, "U_MALLORY", "C_APPROVALS", notice)
        await answered(made, "U_MALLORY", "C_APPROVALS", "Only the one who asked for this stay, or an approver")
        await press_in(made, "U_BEN", "D_U_BEN", his)
        for channel, post in (("C_APPROVALS", notice), ("D_U_ADA", hers), ("D_U_BEN", his)):
            after = await changed(made, channel, post, "<@U_BEN> has it since")
            assert buttons(after) == set()
        await made.post_with("no PIN yet: taken", "D_U_ADA")
        await press_in(made, "U_ADA", "C_APPROVALS", notice)
        await answered(made, "U_ADA", "C_APPROVALS", "<@U_BEN> has it already, since")
        await made.move("PT30M")
        await made.quiet()
        assert await headings(made, "U_BEN") == [his["text"].splitlines()[0]], "the ladder has ended"
        assert len([h for h in await headings(made, "U_ADA") if "taken" in h]) == 1
        await vendor_is_back(made)
        await changed(made, "C_APPROVALS", notice, "Solved: the PIN has been made. <@U_BEN> had it.")
        await changed(made, "D_U_ADA", hers, "Solved: the PIN has been made.")
        await made.post_with("no PIN yet: over", "D_U_BEN")


async def test_what_solves_itself_stops_the_ladder_and_whoever_was_called_hears_of_it(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()
        await no_pin_for(made)
        await made.move("PT16M")
        notice = await made.post_with("No PIN yet: Cleo")
        await made.move("PT10M")
        his = await made.post_with("No PIN yet: Cleo", "D_U_BEN")
        await vendor_is_back(made)
        assert buttons(await changed(made, "C_APPROVALS", notice, "Solved: the PIN has been made.")) == set()
        await changed(made, "D_U_BEN", his, "Solved: the PIN has been made.")
        await made.post_with("no PIN yet: over", "D_U_BEN")
        await press_in(made, "U_BEN", "D_U_BEN", his)
        await answered(made, "U_BEN", "D_U_BEN", "Nobody is needed for this any more")
        await made.move("PT1H")
        await made.quiet()
        assert len(await direct(made, "U_BEN")) == 2
