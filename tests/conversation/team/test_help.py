"""What the help shows is understood as it stands."""

import re
from datetime import UTC, datetime

from bot.conversation.answers.answers import HELP
from bot.conversation.typed.asks import understand_ask
from bot.conversation.typed.lock_names import LockName
from bot.conversation.typed.understood import Field

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LOCKS = [
    LockName(str(n), name, "Europe/Paris") for n, name in enumerate(("Front door", "Garden gate", "Cabin", "Loft"))
]
ASKS = [words for words in re.findall(r"`/pin ([^`]*)`", HELP) if " for " in words]


def test_the_examples_are_understood() -> None:
    assert len(ASKS) == 4
    for words in (*ASKS[:2], ASKS[3]):
        assert understand_ask(words, locks=LOCKS, now=NOW).complete, words
    assert understand_ask(ASKS[3], locks=LOCKS, now=NOW).visits is not None


def test_the_one_for_the_form_lacks_the_number_only() -> None:
    asked = understand_ask(ASKS[2], locks=LOCKS, now=NOW)
    assert [problem.field for problem in asked.problems] == [Field.PHONE]
