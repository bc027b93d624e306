"""What a guest's sentence says: the phrases of `reply_words` are found in each clause, words that we do not know speak
against them, and one meaning is left or none.

The door's use is believed only of a clause that holds nothing else: what is asked, denied or still to come is none.
"""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bot.conversation.replies.bare_text import normal, tokens
from bot.conversation.replies.reply_words import Firmness, Little, Sense, phrases
from bot.conversation.typed.windows.time_words import is_time_word
from bot.domain.stays.replying import ReplyWord

_ENDS = frozenset(".,!?;:\n()。、")
_IN_FULL = frozenset({ReplyWord.IN, ReplyWord.HERE})
"""Said in full or not at all: a PIN counts as used by the one, and may be made by the other."""

_OUTWEIGHS: Mapping[ReplyWord, Collection[ReplyWord]] = {
    ReplyWord.STUCK: (ReplyWord.IN, ReplyWord.HERE, ReplyWord.PIN, ReplyWord.LATE),
    ReplyWord.HERE: (ReplyWord.PIN,),
    ReplyWord.LATE: (ReplyWord.HERE, ReplyWord.PIN),
}
"""Whoever cannot get in has arrived, may speak of their PIN, and was perhaps in before."""

CALLS = frozenset({ReplyWord.HELP, ReplyWord.HUMAN})
_ABOUT_A_PIN = frozenset({ReplyWord.IN, ReplyWord.STUCK})
"""`The code worked` asks for none."""

