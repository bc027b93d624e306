"""What people read about a calendar that cannot be read: for each reason a whole sentence, wherever it stands."""

import pytest

from bot.conversation.calendars.words import IN_SHORT, PROBLEMS, feed_silent
from bot.domain.sources.feeds import FeedProblem

VERBS = ("has ", "is ", "sends ", "leads ", "cannot ", "does not ", "answers ", "breaks ")


@pytest.mark.parametrize("problem", list(FeedProblem))
def test_every_reason_is_a_sentence(problem: FeedProblem) -> None:
    assert PROBLEMS[problem].endswith(".")
    facts = {"feed": "Airbnb for Loft", "problem": problem.value, "good_at": "2026-12-04T15:00:00+00:00", "zone": "UTC"}
    said = feed_silent(facts).remarks[0]
    assert said.startswith(f"It {IN_SHORT[problem]}. ")
    assert IN_SHORT[problem].startswith(VERBS), said
