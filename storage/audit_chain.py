"""How the lines of the audit log hang together: each holds the hash of the one before, so that none can be changed,
taken out, put in or moved without its being found. What makes and what reads the hashes; no rows.

A line's facts go into the hash as a digest with a salt of the line's own. Where a person's data is erased, facts and
salt go, the digest stays, and the chain with it: without the salt nobody can try out what may have stood there. That it
was emptied is a line of its own, and an empty line of which none says so is a fault.

The hash is no signature: whoever may write to the database can make all of it anew from a line on. Against that, what
`audit verify` says of the last line is kept elsewhere, and given to it again (`--since`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

from bot.domain.signs import fit, fit_json, is_fit

NOTHING_BEFORE = "0" * 64
ERASED = "erased"
"""What was done, in the line that says which others were emptied; they stand in its fact `lines`."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`salt` is None where the facts were erased. `previous`: the chain of the line before."""

    id: int
    at: datetime
    actor: str
    what: str
    subject: str
    facts: Mapping[str, str]
    salt: str | None
    digest: str
    previous: str
    chain: str


def made_line(
    number: int, previous: str, at: datetime, actor: str, what: str, subject: str, facts: Mapping[str, str], salt: str
) -> AuditLine:
    """The next line behind the one of which `previous` is the chain; as a database keeps it."""
    begun = begun_line(at, actor, what, subject, facts, salt)
    said = begun.at, begun.actor, begun.what, begun.subject, begun.facts, begun.salt, begun.digest
    return AuditLine(number, *said, previous, _chain(previous, number, begun))


def begun_line(at: datetime, actor: str, what: str, subject: str, facts: Mapping[str, str], salt: str) -> AuditLine:
    """Before it is known behind which line it comes: without number, `previous` and chain."""
    kept = dict(facts)
    if not is_fit(kept):
        kept = dict(fit_json(kept))
    return AuditLine(0, at, fit(actor), fit(what), fit(subject), kept, salt, facts_digest(salt, kept), "", "")


def facts_digest(salt: str, facts: Mapping[str, str]) -> str:
    return _hash(_written([salt, dict(facts)]))


def chain_of(line: AuditLine) -> str:
    """Over everything but the facts, for which their digest stands."""
    return _chain(line.previous, line.id, line)


def _chain(previous: str, number: int, line: AuditLine) -> str:
    return _hash(f'["{previous}",{number},{own_part(line)}')


def own_part(line: AuditLine) -> str:
    """What is hashed behind `["previous",number,`: known before it is known behind which line this one comes."""
    at = line.at.astimezone(UTC).isoformat(timespec="microseconds")
    return _written([at, line.actor, line.what, line.subject, line.digest])[1:]


_written = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def _hash(written: str) -> str:
    return hashlib.sha256(written.encode("ascii", "replace")).hexdigest()


def as_ranges(numbers: list[int]) -> str:
    """`3,5-9`: numbers in order."""
    found = []
    for _, run in groupby(enumerate(sorted(set(numbers))), lambda one: one[1] - one[0]):
        ends = [number for _, number in run]
        found.append(str(ends[0]) if len(ends) == 1 else f"{ends[0]}-{ends[-1]}")
    return ",".join(found)


@dataclass(slots=True)
class Verifier:
    """Takes the lines one after the other. `last` and `chain`: number and chain of the line before, at first of the one
    behind which it begins."""

    last: int = 0
    chain: str = NOTHING_BEFORE
    count: int = 0
    faults: list[str] = field(default_factory=list)
    _emptied: set[int] = field(default_factory=set)

    def take(self, line: AuditLine) -> None:
        if line.previous != self.chain:
            self.faults.append(f"between line {self.last} and line {line.id} lines were taken out, put in or moved")
        if chain_of(line) != line.chain:
            self.faults.append(f"line {line.id} was changed")
        elif line.salt is None and not line.facts:
            self._emptied.add(line.id)
        elif line.salt is None or facts_digest(line.salt, line.facts) != line.digest:
            self.faults.append(f"the facts of line {line.id} were changed")
        elif line.what == ERASED:
            self._emptied -= _numbers(line.facts.get("lines", ""), self._emptied)
        self.last, self.chain = line.id, line.chain
        self.count += 1

    def end(self, head: tuple[int, str] | None = None) -> None:
        """`head`: number and chain of the last line, where they are kept apart from it."""
        if head is not None and head != (self.last, self.chain):
            self.faults.append(f"the last line is {self.last}, and it was {head[0]}: lines at the end were changed")
        if self._emptied:
            self.faults.append(f"no line says that the facts of {as_ranges(list(self._emptied))} were erased")


def _numbers(ranges: str, among: set[int]) -> set[int]:
    found = set()
    for one in filter(None, ranges.split(",")):
        first, _, last = one.partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            found |= {number for number in among if int(first) <= number <= int(last or first)}
    return found
