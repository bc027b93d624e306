"""How long a provider is left alone: never so long that somebody stands at a door for its sake."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.domain.messages.message import Medium, Message
from bot.ports import Misconfigured, Ports, ProviderError, Unavailable
from bot.ports.errors import seconds_to_wait
from bot.workflows.send_message.after_error import after_error

NOW = datetime(2026, 12, 4, 13, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "left", "seconds"),
    [
        (Unavailable("x"), 600, 5),
        (Unavailable("x", 0), 600, 5),
        (Unavailable("x", 60), 600, 60),
        (Unavailable("x", 86_400), float("inf"), 600),
        (Unavailable("x", 1e300), 3600, 600),
        (Unavailable("x", 600), 240, 240),
        (Unavailable("x", 600), 1, 5),
        (Unavailable("x", 600), -3600, 5),
        (Unavailable("x", 2), -3600, 2),
        (Unavailable("x", 600), float("inf"), 600),
        (ValueError("x"), 600, 5),
    ],
)
def test_a_provider_is_left_alone_as_long_as_it_asks_but_not_past_the_start(
    error: Exception, left: float, seconds: float
) -> None:
    assert seconds_to_wait(error, 5, left) == seconds


@pytest.mark.parametrize(
    ("error", "starts_in", "attempts", "waits"),
    [
        (Unavailable("x", 600), 10, 1, 600),
        (Unavailable("x", 600), 4, 1, 240),
        (Unavailable("x", 600), 4, 9, 300),
        (Unavailable("x", 600), -60, 1, 2),
        (Unavailable("x", 600), None, 1, 600),
        (Misconfigured("x"), 4, 1, 300),
    ],
)
def test_a_text_about_a_stay_is_tried_again_when_that_begins(
    error: ProviderError, starts_in: float | None, attempts: int, waits: float
) -> None:
    facts = {} if starts_in is None else {"starts_at": (NOW + timedelta(minutes=starts_in)).isoformat()}
    text = Message("m", "k", Medium.SMS, "g", "pin", NOW, facts=facts, attempts=attempts)
    ports = cast("Ports", SimpleNamespace(texter=SimpleNamespace(second_way=False)))
    after: Any = after_error(ports, text, error, NOW, tried=False, good_for=timedelta(hours=1))
    assert after.due_at == NOW + timedelta(seconds=waits)
