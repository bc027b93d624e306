"""The Home tab: drawn when it is opened or refreshed, with what may be decided there."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import DENY_TITLE, deny_about, refused
from bot.conversation.team.alert_words import HOME_HAVE_IT
from bot.conversation.team.home import APPROVE, ASK, DENY, HOME_ADD_CONTACT, REFRESH, Home, HomeSection, home
from bot.domain.refusals import Reason, Refusal
from bot.ports import Ports, Stale
from bot.workflows.decide_request import decide_request, preview_denial
from bot.workflows.show_home import show_home
from bot.workflows.take_alert import take_alert
from bot.workflows.take_stay import contact_to_supply
from providers.slack.listeners.answering import Unheard, soon, workspace_of
from providers.slack.listeners.asking import Asking
from providers.slack.listeners.contact import contact_view
from providers.slack.listeners.elements import Block, actions, button, context, header, section
from providers.slack.listeners.form import deny_view, read_request


def register(app: AsyncApp, ports: Ports, asking: Asking) -> "HomeTab":
    """The tab's buttons; its event is registered with the others (`events`)."""
    tab = HomeTab(ports, asking)
    app.action(REFRESH)(tab.refreshed)
    app.action(ASK)(tab.asked)
    app.action(APPROVE)(tab.approved)
    app.action(DENY)(tab.denied)
    app.action(HOME_HAVE_IT)(tab.taken)
    app.action(HOME_ADD_CONTACT)(tab.contact)
    return tab


class HomeTab:
    def __init__(self, ports: Ports, asking: Asking) -> None:
        self._ports = ports
        self._asking = asking

    async def opened(self, event: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext) -> None:
        person = event.get("user")
        if isinstance(person, str) and event.get("tab", "home") == "home":
            await self._publish(client, person, workspace_of(context))

    async def refreshed(
        self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        await self._publish(client, str(body["user"]["id"]), workspace_of(context))
        await ack()

    async def asked(
        self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        # A click in the Home tab brings no response_url: Slack's own warning is all that can be shown.
        if not await self._asking.open_form(client, body, workspace=workspace_of(context)):
            raise Unheard
        await ack()

    async def approved(
        self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        """A refusal is told at the top of the tab, to the one who pressed."""
        person, remark = str(body["user"]["id"]), ""
        request_id, seen = read_request(_value(body))
        try:
            await decide_request(self._ports, request_id, person, approved=True, seen=seen)
        except Refusal as refusal:
            remark = refused(refusal)
        except Stale:
            remark = refused(Refusal(Reason.ALREADY_DECIDED))
        await self._publish(client, person, workspace_of(context), remark)
        await ack()

    async def taken(
        self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        person, remark = str(body["user"]["id"]), ""
        try:
            await take_alert(self._ports, _value(body), person)
        except Refusal as refusal:
            remark = refused(refusal)
        except Stale:
            remark = refused(Refusal(Reason.ALERT_TAKEN))
        await self._publish(client, person, workspace_of(context), remark)
        await ack()

    async def denied(
        self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        """Opens the form for the reason; the denial is what it submits."""
        person = str(body["user"]["id"])
        try:
            seen = await preview_denial(self._ports, _value(body), person)
        except Refusal as refusal:
            await self._publish(client, person, workspace_of(context), refused(refusal))
            await ack()
            return
        view = deny_view(seen.request.id, DENY_TITLE, deny_about(seen.request, seen.guest, seen.lock))
        if not await soon(client.views_open(trigger_id=str(body["trigger_id"]), view=view)):
            raise Unheard
        await ack()

    async def contact(
        self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        """Opens the form for whom to text."""
        person, stay_id = str(body["user"]["id"]), _value(body)
        try:
            view = contact_view(stay_id, await contact_to_supply(self._ports, stay_id, person))
        except Refusal as refusal:
            await self._publish(client, person, workspace_of(context), refused(refusal))
            await ack()
            return
        if not await soon(client.views_open(trigger_id=str(body["trigger_id"]), view=view)):
            raise Unheard
        await ack()

    async def _publish(self, client: AsyncWebClient, person: str, workspace: str, remark: str = "") -> None:
        shown = home(await show_home(self._ports, person, workspace), remark)
        await soon(client.views_publish(user_id=person, view=home_view(shown)))


def home_view(shown: Home) -> dict[str, Any]:
    """At most 100 blocks: two for each of a part's few lines, and a handful around them."""
    blocks = [actions([button(b.action, b.label, b.value, b.style) for b in shown.buttons]), context([shown.seen])]
    blocks += [section(f":warning: {shown.remark}")] if shown.remark else []
    return {"type": "home", "blocks": [*blocks, *(block for part in shown.parts for block in _part(part))]}


def _part(part: HomeSection) -> list[Block]:
    blocks = [header(part.heading)]
    for line in part.lines:
        blocks.append(section(f":warning: {line.words}" if line.worries else line.words))
        if line.buttons:
            blocks.append(actions([button(b.action, b.label, b.value, b.style) for b in line.buttons]))
    blocks += [context([part.empty])] if part.empty else []
    return blocks + ([context([f"… and {part.more} more"])] if part.more else [])


def _value(body: dict[str, Any]) -> str:
    return str(body["actions"][0].get("value") or "")
