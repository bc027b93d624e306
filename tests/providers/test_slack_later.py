"""Whoever Slack waits for goes first: work that nobody waits for begins when no request is under way, or after some
time."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import AWAY, HELP
from providers.slack import listeners
from providers.slack.listeners import later as module
from providers.slack.listeners.app import slack_app
from providers.slack.listeners.later import LATE, CountedApp, Later
from storage.engine import open_database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store
from tests.benchmarks.ports import installation

COMMAND = {"command": "/pin", "text": "list", "user_id": "U_ADA", "team_id": "T1", "trigger_id": "t.1"}


async def _authorize(**_: Any) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")


class Slow:
    """An app whose one listener waits until it is let go."""

    def __init__(self, later: Later) -> None:
        self.heard, self.free = asyncio.Event(), asyncio.Event()
        self.app = CountedApp(
            later,
            signing_secret="x",
            authorize=_authorize,
            request_verification_enabled=False,
            process_before_response=True,
        )
        self.app.command("/pin")(self._pin)

    async def _pin(self, ack: AsyncAck) -> None:
        self.heard.set()
        await self.free.wait()
        await ack("done")

    def begin(self, **context: Any) -> "asyncio.Task[Any]":
        asked = AsyncBoltRequest(body=COMMAND, mode="socket_mode", context=context)
        return asyncio.create_task(self.app.async_dispatch(asked))


async def test_it_is_quiet_when_the_listener_has_answered(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 60)
    async with installation(sqlite_url) as (ports, _queue, _texter):
        later = Later(ports)
        slow = Slow(later)
        await asyncio.wait_for(later.quiet(), 5)
        answering = slow.begin()
        await slow.heard.wait()
        waiting = asyncio.create_task(later.quiet())
        done, _ = await asyncio.wait({waiting}, timeout=0.05)
        assert not done, "Slack waits, and the work has begun all the same"
        slow.free.set()
        assert (await answering).body == "done"
        await asyncio.wait_for(waiting, 5)


async def test_what_was_written_down_does_not_wait_for_itself(sqlite_url: str) -> None:
    async with installation(sqlite_url) as (ports, _queue, _texter):
        later = Later(ports)
        slow = Slow(later)
        answering = slow.begin(**{LATE: True})
        await slow.heard.wait()
        await asyncio.wait_for(later.quiet(), 5)
        slow.free.set()
        await answering


async def test_under_a_lasting_load_something_is_done_too(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.05)
    async with installation(sqlite_url) as (ports, _queue, _texter):
        later = Later(ports)
        database = open_database(sqlite_url)
        patient = open_store(database, Seals([new_key()]), Queue.in_memory(), quiet=later.quiet)
        with later.waited_for():
            began = asyncio.get_running_loop().time()
            async with patient() as uow:
                assert await uow.locks.all()
            assert asyncio.get_running_loop().time() - began > 0.049
        await database.engine.dispose()


async def test_help_needs_no_database(sqlite_url: str) -> None:
    """Whoever asks how it is used may ask while nothing else works."""
    asked = [AsyncBoltRequest(body=COMMAND | {"text": text}, mode="socket_mode") for text in ("help", "?", "locks")]
    async with installation(sqlite_url) as (ports, _queue, _texter):
        app = slack_app(replace(ports, store=_away), AsyncWebClient(token="xoxb-1"))
        said = [(await app.async_dispatch(each)).body for each in asked]
    assert said == [HELP, HELP, AWAY]


def _away() -> Any:
    raise ConnectionError


def test_no_word_that_opens_a_form_is_written_down() -> None:
    """Its trigger is good for three seconds only: answered later, the form never opens, however often it is typed."""
    found = set()
    for file in Path(listeners.__file__).parent.glob("*.py"):
        source = file.read_text()
        if "typed.client" in source and "views_open" in source and "def register" in source:
            found |= set(re.findall(r'"(\w+)": \w+\.\w+', source.split("def register")[1].split("class ")[0]))
    assert found >= {"reveal", "number", "text", "unlock", "lock", "online"}
    assert found <= module._AT_ONCE
