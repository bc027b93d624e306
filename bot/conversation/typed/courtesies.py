"""Words that say nothing about whom, where and when: people write to a bot as they write to a colleague."""

import re
from collections.abc import Sequence

from bot.conversation.typed.plain_text import plain


def _words(written: str) -> frozenset[str]:
    return frozenset(plain(word) for word in written.split())


_POLITE = _words(
    "please pls plz hi hello hey dear team thanks thank you thx ty cheers ta kindly"
    " bitte danke hallo servus merci bonjour salut svp s'il vous te plaît plait"
    " por favor gracias hola obrigado obrigada olá per favore grazie ciao alsjeblieft graag dank je bedankt"
)
_LEAD_INS = _POLITE | _words(
    "can could may might will would should i we you us me my our get have need needs want like to make create send"
    " give let issue book request ask asking new another a an the some pin pins code codes access key entry door"
    " for of into at so ok okay just also"
    " ich wir brauche brauchen möchte möchten hätte gerne gern einen eine ein den die das zugang zutritt für zum zur"
    " je nous voudrais voudrions besoin d'un d'une un une le la accès pour de du"
    " necesito necesitamos quiero queremos el código acceso para"
    " preciso quero um uma o acesso vorrei vorremmo serve mi il lo codice accesso ik wij wil een toegang voor"
)

_GREETING = re.compile(
    r"^\W*(?:good (?:morning|afternoon|evening|day)|guten? (?:tag|morgen|abend)|bon(?:jour|soir)|buon(?:giorno|asera)"
    r"|buen[oa]s (?:d[ií]as|tardes|noches)|bo[am] (?:dia|tarde|noite)|goede(?:morgen|middag|navond)|goedendag)\b\W*",
    re.IGNORECASE,
)

_AFTER_NAME = re.compile(
    r"(?: \(?(?:in|at|on|from|to|the|tel|phone|mobile|cell|sms|whatsapp|number)[.:]?)+$", re.IGNORECASE
)
_BEFORE_NAME = re.compile(r"^(?:(?:please|can you|could you) )?(?:add|let|invite|give)(?: in)? (?=\S)", re.IGNORECASE)
_LABELS = re.compile(
    r"(?:^(?:door|lock)|(?<![\w+])(?:guest|name|visitor|phone|mobile|tel|cell|whatsapp|number|when|dates?|time))"
    r" ?: ?(?=\S)",
    re.IGNORECASE,
)
"""`Guest: Ana, phone: …`, as a form that was copied has them."""


def without_labels(words: str) -> str:
    """Without what says which field follows."""
    return _LABELS.sub("", words)


def name_alone(words: str) -> str:
    """`add Ana to`, around a door and a number, is about Ana."""
    return _BEFORE_NAME.sub("", _AFTER_NAME.sub("", words))


def only_leads_in(words: str) -> bool:
    """`can I get a PIN for the`, before a door's name."""
    return all(_bare(word) in _LEAD_INS for word in words.split())


def without_courtesies(words: str) -> str:
    """`Good morning, … thanks!`: without them at both ends."""
    said = _GREETING.sub("", words).split()
    while said and _bare(said[0]) in _POLITE:
        said = said[1:]
    while said and _bare(said[-1]) in _POLITE:
        said = said[:-1]
    return " ".join(said) if len(said) < len(words.split()) else words


def after_lead_in(said: Sequence[str]) -> Sequence[str]:
    """`can you please cancel Ana` → `cancel Ana`; all of it where nothing would be left."""
    first = next((index for index, word in enumerate(said) if _bare(word) not in _LEAD_INS), 0)
    return said[first:]


def _bare(word: str) -> str:
    return plain(word).strip(" .,:;!?")
