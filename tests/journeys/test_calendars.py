"""A booking platform's calendar is read for a door: its bookings are stays as any other."""

import json
from pathlib import Path
from typing import Any

from tests.journeys.calendars import Calendars
from tests.journeys.forms import Form
from tests.journeys.living_demo import People, people

PHONE = "+33639981234"
GIVEN_UP = "Olga at Front door: given up, no PIN ever existed"


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

        assert len(await texted(made)) == 1


async def waiting(made: People, guest: str = "Airbnb guest", door: str = "Front door") -> dict[str, Any]:
    return await made.post_with(f"Nobody to text: {guest} at {door}")


async def supplied(made: People, notice: dict[str, Any], name: str, phone: str) -> None:
    """Ben says whom to text, and approves."""
    await made.press("U_BEN", notice, "add_contact")
    assert (await Form(made, "U_BEN").submit(contact_name=name, contact_phone=phone))["ok"]
    await made.press("U_BEN", await made.post_with(f"{name} at Front door: to decide"), "approve")


async def texted(made: People, phone: str = PHONE) -> list[str]:
    async def look() -> list[str]:
        return list(await made.pins(phone))

    found: list[str] = await made.until("a PIN is texted", look)
    return found


async def posts(made: People, words: str) -> int:
    messages = (await made.get("/sandbox/slack/channels/C_APPROVALS"))["messages"]
    return sum(words in one["text"] for one in messages)


