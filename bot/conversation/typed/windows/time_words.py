"""The little words around dates ("until", "tomorrow", "nights") in the languages we read: English, German, French,
Spanish, Portuguese, Italian; the days near today and their parts in Dutch and Japanese, too.

CLDR does not hold these, so they are typed here; names of days, months and units come from `day_names`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from bot.conversation.typed.windows.day_names import Unit, clock_hours, day_periods, key, months, units, weekdays


class Role(StrEnum):
    """What a little word does in a line."""

    FOR = "for"
    TO = "to"
    TO_OR_AT = "to or at"
    AT = "at"
    AND = "and"
    BETWEEN = "between"
    FILLER = "filler"
    NOW = "now"
    TODAY = "today"
    TONIGHT = "tonight"
    TOMORROW = "tomorrow"
    OVERMORROW = "day after tomorrow"
    NOON = "noon"
    MIDNIGHT = "midnight"
    NEXT = "next"
    HALF = "half"
    CLOCK_HOURS = "clock hours"
    IN = "in"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"
    TOMORROW_OR_MORNING = "tomorrow or morning"
    VAGUE = "vague"


_WORDS: dict[Role, str] = {
    Role.FOR: "for | für fuer | pour pendant | por durante para | per",
    Role.TO: "to until till til 'til thru through ending | bis bis+zu bis+zum bis+um"
    " | jusqu'à jusqu'au jusqu'aux jusqu+à jusqu+au jusque | hasta hasta+las hasta+el | até até+às até+ao até+à"
    " | fino+a fino+al fino+alle fino+all sino+a sino+al sino+alle",
    Role.TO_OR_AT: "a | à au aux | a+las al | ao às as | alle al all' all",
    Role.AT: "at @ o'clock | um gegen | las a+las | às as das | ore alle all' all dalle dall'",
    Role.AND: "and | und | et | y | e",
    Role.BETWEEN: "between | zwischen | entre | tra fra",
    Role.FILLER: "from on the of starting beginning this coming | ab am von vom der den dem die das diesen diesem diese"
    " kommenden kommende lang | du de des le la dès à+partir+de à+partir+du ce cette | del desde el los este esta"
    " a+partir+de a+partir+del | da do+dia desde+o o no na nesta neste a+partir+do"
    " | dal il lo questo questa d' l'",
    Role.NOW: "now right+now | jetzt sofort | maintenant | ahora | agora | adesso ora subito",
    Role.TODAY: "today this+morning this+afternoon | heute | aujourd'hui aujourd+hui ce+matin cet+après+midi"
    " | hoy esta+mañana esta+tarde | hoje esta+manhã | oggi stamattina questa+mattina"
    " | vandaag vanochtend vanmiddag | 今日 今朝 今日の午後",
    Role.TONIGHT: "tonight this+evening | heute+abend heute+nacht | ce+soir cette+nuit | esta+noche"
    " | esta+noite hoje+à+noite | stasera stanotte questa+notte | vanavond vannacht | 今夜 今晩 今日の夜",
    Role.TOMORROW: "tomorrow tmrw tmr | morgen | demain | mañana | amanhã | domani"
    " | morgenochtend morgenmiddag morgenavond | 明日 明日の朝 明日の午後 明日の夕方 明日の夜 明日の晩 明晩",
    Role.OVERMORROW: "day+after+tomorrow the+day+after+tomorrow | übermorgen uebermorgen | après+demain | pasado+mañana"
    " | depois+de+amanhã | dopodomani | overmorgen | 明後日",
    Role.NOON: "midday | mittag mittags | mediodía mediodia | meio+dia",
    Role.MIDNIGHT: "medianoche | meia+noite",
    Role.NEXT: "next | nächsten nächste nächster naechsten naechste | prochain prochaine"
    " | próximo próxima | prossimo prossima",
    Role.IN: "in | dans | en dentro+de | em daqui+a | tra fra",
    Role.TOMORROW_OR_MORNING: "morgen",
    Role.MORNING: "morning in+the+morning this+morning | früh frueh vormittag vormittags am+vormittag"
    " | matin matinée au+matin ce+matin | de+la+mañana por+la+mañana en+la+mañana esta+mañana"
    " | da+manhã de+manhã pela+manhã à+manhã esta+manhã | mattina mattino di+mattina del+mattino la+mattina"
    " stamattina questa+mattina | ochtend vanochtend morgenochtend | 今朝 明日の朝 朝",
    Role.AFTERNOON: "afternoon in+the+afternoon this+afternoon | nachmittag nachmittags am+nachmittag"
    " | après+midi l'après+midi dans+l'après+midi cet+après+midi | tarde de+la+tarde por+la+tarde en+la+tarde"
    " | esta+tarde à+tarde da+tarde de+tarde | pomeriggio di+pomeriggio del+pomeriggio nel+pomeriggio"
    " | middag namiddag vanmiddag morgenmiddag | 午後 今日の午後 明日の午後",
    Role.EVENING: "evening in+the+evening | abend abends am+abend | soir soirée au+soir du+soir en+soirée"
    " | sera serata di+sera la+sera | avond morgenavond | 夕方 夜 明日の夕方 明日の夜 明日の晩 明晩",
    Role.NIGHT: "night at+night | nacht nachts in+der+nacht | nuit la+nuit dans+la+nuit de+nuit"
    " | noche de+la+noche por+la+noche en+la+noche | noite à+noite da+noite de+noite | notte di+notte della+notte",
    Role.VAGUE: "yesterday last past previous | gestern letzten letzte letzter vorigen vorige"
    " | hier dernier dernière | ayer | ontem passado passada"
    " | ieri scorso scorsa | gisteren | 昨日",
    Role.HALF: "half | halbe halben | demi demie | media | meia | mezza mezz'",
}

_OF_STAYS: dict[Role, str] = {
    Role.TO: "leaving leaves leave departing departs departure checkout check+out checking+out checks+out"
    " | abreise | départ | salida | partida saída | partenza",
    Role.FILLER: "arriving arrives arrive arrival checkin check+in checking+in checks+in staying stays stay"
    " | anreise ankunft | arrivée | llegada | chegada | arrivo",
}
"""What stands for `from` and `until` where a stay is asked for, and tells no time by itself."""

_JOINED_PARTS = {
    "morgen": Role.MORNING,
    "vormittag": Role.MORNING,
    "nachmittag": Role.AFTERNOON,
    "abend": Role.EVENING,
    "nacht": Role.NIGHT,
}
"""German writes `Freitagabend`."""
_LONGEST_SHORT_DAY = 3

_COUNTS: dict[int, str] = {
    1: "a an one | ein eine einen einer | un une | uno una | um uma",
    2: "two | zwei | deux | dos | dois duas | due",
    3: "three | drei | trois | tres | três | tre",
    4: "four | vier | quatre | cuatro | quatro | quattro",
    5: "five | fünf fuenf | cinq | cinco | cinque",
    6: "six | sechs | seis | sei",
    7: "seven | sieben | sept | siete | sete | sette",
    8: "eight | acht | huit | ocho | oito | otto",
    9: "nine | neun | neuf | nueve | nove",
    10: "ten | zehn | dix | diez | dez | dieci",
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """All that a word may mean; the grammar picks what fits its place: `mar` is March beside a number, else Tuesday."""

    roles: frozenset[Role] = frozenset()
    weekday: int | None = None
    month: int | None = None
    unit: Unit | None = None
    count: int | None = None

    def is_a(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)


NOTHING = Meaning()


def meaning(word: str) -> Meaning:
    """What a plain word may mean; `NOTHING` for a word we do not know."""
    return vocabulary().get(word, NOTHING)


def is_time_word(word: str) -> bool:
    """A plain word that we know, or that is part of a phrase that we know (`pasado mañana`)."""
    return word not in _stay_parts() and (word in vocabulary() or word in _phrase_parts())


def is_window_word(word: str) -> bool:
    """The same of an ask, in which stays begin by arriving and end by leaving."""
    return is_time_word(word) or word in _stay_parts()


def join_phrases(text: str) -> str:
    """`day after tomorrow` → `day_after_tomorrow`, so that each phrase is one word."""
    return _phrases().sub(lambda found: key(found.group()), text)


@cache
def vocabulary() -> dict[str, Meaning]:
    """Every plain word that we know."""
    roles, counts = _roles(), _counts()
    words = roles.keys() | counts.keys() | weekdays().keys() | months().keys() | units().keys()
    single = {
        word: Meaning(
            roles.get(word, frozenset()),
            weekdays().get(word),
            months().get(word),
            units().get(word),
            counts.get(word),
        )
        for word in words
    }
    joined = ((day, part) for day in weekdays() if len(day) > _LONGEST_SHORT_DAY for part in _JOINED_PARTS)
    return single | {day + part: Meaning(frozenset({_JOINED_PARTS[part]}), weekdays()[day]) for day, part in joined}


@cache
def _phrase_parts() -> frozenset[str]:
    return frozenset(part for word in vocabulary() for part in word.split("_"))


@cache
def _stay_parts() -> frozenset[str]:
    """But for what tells a time as well, as `in` does."""
    written = [part for words in _WORDS.values() for word in _split(words) for part in word.split("_")]
    said = {part for words in _OF_STAYS.values() for word in _split(words) for part in word.split("_")}
    return frozenset(said - set(written))


@cache
def _phrases() -> re.Pattern[str]:
    """One alternation, longest phrase first; each is a fixed string, so matching stays linear."""
    phrases = sorted((word for word in vocabulary() if "_" in word), key=len, reverse=True)
    patterns = "|".join(re.escape(phrase).replace("_", "[ -]") for phrase in phrases)
    return re.compile(rf"(?<![^\W_])(?:{patterns})(?![^\W_])")


def _roles() -> dict[str, frozenset[Role]]:
    found: dict[str, frozenset[Role]] = {}
    written = (*_WORDS.items(), *_OF_STAYS.items())
    pairs = [(word, role) for role, words in written for word in _split(words)]
    pairs += [(word, Role.NOON) for word in day_periods("noon")]
    pairs += [(word, Role.MIDNIGHT) for word in day_periods("midnight")]
    pairs += [(word, Role.CLOCK_HOURS) for word in clock_hours()]
    for word, role in pairs:
        found[word] = found.get(word, frozenset()) | {role}
    return found


def _counts() -> dict[str, int]:
    return {word: count for count, words in _COUNTS.items() for word in _split(words)}


def _split(words: str) -> Iterator[str]:
    return (key(word.replace("+", " ")) for word in words.split() if word != "|")
