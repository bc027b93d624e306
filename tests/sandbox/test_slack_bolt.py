"""An unmodified slack_bolt app lives in the sandbox, by signed HTTP and by Socket Mode."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.blocks import MODAL, actions, ask, button, option, section
from tests.sandbox.people import Town, open_town

Json = dict[str, Any]
HOME = {"type": "home", "blocks": [section("Yours")]}
FORM = {
    **MODAL,
    "blocks": [
        ask({"type": "plain_text_input", "action_id": "guest"}, block_id="guest"),
        ask({"type": "external_select", "action_id": "lock"}, block_id="lock"),
    ],
}


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as opened:
        yield opened


def porter(client: AsyncWebClient) -> AsyncApp:
    app = AsyncApp(client=client, signing_secret="sandbox-signing-secret", process_before_response=True)

    @app.command("/pin")
    async def ask_for_pin(ack: AsyncAck, command: Json, client: AsyncWebClient) -> None:
        if command["text"] == "help":
            await ack("Say /pin")
            return
        await client.views_open(trigger_id=command["trigger_id"], view=FORM)
        await ack()

    @app.options("lock")
    async def locks(ack: AsyncAck) -> None:
        await ack(options=[option("front-door")])

    @app.view("ask")
    async def asked(ack: AsyncAck, body: Json, view: Json, client: AsyncWebClient) -> None:
        values = view["state"]["values"]
        if values["guest"]["guest"]["value"] == "Nobody":
            await ack(response_action="errors", errors={"guest": "Who is that?"})
            return
        await ack()
        lock = values["lock"]["lock"]["selected_option"]["value"]
        card = [section(f"{values['guest']['guest']['value']} at {lock}"), actions(button("approve", value="1"))]
        await client.chat_postMessage(channel="C_APPROVALS", text="A request", blocks=card)

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json, respond: AsyncRespond, client: AsyncWebClient) -> None:
        await ack()
        if body["user"]["id"] != "U_BEN":
            await respond(text="You may not decide this.")
            return
        container = body["container"]
        await client.chat_update(channel=container["channel_id"], ts=container["message_ts"], text="Approved")

    @app.event("app_home_opened")
    async def home(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view=HOME)

    return app


async def live_a_day(town: Town) -> None:
    """The whole round: ask, be corrected, choose, decide, look at Home."""
    said = await town.does("command", user="U_ADA", text="help")
    assert (said["ok"], [shown["text"] for shown in said["shown"]]) == (True, ["Say /pin"])
    assert (await town.does("command", user="U_ADA", text=""))["ok"]
    wrong = await town.does("submit", user="U_ADA", values={"guest": "Nobody", "lock": "front-door"})
    assert wrong["errors"] == {"guest": "Who is that?"}
    assert (await town.does("submit", user="U_ADA", values={"guest": "Ana"}))["ok"]
    (card,) = await town.messages("C_APPROVALS")
    assert card["blocks"][0]["text"]["text"] == "Ana at front-door"
    click = {"channel": "C_APPROVALS", "ts": card["ts"], "action_id": "approve"}
    refused = await town.does("click", user="U_MALLORY", **click)
    assert [shown["text"] for shown in refused["shown"]] == ["You may not decide this."]
    assert (await town.does("click", user="U_BEN", **click))["ok"]
    assert (await town.messages("C_APPROVALS"))[0]["text"] == "Approved"
    assert (await town.does("home", user="U_ADA"))["ok"]
    assert (await town.sees("slack/views/U_ADA"))["home"]["blocks"][0]["text"]["text"] == "Yours"


@asynccontextmanager
async def shared_client(town: Town) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        url = f"{town.url}/sandbox/slack/api/"
        yield AsyncWebClient(token="xoxb-sandbox", base_url=url, session=session)


async def test_by_http(town: Town) -> None:
    async with shared_client(town) as client:
        town.bot.bolt = AsyncSlackRequestHandler(porter(client)).handle
        await live_a_day(town)
        forged = await town.does("command", user="U_ADA", text="help", bad_signature=True)
        assert (forged["status"], forged["ok"]) == (401, False)


async def test_by_socket_mode(town: Town) -> None:
    async with shared_client(town) as client:
        handler = AsyncSocketModeHandler(porter(client), "xapp-sandbox")
        await handler.connect_async()
        try:
            await live_a_day(town)
        finally:
            await handler.close_async()
    assert town.bot.heard == []


async def test_two_sockets_alternate_and_a_closed_one_gets_nothing(town: Town) -> None:
    async with shared_client(town) as client:
        handlers = [AsyncSocketModeHandler(porter(client), "xapp-sandbox") for _ in range(2)]
        heard = [0, 0]
        for index, handler in enumerate(handlers):

            async def listen(message: Any, index: int = index) -> None:
                heard[index] += '"slash_commands"' in str(message.data)

            handler.client.on_message_listeners.append(listen)
            await handler.connect_async()
        for _ in range(4):
            assert (await town.does("command", user="U_ADA", text="help"))["ok"]
        assert heard == [2, 2]
        await handlers[0].close_async()
        await town.does("command", user="U_ADA", text="help")
        await handlers[1].close_async()
    assert heard[0] == 2
    said = await town.does("command", user="U_ADA", text="help")
    assert (said["status"], len(town.bot.heard)) == (200, 1)


async def test_a_ticket_opens_one_socket(town: Town) -> None:
    url = (await town.slack().apps_connections_open(app_token="xapp-sandbox"))["url"]
    assert url.startswith("ws://127.0.0.1")
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            for garbage in ("{", "[]", '{"envelope_id": []}', '{"envelope_id": "envelope-99"}'):
                await socket.send_str(garbage)
            await socket.send_bytes(b"\xff")
            said = await town.does("command", user="U_ADA", text="")
            assert said["error"] == "operation_timeout"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url.partition("?")[0])


async def test_the_sandbox_stops_though_somebody_listens() -> None:
    async with aiohttp.ClientSession() as session:
        async with open_town() as town:
            url = (await town.slack().apps_connections_open(app_token="xapp-sandbox"))["url"]
            socket = await session.ws_connect(url)
            assert (await socket.receive_json())["type"] == "hello"
        assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        await socket.close()