_COURTESY = (Little.COURTESY,)
_COURTEOUS = (Little.COURTESY, ReplyWord.THANKS)
LONGEST_NAME = 2
_PIN_GROUP, _PIN_DIGITS = 3, 5
_FIRM, _OF_ITS_THING = 4, 3
_ALIKE_FROM = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase, or a word that we do not know (`sense` is None)."""

    words: tuple[str, ...]
    sense: Sense | None = None
    how: Firmness = Firmness.WEAKLY


@dataclass(frozen=True, slots=True)
class Meant:
    """`word`: None where none is clear. `calls`: they want a person, whatever else they say. `more`: beside the word
    there is something that people should read."""

    word: ReplyWord | None = None
    calls: bool = False
    more: bool = False


def understand(text: str, names: Collection[str] = ()) -> Meant:
    """`names`: of the doors and of the guest, which say nothing by themselves."""
    words = tokens(normal(text))
    clauses = list(_clauses(find(words, names)))
    if len(clauses) > 1 and clauses[-1].signs and clauses[-2].has(*_COURTEOUS) and not clauses[-2].strange:
        clauses.pop()
    whole = not any(clause.strange or clause.has(Little.TIME) for clause in clauses)
    # `in 481 529 063` may be where they typed it.
    whole = whole and len(_without_pins(words)) == len(words)
    scores: dict[ReplyWord, int] = {}
    for clause in clauses:
        scores |= {word: max(score, scores.get(word, 0)) for word, score in clause.scores(whole).items()}
    if any(clause.takes_back for clause in clauses):
        scores = {word: score for word, score in scores.items() if word not in _IN_FULL}
    calls = CALLS & scores.keys()
    said = scores.keys() - CALLS - {ReplyWord.THANKS}
    clear = [word for word in said if not any(word in _OUTWEIGHS.get(other, ()) for other in said)]
    if len(clear) == 1:
        beside = [f for clause in clauses for f in clause.found if f.sense != clear[0]]
        return Meant(clear[0], bool(calls), any(f.sense in (None, Little.BESIDE, *said) for f in beside))
    if calls:
        return Meant(min(calls), True)
    return Meant(ReplyWord.THANKS if ReplyWord.THANKS in scores and whole and _only_thanks(clauses) else None)


def _only_thanks(clauses: Sequence["Clause"]) -> bool:
    """Nothing is asked, and nothing is said that answers us, denied or not: `great, it opens NOT` waits."""
    said = {f.sense for clause in clauses for f in clause.found if isinstance(f.sense, ReplyWord)}
    return said == {ReplyWord.THANKS} and not any(clause.asked or clause.has(Little.ASKS) for clause in clauses)


def without(text: str, senses: Collection[Sense], keep: Callable[[str], object]) -> str:
    """Normal text without the phrases that say so, but for those of their words that `keep` wants."""
    words, left = tokens(normal(text)), normal(text)
    rest, at = "", 0
    for f in find(words):
        for word in f.words:
            start = left.index(word, at)
            rest, at = rest + left[at:start] + ("" if f.sense in senses and not keep(word) else word), start + len(word)
    return " ".join((rest + left[at:]).split()).strip(" ,:;.!?-")


@dataclass(frozen=True, slots=True)
class Clause:
    """Phrases between two signs that end one. `asked`: it is a question by its sign."""

    found: Sequence[Found]
    asked: bool = False

    @property
    def strange(self) -> int:
        """Words that may say anything."""
        return sum(f.sense in (None, Little.BESIDE) for f in self.found)

    @property
    def signs(self) -> bool:
        """It may be a name, behind a courtesy."""
        return not self.asked and len(self.found) <= LONGEST_NAME and self.strange == len(self.found)

    @property
    def takes_back(self) -> bool:
        """`…, but not the door`: it denies what another clause says."""
        answers = any(isinstance(f.sense, ReplyWord) for f in self.found)
        return self.has(Little.NOT) and not self.strange and not answers

    @property
    def is_tag(self) -> bool:
        """`…, right?`: it asks what was said before."""
        return self.asked and not self.strange and not any(isinstance(f.sense, ReplyWord) for f in self.found)

    def has(self, *senses: Sense) -> bool:
        return any(f.sense in senses for f in self.found)

    def scores(self, whole: bool) -> dict[ReplyWord, int]:
        """How firmly each word is said, where it is. `whole`: all words of the text are known."""
        alike = None if self.has(*ReplyWord) else self._alike
        if alike is not None:
            return Clause([alike]).scores(True)
        scores = {f.sense: 0 for f in self.found if isinstance(f.sense, ReplyWord)}
        for f in self.found:
            if isinstance(f.sense, ReplyWord):
                scores[f.sense] = max(scores[f.sense], self._score(f, f.sense, whole))
        said = {word: score for word, score in scores.items() if score > 0}
        if not _ABOUT_A_PIN.isdisjoint(said):
            said.pop(ReplyWord.PIN, None)
        return said

    def _score(self, f: Found, word: ReplyWord, whole: bool) -> int:
        firm, timed, about_other = f.how is Firmness.FIRMLY, self.has(Little.TIME), self.has(Little.BESIDE)
        if word in _IN_FULL:
            unsure = self.strange or self._asks or timed or self.has(Little.NOT, Little.UNLESS)
            return 0 if unsure or (len(f.words) == 1 and not whole) else len(f.words)
        if word is ReplyWord.THANKS:
            return 0 if timed or self.has(Little.NOT) else 1
        if (f.how is Firmness.TIMED and not timed) or (not firm and self.has(Little.NOT)):
            return 0
        if about_other and (word is ReplyWord.PIN or (word is ReplyWord.STUCK and not firm)):
            return 0
        strange = sum(f.sense is None for f in self.found) if word is ReplyWord.LATE else self.strange
        of_thing = word is ReplyWord.STUCK and self.has(Little.THING, ReplyWord.PIN)
        return (_FIRM if f.how is not Firmness.WEAKLY else _OF_ITS_THING if of_thing else 0) + len(f.words) - strange

    @property
    def _asks(self) -> bool:
        said = [f for f in self.found if f.sense is not Little.COURTESY]
        return self.asked or said[0].sense is Little.ASKS or said[-1].words[-1] == "か"

    @property
    def _alike(self) -> Found | None:
        """The phrase that all of it is but for a slip of typing."""
        words = tuple(word for f in self.found if f.sense is not Little.COURTESY for word in f.words)
        near = {
            found
            for index, word in enumerate(words)
            for other, found in _with_gap().get((*words[:index], "", *words[index + 1 :]), ())
            if _one_slip(word, other)
        }
        return near.pop() if len({found.sense for found in near}) == 1 else None


def find(words: Sequence[str], names: Collection[str] = ()) -> list[Found]:
    """The longest phrase from each word on."""
    called = {tuple(tokens(normal(name))) for name in names}
    found: list[Found] = []
    words = _without_pins(words)
    while words:
        for length in range(min(_longest(), len(words)), 0, -1):
            key = tuple(words[:length])
            if key in phrases() and (cut := _goes_on(words, length)):
                found.append(Found(tuple(words[:cut]), Little.FILLER))
                length = cut
            elif key in phrases():
                found.append(Found(key, *phrases()[key]))
            elif key in called:
                found.append(Found(key, Little.FILLER))
            elif length == 1:
                found.append(Found(key, Little.TIME if key[0][0].isdigit() or is_time_word(key[0]) else None))
            else:
                continue
            words = words[length:]
            break
    return found


def _goes_on(words: Sequence[str], length: int) -> int:
    """Behind how many of these words a phrase begins that goes on beyond them: `my pin | fails` is `pin fails`, and
    `it worked great | thanks` stays what it is."""
    for cut in range(1, length):
        for end in range(min(cut + _longest(), len(words)), length, -1):
            if phrases().get(tuple(words[cut:end]), _COURTESY)[0] is not Little.COURTESY:
                return cut
    return 0


def _without_pins(words: Sequence[str]) -> list[str]:
    """`my pin 481 529 063 fails`: digits of a PIN or a number are no time, and stand between the words of a phrase."""
    groups = [word.isdigit() and len(word) >= _PIN_GROUP for word in words]
    named = [False, *(phrases().get((word,), (None,))[0] is ReplyWord.PIN for word in words[:-1])]
    beside = [before or after for before, after in zip([False, *groups], [*groups[1:], False], strict=False)]
    kept = zip(words, groups, beside, named, strict=False)
    return [word for word, group, near, pin in kept if not group or not (len(word) >= _PIN_DIGITS or near or pin)]


def _clauses(found: Sequence[Found]) -> Iterator[Clause]:
    clause: list[Found] = []
    made: list[Clause] = []
    for f in [*found, Found((".",))]:
        if f.words[0] not in _ENDS and f.sense is not Little.AND:
            clause.append(f)
        elif clause:
            made.append(Clause(clause, f.words[0] == "?"))
            clause = []
    for one, after in itertools.zip_longest(made, made[1:]):
        yield Clause(one.found, True) if after is not None and after.is_tag else one


@cache
def _longest() -> int:
    return max(map(len, phrases()))


@cache
def _with_gap() -> Mapping[tuple[str, ...], Sequence[tuple[str, Found]]]:
    """Every phrase that answers us, by what is left of it without one of its words."""
    gaps: dict[tuple[str, ...], list[tuple[str, Found]]] = {}
    for words, (sense, how) in phrases().items():
        for index, word in enumerate(words if isinstance(sense, ReplyWord) else ()):
            gaps.setdefault((*words[:index], "", *words[index + 1 :]), []).append((word, Found(words, sense, how)))
    return gaps


def _one_slip(typed: str, word: str) -> bool:
    """One letter more, less, other or two swapped; never the first, which people get right. Of a short word only two
    that are swapped or one that is doubled: any other slip makes another word."""
    if typed[:1] != word[:1] or abs(len(typed) - len(word)) > 1 or typed == word or not typed.isalpha():
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b), min(len(typed), len(word)))
    a, b = typed[start:], word[start:]
    swapped, doubled = a[:2] == b[:2][::-1] and a[2:] == b[2:], a[1:] == b and a[:1] == typed[start - 1]
    if len(word) < _ALIKE_FROM:
        return len(word) == _ALIKE_FROM - 1 and (swapped or doubled)
    return swapped or a[1:] == b[1:] or a[1:] == b or a == b[1:]
