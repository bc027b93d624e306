"""Windows that apps open over Slack: each person's stack of modals and their Home tab, with what was typed into them.

At most three modals lie on each other; a `hash` guards against lost updates (docs.slack.dev/surfaces/modals). Whether
a view is well-formed is `block_kit`'s business, who may open one is `web_api_views`'.
"""

from dataclasses import dataclass, field

from providers.sandbox.slack_room.inputs import input_elements, state_values
from providers.sandbox.slack_room.people_and_places import APP_ID, BOT_ID, PEOPLE, Json

MOST_STACKED = 3


@dataclass(slots=True)
class View:
    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    typed: dict[tuple[str, str], Json] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.body["blocks"]
        return blocks

    def wire(self) -> Json:
        """As Slack's API and payloads show it, with everything that is typed or picked now."""
        blank = {"private_metadata": "", "callback_id": "", "external_id": "", "close": None, "submit": None}
        said: Json = {**blank, "title": None, "clear_on_close": False, "notify_on_close": False, **self.body}
        said |= {
            "id": self.id,
            "hash": self.hash,
            "team_id": PEOPLE[self.user].team,
            "app_id": APP_ID,
            "bot_id": BOT_ID,
        }
        said |= {
            "root_view_id": self.root_id,
            "previous_view_id": self.previous_id,
            "app_installed_team_id": PEOPLE[self.user].team,
        }
        return said | {"state": {"values": state_values(self.blocks, self.typed)}}

    def rewrite(self, body: Json, new_hash: str) -> None:
        """What was typed stays where block_id, action_id and type stay the same."""
        self.body, self.hash = body, new_hash
        inputs = input_elements(self.blocks)
        kept = {(block["block_id"], element["action_id"]): element["type"] for block, element in inputs}
        self.typed = {key: value for key, value in self.typed.items() if kept.get(key) == value["type"]}


@dataclass(slots=True)
class Modals:
    stacks: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)

    def stack(self, user: str) -> list[View]:
        """Bottom first; empty if nothing is open."""
        return self.stacks.setdefault(user, [])

    def top(self, user: str) -> View | None:
        stack = self.stack(user)
        return stack[-1] if stack else None

    def find(self, view_id: object = None, external_id: object = None) -> View | None:
        """An open view by either of its names."""
        for view in [*(view for stack in self.stacks.values() for view in stack), *self.homes.values()]:
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        return None
