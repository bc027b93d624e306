"""A form that is drawn anew while somebody fills it in: which of two quick changes is shown, and whose clicks are
whose where two forms share fields. What stands in a form is not known here."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from providers.slack.listeners.answering import outcome_of, soon

_MOST_FORMS = 500


def of_form(callback_id: str) -> Callable[..., Awaitable[bool]]:
    """A matcher for Bolt: the click was in a form with this callback_id."""

    async def matches(body: dict[str, Any]) -> bool:
        view = body.get("view")
        return isinstance(view, dict) and view.get("callback_id") == callback_id

    return matches


class LiveForm:
    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    async def show(
        self, client: AsyncWebClient, body: Mapping[str, Any], draw: Callable[[], Awaitable[dict[str, Any]]]
    ) -> None:
        """Draws the form anew. `hash` keeps us from drawing over a newer one; who comes second in a quick row of
        changes knows more than the first, and draws again."""
        view_id, stamp = str(body["view"].get("id") or ""), str(body["actions"][0].get("action_ts") or "")
        self._remember(view_id, stamp)
        view = await draw()
        said = await outcome_of(client.views_update(view_id=view_id, hash=body["view"].get("hash"), view=view))
        if said == "hash_conflict" and self._seen.get(view_id) == stamp:
            await soon(client.views_update(view_id=view_id, view=view))

    def _remember(self, view_id: str, stamp: str) -> None:
        """The newest change of each form that is open; a few hundred are enough."""
        self._seen[view_id] = max(stamp, self._seen.pop(view_id, ""))
        if len(self._seen) > _MOST_FORMS:
            del self._seen[next(iter(self._seen))]
