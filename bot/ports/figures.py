"""What can be counted of everything at once, for whoever watches from outside: numbers, never people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """`overdue`: PINs that should have been made and are not. `undecided_since`: when the oldest request that waits for
    a decision was asked. `texts`: of a day, by how far they have come. `due`: rows whose time has come, and `due_since`
    of the one that waits longest."""

    overdue: int = 0
    undecided_since: datetime | None = None
    texts: Mapping[str, int] = field(default_factory=dict)
    due: int = 0
    due_since: datetime | None = None
