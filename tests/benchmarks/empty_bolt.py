"""An empty Bolt listener as a process of its own, behind the same door and the same server as ours.

python -m tests.benchmarks.empty_bolt PORT SECRET
"""

import sys

import uvicorn
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.processes.stop import listen
from bot.processes.web import build_web
from providers.slack.listeners.authorizing import by_token, without_token
from providers.slack.listeners.endpoint import SlackEndpoint


def main(port: int, secret: str) -> None:
    web = AsyncWebClient(token="xoxb-bench")
    app = AsyncApp(
        client=without_token(web),
        authorize=by_token(web),
        signing_secret=secret,
        request_verification_enabled=False,
        process_before_response=True,
    )

    @app.command("/pin")
    async def pin(ack: AsyncAck) -> None:
        await ack("ok")

    @app.action("approve")
    async def approve(ack: AsyncAck) -> None:
        await ack()

    async def ready() -> dict[str, str]:
        return {}

    config = uvicorn.Config(build_web(SlackEndpoint(app, secret).routes(), ready), log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listen("127.0.0.1", port)])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
