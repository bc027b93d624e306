"""What somebody writes in a weekend: Bolt, Seam's and Twilio's SDK, and reminders in APScheduler's job store.

It keeps what was asked in memory, and nothing else. No ledger of slots, no seals, no audit log, no intent written down
before a vendor is called: a crash loses requests, and a PIN whose answer is lost is made twice. It is here to be
measured beside ours, in the sandbox alone, and never to be run anywhere else.

    python -m tests.benchmarks.naive_bot PORT SANDBOX_URL FOLDER
"""

import re
import sys
import time
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from seam import Seam
from slack_bolt import App
from slack_bolt.adapter.starlette import SlackRequestHandler
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from twilio.rest import Client

from providers.sandbox.world import SandboxSettings

ASK = re.compile(
    r"(?P<door>\S+) for (?P<guest>\w+) (?P<phone>\+\d+) (?P<start>\d{4}-\d\d-\d\d \d\d:\d\d) - (?P<end>\S+ \d\d:\d\d)"
)
BEFORE_THE_DEADLINE = timedelta(hours=24 - 6)
"""Six hours before a PIN of more than a day dies unused."""

texter: Client
sender = ""


def remind(phone: str, door: str) -> None:
    """By name in the job store, so it stands here."""
    texter.messages.create(to=phone, from_=sender, body=f"Please use your PIN for {door} within six hours.")


def bot(sandbox: SandboxSettings, scheduler: BackgroundScheduler) -> App:
    seam = Seam(sandbox.seam_api_key, endpoint=f"{sandbox.base_url}/sandbox/seam")
    doors = {lock.display_name.lower().replace(" ", "-"): lock for lock in seam.devices.list()}
    web = WebClient(sandbox.slack_bot_token, base_url=f"{sandbox.base_url}/sandbox/slack/api/")
    app = App(client=web, signing_secret=sandbox.slack_signing_secret)
    asked: dict[str, dict[str, str]] = {}
    numbers = count(1)

    @app.command("/pin")
    def pin(ack: Any, command: dict[str, Any], client: WebClient) -> None:
        found = ASK.fullmatch(command["text"])
        if not found or found["door"] not in doors:
            ack("Say: /pin front-door for Ana +33639980001 2026-12-04 15:00 - 2026-12-06 11:00")
            return
        ack(f"Asked for a PIN for {found['guest']}.")
        request_id = str(next(numbers))
        asked[request_id] = found.groupdict()
        words = f"{found['guest']} at {found['door']}, {found['start']} - {found['end']}: to decide"
        client.chat_postMessage(channel=sandbox.approvals_channel, text=words, blocks=_card(words, request_id))

    @app.action("approve")
    def approve(ack: Any, action: dict[str, Any], body: dict[str, Any], client: WebClient) -> None:
        ack()
        stay = asked.pop(action["value"])
        door = doors[stay["door"]]
        zone = ZoneInfo(door.properties.get("timezone") or "Europe/Paris")
        starts, ends = (datetime.fromisoformat(stay[end]).replace(tzinfo=zone) for end in ("start", "end"))
        made = seam.access_codes.create(
            device_id=door.device_id,
            name=stay["guest"],
            starts_at=starts.isoformat(),
            ends_at=ends.isoformat(),
            is_offline_access_code=True,
        )
        while not made.code:
            time.sleep(0.1)
            made = seam.access_codes.get(access_code_id=made.access_code_id)
        words = f"{stay['guest']}, your PIN for {stay['door']} is {made.code}, {stay['start']} - {stay['end']}."
        texter.messages.create(to=stay["phone"], from_=sender, body=words)
        scheduler.add_job(remind, "date", run_date=starts + BEFORE_THE_DEADLINE, args=[stay["phone"], stay["door"]])
        done = f"{stay['guest']} at {stay['door']}: approved by <@{body['user']['id']}>"
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=done, blocks=_card(done))

    @app.action("deny")
    def deny(ack: Any, action: dict[str, Any], body: dict[str, Any], client: WebClient) -> None:
        ack()
        stay = asked.pop(action["value"])
        done = f"{stay['guest']} at {stay['door']}: denied by <@{body['user']['id']}>"
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=done, blocks=_card(done))

    return app


def _card(words: str, request_id: str = "") -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": words}}]
    buttons = [
        {"type": "button", "action_id": name, "value": request_id, "text": {"type": "plain_text", "text": name.title()}}
        for name in ("approve", "deny")
    ]
    return [*said, {"type": "actions", "elements": buttons}] if request_id else said


def main(port: int, sandbox_url: str, folder: str) -> None:
    global texter, sender
    sandbox = SandboxSettings(sandbox_url, f"http://127.0.0.1:{port}")
    texter, sender = Client(sandbox.twilio_account_sid, sandbox.twilio_auth_token), sandbox.twilio_from
    texter.api.base_url = f"{sandbox_url}/sandbox/twilio"
    scheduler = BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(f"sqlite:///{folder}/jobs.db")})
    scheduler.start()
    handler = SlackRequestHandler(bot(sandbox, scheduler))

    async def slack(request: Request) -> Response:
        return await handler.handle(request)

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok")

    web = Starlette(routes=[Route("/slack/events", slack, methods=["POST"]), Route("/healthz", healthz)])
    uvicorn.run(web, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
