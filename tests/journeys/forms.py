"""What people do with the bot's forms and the Home tab in the demo, and what they read there."""

from dataclasses import dataclass
from typing import Any

from tests.journeys.living_demo import People

Json = dict[str, Any]


@dataclass
class Form:
    """The form that a person has open; each deed reads it anew."""

    people: People
    user: str

    async def view(self) -> Json:
        shown: list[Json] = (await self.people.get(f"/sandbox/slack/views/{self.user}"))["modals"]
        assert shown, "no form is open"
        return shown[-1]

    async def words(self) -> str:
        return words_of(await self.view())

    async def pick(self, action_id: str, value: str, **typed: str) -> str:
        """Picks a value, having typed others; what the form says then."""
        view = await self.view()
        body = {"user": self.user, "view_id": view["id"], "action_id": action_id, "value": value, "values": typed}
        assert (await self.people.post("/sandbox/slack/click", **body))["ok"]
        return await self.words()

    async def press(self, label: str) -> str:
        """Presses the button with these words."""
        view = await self.view()
        found = next(b for b in buttons_of(view) if label in b["text"]["text"])
        body = {"user": self.user, "view_id": view["id"], "action_id": found["action_id"], "value": found["value"]}
        assert (await self.people.post("/sandbox/slack/click", **body))["ok"]
        return await self.words()

    async def submit(self, **values: str) -> Json:
        said: Json = await self.people.post("/sandbox/slack/submit", user=self.user, values=values)
        return said

    async def typed(self) -> dict[str, Any]:
        """What stands in each field, by action_id."""
        states: dict[str, Any] = {}
        for block in (await self.view())["state"]["values"].values():
            for name, state in block.items():
                picked = state.get("selected_option")
                plain = next((v for k, v in state.items() if k not in ("type", "selected_option") and v), None)
                states[name] = picked["text"]["text"] if picked else plain
        return states


async def opened(people: People, user: str, words: str = "") -> Form:
    """`/pin words`, and the form that it opens."""
    assert await people.says(user, words) == ""
    form = Form(people, user)
    await form.view()
    return form


def words_of(view: Json) -> str:
    """Every word that a person reads in a view, in order."""
    return "\n".join(_words(view["blocks"]))


def buttons_of(view: Json) -> list[Json]:
    elements = [e for block in view["blocks"] for e in (*block.get("elements", []), block.get("accessory", {}))]
    return [element for element in elements if element.get("type") == "button"]


def _words(node: Any) -> list[str]:
    if isinstance(node, list):
        return [words for item in node for words in _words(item)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if isinstance(node.get("text"), str) else []
    return own + [words for value in node.values() if isinstance(value, dict | list) for words in _words(value)]
