"""The repositories behind talking by text as the core needs them, beside the others in `bot.ports`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.approvals.sms_approvers import SmsCode
from bot.domain.windows import AccessWindow


class SealedWords(Protocol):
    """What belongs into a text and must not lie open: what staff wrote to a guest, an approver's code."""

    async def keep(self, message_id: str, words: str) -> None: ...
    async def open(self, message_id: str) -> str | None:
        """Opens the seal; None for a message that has none."""
        ...


class SmsCodes(Protocol):
    """The codes by which approvers without chat answer. Their digits are known only to whoever issues one."""

    async def issue(
        self, request_id: str | None, approver: str, window: AccessWindow, at: datetime, alert_id: str | None = None
    ) -> str:
        """A fresh, random code of six digits, for this approver and this request as it stands; or for an alert about
        it, or about no request. Whatever they were asked about the same before is void: one question is open."""
        ...

    async def find(self, approver: str, code: str) -> SmsCode | None: ...
    async def use(self, code_id: str, at: datetime) -> bool:
        """False when it was used before, or by somebody who was faster, or is void."""
        ...

    async def void_all(self, approver: str, at: datetime) -> Sequence[str]:
        """None of this approver's open codes counts from here on; the requests that they were about."""
        ...

    async def give_back(self, code_id: str) -> None:
        """It came to nothing, and may be used once more."""
        ...
