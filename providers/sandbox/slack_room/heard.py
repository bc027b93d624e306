"""Everything that ever reached this workspace: calls of the Web API, words sent to a response_url, answers to what
people did. In memory only, for one question: where did these digits stand? What came is never handed out again.
"""

import json
import re
from collections import deque
from datetime import datetime

from providers.sandbox.asked import Json

MOST = 20_000
"""The oldest go first; how many were forgotten is told with every answer."""

_BETWEEN = r"\D{0,3}"


class SaidByBot:
    def __init__(self) -> None:
        self._kept: deque[tuple[datetime, str, str]] = deque(maxlen=MOST)
        self._count = 0

    def note(self, at: datetime, how: str, said: object) -> None:
        """`how` names the way it came: a method, `response_url`, `answer to …`."""
        self._kept.append((at, how, said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)))
        self._count += 1

    def where(self, digits: str) -> Json:
        """When and how they came, plain or with up to three other characters between any two of them."""
        wanted = re.compile(_BETWEEN.join(digits))
        places = [{"at": at.isoformat(), "how": how} for at, how, said in self._kept if wanted.search(_spelled(said))]
        return {"heard": self._count, "forgotten": self._count - len(self._kept), "places": places}


def _spelled(said: str) -> str:
    """JSON within JSON spells what is no ASCII with digits of its own (`\\u202f`)."""
    return re.sub(r"\\+u[0-9a-fA-F]{4}", "·", said)
