"""Slack's end of Socket Mode: who may connect, the greeting, and reading acknowledgements.

docs.slack.dev/apis/events-api/using-socket-mode: the URL of apps.connections.open is used once; `hello` comes first,
then envelopes; at most ten connections per app.
"""

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from providers.sandbox.asked import Json, Unfit, parse_json
from providers.sandbox.slack_room.delivery import Socket
from providers.sandbox.slack_room.people_and_places import APP_ID
from providers.sandbox.slack_room.room import SlackRoom

MOST_SOCKETS = 10


async def serve(room: SlackRoom, websocket: WebSocket) -> None:
    """One connection, from its ticket to its end."""
    delivery, ticket = room.delivery, websocket.query_params.get("ticket", "")
    if ticket not in delivery.tickets or len(delivery.sockets) >= MOST_SOCKETS:
        await websocket.close(4403)
        return
    delivery.tickets.discard(ticket)
    await websocket.accept()
    socket = Socket(websocket.send_json)
    await websocket.send_json(_hello(len(delivery.sockets) + 1))
    delivery.sockets.append(socket)
    try:
        while True:
            socket.acknowledge(_read(await websocket.receive()))
    except WebSocketDisconnect:
        return
    finally:
        delivery.sockets.remove(socket)


def _hello(connections: int) -> Json:
    about = {"host": "sandbox", "approximate_connection_time": 18060}
    return {"type": "hello", "num_connections": connections, "connection_info": {"app_id": APP_ID}, "debug_info": about}


def _read(frame: Message) -> Json:
    """Raises WebSocketDisconnect at the end; what is not a JSON object counts as nothing said."""
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(frame.get("code", 1000))
    try:
        said = parse_json(frame.get("text") or frame.get("bytes") or "{}")
    except Unfit:
        return {}
    return said if isinstance(said, dict) else {}
