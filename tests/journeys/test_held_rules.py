"""Somebody gives a lock another name in its maker's app, seen through the real doors: what the rules needed they need,
of what waits and of what is asked from then on, until the operator says that the new name is meant."""

from pathlib import Path
from typing import Any

from tests.journeys.living_demo import People, people
from tests.journeys.test_policy import in_channel, pressed, rules, texted
from tests.processes.operator import at_the_terminal

RULES = """
[[rule]]
locks = ["Cabin"]
needed = 2
approvers = ["U_ADA", "U_BEN"]

[[rule]]
locks = ["Storage"]
automatic = true
"""
CLEO, DORA, EVE, FAY = (f"+3363998123{n}" for n in range(1, 5))


async def renamed(made: People, slug: str, name: str) -> None:
    """In its maker's app, which tells so; the locks are read again."""
    await made.post(f"/sandbox/doors/{slug}/name", name=name)

    async def listed() -> bool:
        return name in await made.says("U_MALLORY", "locks")

    await made.until(f"the lock is called {name}", listed)


async def test_a_strict_door_that_is_called_storage_stays_strict(tmp_path: Path) -> None:
    async with people(tmp_path, POLICY_FILE=rules(tmp_path, RULES)) as made:
        url = str(made.http.base_url).rstrip("/")
        environment = {"SANDBOX_URL": url, "PUBLIC_URL": url, "POLICY_FILE": str(tmp_path / "policy.toml")}
        await made.says("U_MALLORY", f"cabin for Cleo {CLEO} now for 3h")
        assert "2 approvers are needed." in (await made.post_with("Cleo at Cabin: to decide"))["text"]
        await renamed(made, "cabin", "Storage")
        await made.post_with('No lock is called "Cabin"')
        assert "An approver decides" in await made.says("U_MALLORY", f"storage for Dora {DORA} now for 3h")
        await made.post_with("Dora at Storage: to decide")

        for guest, phone in (("Cleo", CLEO), ("Dora", DORA)):
            card = await made.post_with(f"{guest} at ")
            assert await pressed(made, "U_BEN", card, "approve") == ""
            card = await half_approved(made, guest)
            assert await made.pins(phone) == [], "one click does not approve"
            await pressed(made, "U_ADA", card, "approve")
            assert await texted(made, phone)
            await made.post_with(f"{guest} at Storage: PIN texted")

        listed = (await at_the_terminal(tmp_path, "locks", "list", **environment)).stdout
        assert "rules know it as: Cabin" in listed
        checked = (await at_the_terminal(tmp_path, "doctor", **environment)).stdout
        assert 'WRONG approval rules: no lock is called "Cabin"' in checked
        assert "Storage is also under the rules for Cabin, its older name; where today's is meant:" in checked
        done = await at_the_terminal(tmp_path, "locks", "set", "storage", "--forget-names", **environment)
        assert done.stdout.strip() == "Approval rules know Storage by this name alone."
        assert "approved by the rules" in await made.says("U_MALLORY", f"storage for Eve {EVE} now for 3h")
        await renamed(made, "cabin", "Cabin")
        await made.post_with("Over: a lock is called so, or no rule names it any more.")
        assert await in_channel(made, 'No lock is called "Cabin"') == 1


async def half_approved(made: People, guest: str) -> dict[str, Any]:
    async def look() -> Any:
        card = await made.post_with(f"{guest} at Storage: to decide")
        return card if "1 of 2: Approved by <@U_BEN>" in card["text"] else None

    found: dict[str, Any] = await made.until(f"one has approved {guest}", look)
    return found


async def test_a_door_that_no_rule_names_does_not_open_by_itself_either(tmp_path: Path) -> None:
    async with people(tmp_path, POLICY_FILE=rules(tmp_path, RULES)) as made:
        await renamed(made, "front-door", "storage")
        assert "An approver decides" in await made.says("U_MALLORY", f"storage for Fay {FAY} now for 3h")
        await made.post_with("Fay at storage: to decide")
        await made.quiet()
        assert await made.pins(FAY) == []
