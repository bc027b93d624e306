"""Who belongs to the user groups of the rules, while Slack is away: nobody is held up, and nobody forgotten."""

import asyncio
import time

from bot.domain.approvals.policy import Rule, Rules
from bot.groups import GROUPS_AGAIN_SECONDS, groups_by

SILENT_SECONDS = 60


class Slack:
    """Answers, or hangs."""

    def __init__(self) -> None:
        self.away = False
        self.asked = 0

    def outsiders(self) -> dict[str, frozenset[str]]:
        return {"guests": frozenset({"U_GUEST"})}

    async def members(self, group: str) -> frozenset[str]:
        self.asked += 1
        if self.away:
            await asyncio.sleep(SILENT_SECONDS)
        return frozenset({"U_BEN"})


async def test_the_last_known_members_count_and_slack_is_not_asked_again_at_once() -> None:
    slack, now = Slack(), [0.0]
    groups = groups_by(Rules(Rule(("S_APPROVERS", "S_OTHERS"))), slack, lambda: now[0])  # type: ignore[arg-type]
    known = await groups()
    ben, guest = frozenset({"U_BEN"}), frozenset({"U_GUEST"})
    assert known == {"S_APPROVERS": ben, "S_OTHERS": ben, "guests": guest}
    slack.away, slack.asked = True, 0
    began = time.monotonic()
    assert await groups() == known
    assert time.monotonic() - began < SILENT_SECONDS / 2
    for _ in range(5):
        assert await groups() == known
    assert slack.asked == 1, "one question for all groups"
    slack.away, now[0] = False, GROUPS_AGAIN_SECONDS + 1
    await groups()
    assert slack.asked > 1