async def test_dates_that_move_are_followed_and_a_vanished_stay_is_given_up_after_a_day(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        calendars = Calendars(made, tmp_path)
        await made.stand_still()
        await calendars.set("loft", platform="airbnb")
        await calendars.book("loft", "A1", 5, 8, code="HMTEST1234")
        await calendars.book("loft", "A2", 20, 22, code="HMOTHER123")
        await calendars.added("loft", "airbnb")
        await supplied(made, await waiting(made), "Olga", PHONE)
        await calendars.book("loft", "A1", 6, 9, code="HMTEST1234")
        await calendars.read_again("loft")
        asked = await made.post_with("A change to decide: Olga, Front door")
        assert "airbnb asks for Mon 7 Dec 15:00 - Thu 10 Dec 11:00 instead of Sun 6 Dec 15:00" in asked["text"]
        await made.press("U_BEN", asked, "change_yes")
        await made.post_with("Granted: Mon 7 Dec 15:00 - Thu 10 Dec 11:00")
        await calendars.set("loft", cancel="A1")
        await calendars.read_again("loft")
        await calendars.read_again("loft", "PT23H")
        assert await posts(made, GIVEN_UP) == 0
        await calendars.read_again("loft", "PT2H")
        await made.quiet()
        await made.post_with(GIVEN_UP)
        await made.move("P9D")
        await made.quiet()
        assert await made.pins(PHONE) == [], "no PIN was ever made"


async def test_no_bad_day_of_a_platform_cancels_anything(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        calendars = Calendars(made, tmp_path)
        await made.stand_still()
        await calendars.set("loft", platform="airbnb")
        await calendars.book("loft", "A1", 7, 9, code="HMTEST1234")
        letters = await calendars.added("loft", "airbnb")
        await supplied(made, await waiting(made), "Olga", PHONE)
        for answers in ("empty", "login", "cut", "nothing", "huge", "private", "loop", "gone"):
            await calendars.set("loft", answers=answers)
            await calendars.read_again("loft", "PT11H")
            if answers != "empty":
                assert f"({letters}): 1 booking. It " in await made.says("U_BEN", "feeds")
            await calendars.set("loft", answers="calendar")
            await calendars.read_again("loft")
        for fault in ("http_500", "reset", "http_429", "http_401"):
            await made.post("/sandbox/faults", provider="feeds", fault=fault, rate=1)
            await made.move("PT16M")
            await made.quiet()
            await made.post("/sandbox/faults", provider="feeds", fault=fault, rate=0)
        assert await posts(made, GIVEN_UP) == 0
        await calendars.set("loft", answers="elsewhere")
        await calendars.read_again("loft")
        assert "Read 0 minutes ago" in await made.says("U_BEN", "feeds"), "a redirect to a right place is followed"
        await made.move("P3D")
        assert len(await texted(made)) == 1
        assert "s3cr3t" not in (tmp_path / "log").read_text()
        assert "/sandbox/feeds/" not in (tmp_path / "log").read_text(), "no log names an address"


async def test_two_calendars_of_a_door_are_one_stay(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        calendars = Calendars(made, tmp_path)
        await made.stand_still()
        await calendars.set("air", platform="airbnb")
        await calendars.set("closed", platform="booking")
        await calendars.book("air", "A1", 5, 8, code="HMTEST1234")
        await calendars.added("air", "airbnb")
        await waiting(made)
        await calendars.book("closed", "B1", 5, 8)
        await calendars.book("closed", "B2", 8, 10)
        await calendars.added("closed", "booking")
        await waiting(made, "Booking.com guest")
        await made.quiet()
        assert (await posts(made, "Nobody to text: Airbnb"), await posts(made, "Nobody to text: Booking")) == (1, 1)
        await calendars.set("air", cancel="A1")
        await calendars.read_again("air")
        await calendars.read_again("air", "P1D")
        assert await posts(made, "Nobody to text") == 2
        shown = await made.says("U_BEN", "feeds")
        assert "Airbnb for Front door" in shown
        assert "Booking.com for Front door" in shown
        assert "2 bookings" in shown
        assert "http" not in shown
        assert "Only an approver" in await made.says("U_ADA", "feeds")


async def test_a_calendar_that_is_silent_for_a_day_is_an_alert_that_ends_by_itself(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        calendars = Calendars(made, tmp_path)
        await made.stand_still()
        await calendars.set("loft", platform="vrbo")
        await calendars.added("loft", "vrbo")
        await calendars.read_again("loft")
        await made.post("/sandbox/faults", provider="feeds", fault="http_500", rate=1)
        await made.move("PT23H")
        await made.quiet()
        assert await posts(made, "A calendar could not be read for a day") == 0
        await made.move("PT1H20M")
        alert = await made.post_with("A calendar could not be read for a day: Vrbo for Front door")
        assert "answers with an error" in alert["text"]
        await made.move("PT2H")
        await made.quiet()
        assert await posts(made, "A calendar could not be read for a day") == 1, "once as long as it lasts"
        await made.post("/sandbox/faults", provider="feeds", fault="http_500", rate=0)
        await calendars.read_again("loft")
        await made.post_with("Over: the calendar was read again")


async def test_what_the_operator_types(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        calendars = Calendars(made, tmp_path)
        assert "No calendar is read yet" in (await calendars.types("list")).stdout
        await calendars.set("loft", platform="google")
        await calendars.book("loft", "G1", 5, 8, name="Ana Sample", phone=PHONE)
        letters = await calendars.added("loft", "google", "loft")
        await made.post_with("Ana Sample at Loft: to decide")
        listed = await calendars.types("list")
        assert f"Google Calendar for Loft ({letters}): 1 booking. Read " in listed.stdout
        (row,) = json.loads((await calendars.types("list", "--json")).stdout)
        assert (row["door"], row["from"], row["problem"], row["bookings"]) == ("Loft", "google", None, 1)
        assert "address" not in row
        assert "feeds/loft" not in str(row)
        again = await calendars.types("add", "loft", calendars.url("loft"), "--from", "google")
        assert (again.returncode, "already" in again.stderr) == (3, True)
        await calendars.set("loft", answers="login")
        read = await calendars.types("read", letters.lower())
        assert (read.returncode, "It is a web page" in read.stdout) == (1, True)
        await calendars.set("loft", answers="calendar")
        assert (await calendars.types("read")).returncode == 0
        for words, status, said in (
            (("add", "loft", "http://calendars.example/1.ics", "--from", "airbnb"), 3, "https://"),
            (("add", "loft", "https://10.0.0.1/1.ics", "--from", "airbnb"), 3, "private network"),
            (("add", "loft", "nonsense", "--from", "airbnb"), 3, "no address"),
            (("add", "loft", calendars.url("nobody"), "--from", "airbnb"), 3, "no calendar any more (404)"),
            (("add", "lofft", calendars.url("loft"), "--from", "airbnb"), 3, "Loft"),
            (("add", "loft", calendars.url("loft"), "--from", "expedia"), 2, "is no platform: there are airbnb"),
            (("remove", "ABCDE"), 1, "see nightporter feeds list"),
            (("read", "ABCDE"), 1, "see nightporter feeds list"),
        ):
            refused = await calendars.types(*words)
            assert (refused.returncode, said in refused.stderr) == (status, True), (words, refused)
        gone = await calendars.types("remove", letters)
        assert (gone.returncode, "Its stays stand" in gone.stdout) == (0, True)
        assert "No calendar is read yet" in (await calendars.types("list")).stdout
        url = calendars.url("loft")
        said = await calendars.types("add", "loft", "-", "--from", "google", "--unit", "Flat 2", stdin=f" {url}\n")
        assert (said.returncode, "Loft, Flat 2 is read from now on" in said.stdout) == (0, True), said
        assert "Ana Sample" in await made.says("U_BEN", "approvals")


async def test_a_list_of_the_hosts_own_says_whom_to_text(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        calendars = Calendars(made, tmp_path)
        await calendars.set("loft", platform="airbnb")
        for number in (1, 2, 3):
            await calendars.book("loft", f"A{number}", 7 * number, 7 * number + 2, code=f"HMTEST000{number}")
        await calendars.added("loft", "airbnb")
        await made.post_with("Nobody to text: Airbnb guest at Front door")
        file = tmp_path / "guests.csv"
        file.write_text(
            f"code;name;phone\nhmtest0001;Olga Sample;{PHONE}\nHMTEST0002;;none\nHMTEST9999;Nobody;{PHONE}\n"
        )
        said = await calendars.types_of("sources", "contacts", str(file))
        assert said.returncode == 1
        assert "1 of 3 stays have a number now, and are asked for; 2 still wait." in said.stdout
        assert "line 3: " in said.stderr
        assert "line 4: no stay that waits for a number has this code" in said.stderr
        assert PHONE not in said.stdout + said.stderr
        await made.post_with("Olga Sample at Front door: to decide")
        file.write_text("code,phone\nHMTEST0002,+33639981235\nHMTEST0003,+33639981236\n")
        said = await calendars.types_of("sources", "contacts", str(file))
        assert (said.returncode, "2 of 2 stays have a number now" in said.stdout) == (0, True)
        await made.post_with("Airbnb guest at Front door: to decide")
        assert (await calendars.types_of("sources", "contacts", str(tmp_path / "none.csv"))).returncode == 2
