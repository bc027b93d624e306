"""What a guest is called: the name alone, as it was meant, without what people write around it."""

import re

_WRITTEN = (
    "mr mrs ms miss mx sir madam dr prof herr herrn hr frau fr monsieur mme madame mlle sr sra srta senhor senhora"
    " sig sigra signor signora dott dottssa dhr mevr mevrouw meneer ing mag hc phd md"
)
_HONORIFICS = frozenset(_WRITTEN.split())
"""In lower case, without dots. `M.` needs its dot, and `Don` is a first name."""

_JOINS = "and und et y e en & the der die den la le el il o a de"
_BEFORE = frozenset(_JOINS.split())
"""What may stand before a title, and falls with it."""

_AROUND = " \t\n\"'`´‘’‚“”„«»‹›*_~|<>=+#\\/,;:!?-–—·"


def as_called(name: str) -> str:
    """`Mr. Ana`, `Ana,,` and `"Ana"` are Ana; `Herr Dr. Huber` is Huber. What is nothing but signs and titles stays."""
    bare = " ".join(name.split()).strip(_AROUND)
    words = bare.split(" ")
    while len(words) > 1 and (_is_honorific(words[0]) or (words[0].casefold() in _BEFORE and _is_honorific(words[1]))):
        words = words[1:]
    called = " ".join(words).strip(_AROUND)
    return called or bare or name.strip()


def _is_honorific(word: str) -> bool:
    return word in ("M.", "m.") or re.sub(r"[.,ªº]", "", word).casefold() in _HONORIFICS
