"""A booking platform's calendar is read for a door: its bookings are stays as any other."""

from pathlib import Path

from tests.journeys.calendars import Calendars
from tests.journeys.forms import Form
from tests.journeys.living_demo import people

PHONE = "+33639981234"


async def test_a_booking_waits_for_its_number_is_approved_and_gets_its_pin(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        calendars = Calendars(made, tmp_path)
        await calendars.set("loft", platform="airbnb")
        await calendars.book("loft", "A1", 1, 4, code="HMTEST1234", last_four="1234")
        await calendars.book("loft", "A2", 6, 8, block=True)
        await calendars.added("loft", "airbnb")
        notice = await made.post_with("Nobody to text: Airbnb guest at Front door")
        await made.press("U_BEN", notice, "add_contact")
        assert (await Form(made, "U_BEN").submit(contact_name="Olga", contact_phone=PHONE))["ok"]
        card = await made.post_with("Olga at Front door: to decide")
        await made.press("U_BEN", card, "approve")
        await made.move("PT8H")

        async def texted() -> list[str]:
            return list(await made.pins(PHONE))

        assert len(await made.until("the PIN is texted", texted)) == 1
