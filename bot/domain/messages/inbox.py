"""A command that was written down to be answered later. What it says is the chat's own business; how one is taken up
and answered stands in `bot.workflows.answer_commands`."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class InboxItem:
    """`key` is the vendor's id of this very command, `command` the command as the vendor's room wrote it down, `until`
    when nothing can be said to this person about it any more. `answer` is None until it has been done."""

    key: str
    person: str
    command: str = field(repr=False)
    received_at: datetime
    until: datetime
    due_at: datetime
    answer: str | None = field(default=None, repr=False)
    attempts: int = 0
    id: int = 0
    version: int = 0
