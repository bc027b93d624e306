"""How long the planner takes for one window against a lock that holds nearly all it can."""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.planning.ledger import LIVE_LIMIT, Ledger
from bot.domain.planning.plan import plan
from bot.domain.refusals import Refusal
from bot.domain.windows import AccessWindow

ROUNDS, EACH = 9, 400
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
ASKED = {
    "hourly": AccessWindow(NOW + timedelta(hours=78, minutes=20), NOW + timedelta(hours=122)),
    "daily": AccessWindow(NOW + timedelta(days=3), NOW + timedelta(days=40)),
}


def planner() -> list[tuple[str, list[float]]]:
    """Per case: medians of each round, in seconds."""
    slots = {("hourly", (NOW + timedelta(hours=n)).strftime("%Y-%m-%dT%H")): 2 for n in range(70)}
    nearly = Ledger(slots, live=LIVE_LIMIT - 1)
    full = Ledger(slots, live=LIVE_LIMIT, next_end=NOW + timedelta(hours=5))
    cases = [(f"{kind}, granted", window, nearly) for kind, window in ASKED.items()]
    cases.append(("hourly, refused: 199 PINs", ASKED["hourly"], full))
    return [(name, [_round(window, ledger) for _ in range(ROUNDS)]) for name, window, ledger in cases]


def _round(asked: AccessWindow, ledger: Ledger) -> float:
    times = []
    for _ in range(EACH):
        began = time.perf_counter()
        with suppress(Refusal):
            plan(asked, zone=PARIS, now=NOW, ledger=ledger)
        times.append(time.perf_counter() - began)
    return sorted(times)[EACH // 2]
