"""In the demo a booking comes as a booking system sends it: set up, signed by the sandbox, decided by Ben."""

from datetime import timedelta
from pathlib import Path

from tests.contracts.booking_examples import calcom, hospitable
from tests.journeys.living_demo import people


async def test_a_booking_comes_and_moves_in_the_demo(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.ready()
        set_up = await made.post("/demo/bookings/hospitable")
        assert "Front door" in set_up["listings"]
        begins = (await made.now()).replace(minute=0, second=0) + timedelta(hours=2)

        async def said(hours: int, minute: int) -> None:
            times = {"check_in": begins.isoformat(), "check_out": (begins + timedelta(hours=hours)).isoformat()}
            body = hospitable(f"2026-12-01T10:{minute:02}:00Z", **times, properties=[{"id": "Front door"}])
            answer = await made.post("/sandbox/bookings/hospitable", secret=set_up["secret"], body=body)
            assert answer == {"status": 200, "body": '{"ok":true}'}

        await said(30, 1)
        card = await made.post_with("Ana Sample at Front door")
        assert "hospitable" in str(card)
        await made.press("U_BEN", card, "approve")
        await made.until("Ana has her PIN", lambda: made.pins("+33639981234"))
        await said(20, 2)
        await made.post_with("Changed by hospitable")
        wrong = await made.post("/sandbox/bookings/hospitable", secret="another", body={})
        assert wrong["status"] == 401


async def test_every_system_can_be_set_up_there_and_no_other(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.ready()
        set_up = await made.post("/demo/bookings/calcom")
        begins = (await made.now()).replace(minute=0, second=0) + timedelta(hours=2)
        times = {"startTime": begins.isoformat(), "endTime": (begins + timedelta(hours=9)).isoformat()}
        body = calcom(**times, eventTypeId="Loft")
        answer = await made.post("/sandbox/bookings/calcom", secret=set_up["secret"], body=body)
        assert answer["status"] == 200
        await made.post_with("Ana Sample at Loft")
        assert "error" in (await made.http.post("/demo/bookings/nobody")).json()
