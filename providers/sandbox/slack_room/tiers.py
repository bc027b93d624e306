"""How often each method may be called: Slack's tiers, which hold for one app in one workspace.

docs.slack.dev/apis/web-api/rate-limits and the table of methods in the official Java SDK: tier 2 is 20 calls a minute,
tier 3 is 50, tier 4 is 100. Slack lets short bursts through; here two minutes' worth may come at once.
chat.postMessage has a pace of its own, by channel (`room.Pace`).
"""

import time
from dataclasses import dataclass, field

A_MINUTE = {
    "usergroups.users.list": 20,
    "chat.update": 50,
    "chat.delete": 50,
    "conversations.open": 50,
    "conversations.info": 50,
    "conversations.history": 50,
    "conversations.replies": 50,
    "chat.postEphemeral": 100,
    "users.info": 100,
    "views.open": 100,
    "views.push": 100,
    "views.update": 100,
    "views.publish": 100,
}
"""A method that is not named is not limited: Slack's special tiers allow hundreds."""

BURST_MINUTES = 2


@dataclass(slots=True)
class Tiers:
    """One bucket per method, in real seconds; none while they do not `enforced`."""

    enforced: bool = True
    levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait_for(self, method: str) -> int:
        """0 and the call is counted; otherwise in how many seconds the next one may come."""
        rate = A_MINUTE.get(method)
        if rate is None or not self.enforced:
            return 0
        most, now = float(rate * BURST_MINUTES), time.monotonic()
        level, since = self.levels.get(method, (most, now))
        level = min(most, level + (now - since) * rate / 60)
        self.levels[method] = (level - 1 if level >= 1 else level, now)
        return 0 if level >= 1 else 1 + int((1 - level) * 60 / rate)
