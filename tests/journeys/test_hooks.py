"""Other programs are called when something happens: signed, in order, each thing once it has taken the one before, and
never with digits, a name or a number."""

import base64
import json
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from tests.journeys.forms import Form
from tests.journeys.living_demo import People, people
from tests.processes.operator import Said, at_the_terminal

PHONE = "+33639981234"


async def types(made: People, folder: Path, *words: str) -> Said:
    url = str(made.http.base_url)
    database = folder / "var" / "nightporter.db"
    where = {"DATABASE_URL": f"sqlite:///{database}", "SANDBOX_URL": url, "PUBLIC_URL": url}
    return await at_the_terminal(folder, "hooks", *words, **where)


async def added(made: People, folder: Path, name: str = "pms", *words: str) -> str:
    """Its secret."""
    said = await types(made, folder, "add", name, f"{made.http.base_url}/sandbox/hooks/{name}", *words)
    assert said.returncode == 0, said
    return said.stdout.splitlines()[-1]


async def calls(made: People, name: str = "pms") -> list[dict[str, Any]]:
    return list((await made.get(f"/sandbox/hooks/{name}"))["calls"])


async def answers(made: People, status: int, name: str = "pms") -> None:
    (await made.http.put(f"/sandbox/hooks/{name}", json={"status": status})).raise_for_status()


def bodies(found: list[dict[str, Any]], *, answered: int = 200) -> list[dict[str, Any]]:
    return [json.loads(one["body"]) for one in found if one["answered"] == answered]


async def hears(made: People, *events: str, name: str = "pms", move: str = "PT15S") -> list[dict[str, Any]]:
    """Waits until it has taken these, in this order."""

    async def look() -> Any:
        found = bodies(await calls(made, name))
        return found if [one["type"] for one in found] == list(events) else None

    await made.move(move)
    return list(await made.until(f"{name} hears of {events}", look))


async def test_a_program_hears_of_a_stay_from_its_approval_to_its_end(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        secret = await added(made, tmp_path)
        await made.says("U_ADA", f"loft for Ana {PHONE} now for 30h")
        await made.press("U_BEN", await made.post_with("Ana at Loft"), "approve")
        (pin,) = await made.until("the PIN is texted", lambda: made.pins(PHONE))
        approved, ready = await hears(made, "stay.approved", "pin.ready")
        assert approved["data"]["stay"]["doors"] == ["Loft"]
        assert approved["data"]["stay"]["source"] is None
        assert "pin" not in approved["data"]
        assert ready["data"]["pin"]["door"] == "Loft"
        assert ready["data"]["pin"]["activate_by"].endswith(("+01:00", "+02:00")), "on the clock of the door"
        door = next(one for one in (await made.get("/sandbox/doors"))["doors"] if one["name"] == "Loft")
        assert (await made.post(f"/sandbox/doors/{door['device_id']}/keypad", pin=pin))["opened"]
        await made.post(f"/sandbox/phones/{PHONE}", body="IN")
        await hears(made, "stay.approved", "pin.ready", "pin.used")
        found = await calls(made)
        for call in found:
            Webhook(secret).verify(call["body"], call["headers"])
            for hidden in (pin, "Ana", PHONE[1:], "9981234"):
                assert hidden not in call["body"]
        ids = [call["headers"]["webhook-id"] for call in found]
        assert len(set(ids)) == len(ids)
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


async def test_what_a_program_does_not_take_is_told_again_and_nothing_overtakes_it(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await added(made, tmp_path)
        await answers(made, 503)
        await made.says("U_ADA", f"loft for Ana {PHONE} in 5 days 15:00 for 30h")
        await made.press("U_BEN", await made.post_with("Ana at Loft"), "approve")

        async def tried() -> bool:
            return len(await calls(made)) >= 2

        await made.move("PT15S")
        await made.move("PT15S")
        await made.until("it was tried twice", tried)
        shown = (await types(made, tmp_path, "list")).stdout
        assert "DOES NOT TAKE IT" in shown
        assert "answered 503" in shown
        assert "/sandbox/hooks" not in shown
        await made.withdraws("U_ADA", "ana")
        found = await calls(made)
        assert {json.loads(one["body"])["type"] for one in found} == {"stay.approved"}
        assert len({one["headers"]["webhook-id"] for one in found}) == 1, "by its id it is known for the same"
        await answers(made, 200)
        _, cancelled = await hears(made, "stay.approved", "stay.cancelled", move="PT2H")
        assert "pin" not in cancelled["data"], "none was made"
        assert "DOES NOT" not in (await types(made, tmp_path, "list")).stdout


async def test_a_program_that_is_gone_is_called_no_more_and_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await added(made, tmp_path, "gone", "--event", "stay.denied")
        await added(made, tmp_path, "moved", "--event", "stay.denied")
        await answers(made, 410, "gone")
        await answers(made, 302, "moved")
        await made.says("U_ADA", f"loft for Ana {PHONE} in 5 days 15:00 for 30h")
        await made.press("U_BEN", await made.post_with("Ana at Loft"), "deny")
        assert (await Form(made, "U_BEN").submit(reason="No room"))["ok"]

        await made.post_with("Denied: no PIN for Ana", "D_U_ADA")
        await made.move("PT15S")

        async def both() -> bool:
            return bool(await calls(made, "gone")) and bool(await calls(made, "moved"))

        await made.until("both are called", both)
        await made.move("PT2H")
        await made.quiet()
        assert len(await calls(made, "gone")) == 1
        listed = (await types(made, tmp_path, "list")).stdout
        assert "ENDED" in listed
        assert "where we do not follow" in listed


async def test_where_nobody_may_have_us_call(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        for url, said in (
            ("http://hooks.example.com/", "has to begin with https://"),
            ("https://169.254.169.254/latest", "private network"),
            ("https://[fd00::1]/x", "private network"),
            ("https://10.0.0.7/x", "private network"),
            ("ftp://hooks.example.com/", "has to begin with https://"),
            ("nonsense", "no address"),
            ("", "no address"),
            ("https://", "no address"),
            (f"https://hooks.example.com/{'x' * 3000}", "no address"),
        ):
            refused = await types(made, tmp_path, "add", "pms", url)
            assert (refused.returncode, said in refused.stderr) == (1, True), (url, refused)
        assert (await types(made, tmp_path, "add", "a\nb", "https://x.example/")).returncode == 2
        assert (await types(made, tmp_path, "add", "x", "https://x.example/", "--event", "pin.digits")).returncode == 2
        await added(made, tmp_path)
        again = await types(made, tmp_path, "add", "pms", f"{made.http.base_url}/sandbox/hooks/pms")
        assert (again.returncode, "one is called pms already" in again.stderr) == (1, True)
        assert (await types(made, tmp_path, "remove", "other")).returncode == 1
        assert (await types(made, tmp_path, "remove", "pms")).returncode == 0
        assert "No program is called yet" in (await types(made, tmp_path, "list")).stdout
