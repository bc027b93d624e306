"""The words that guests reply with, in the languages that we text in, and how a slip of typing is forgiven.

A word is here only if it says one thing by itself: whoever writes a sentence reaches a person. None is a carrier's.
"""

from collections.abc import Mapping
from functools import cache

from bot.conversation.typed.plain_text import plain
from bot.domain.stays.replying import ReplyWord

_SHORTEST_WITH_SLIP = 5
"""Letters; one wrong letter in a shorter word makes another word."""

WORDS: Mapping[ReplyWord, str] = {
    ReplyWord.IN: "in | inside | im in | i'm in | i am in | we are in | it opened | opened"
    " | drin | drinnen | ich bin drin | wir sind drin | ist offen"
    " | dedans | je suis dedans | c'est ouvert | entré | entrée"
    " | dentro | estoy dentro | ya estoy dentro | adentro | abrió"
    " | estou dentro | entrei | abriu"
    " | sono dentro | entrato | entrata | si è aperta"
    " | binnen | ik ben binnen | we zijn binnen"
    " | 入れました | 入れた | 開きました | 開いた",
    ReplyWord.PIN: "pin | pin again | my pin | code | pin code | pincode | kode"
    " | mein pin | meine pin | pin nochmal | mon code | le code | código | mi pin | clave | senha | meu pin"
    " | codice | il mio pin | mijn pincode | mijn pin"
    " | 暗証番号 | ピン | コード | pinコード",
    ReplyWord.HERE: "here | im here | i'm here | i am here | arrived | we are here"
    " | hier | bin da | ich bin da | wir sind da | angekommen"
    " | ici | je suis là | on est là | arrivé | arrivée | je suis arrivé"
    " | aquí | estoy aquí | llegué | ya llegué | he llegado"
    " | aqui | estou aqui | cheguei"
    " | qui | sono qui | arrivato | arrivata | sono arrivato"
    " | ik ben er | aangekomen"
    " | 着きました | 着いた | 到着 | 到着しました",
    ReplyWord.LATE: "late | im late | i'm late | i am late | delayed"
    " | spät | später | verspätet | verspätung"
    " | retard | en retard | tard"
    " | tarde | llego tarde | atrasado | atrasada | atraso"
    " | tardi | ritardo | in ritardo"
    " | laat | vertraagd | vertraging"
    " | 遅れます | 遅れる | 遅刻",
    ReplyWord.STUCK: "stuck | im stuck | i'm stuck | i am stuck | not working | it's not working"
    " | doesn't work | it doesn't work | does not work | it does not work"
    " | doesn't open | it doesn't open | does not open | it does not open"
    " | won't open | it won't open | door won't open | the door won't open | can't get in | i can't get in"
    " | klemmt | geht nicht | geht nicht auf | funktioniert nicht | öffnet nicht"
    " | bloqué | bloquée | ça ne marche pas | ne marche pas | n'ouvre pas | ne s'ouvre pas"
    " | no abre | no funciona | atascado"
    " | não abre | não funciona"
    " | non apre | non si apre | non funziona | bloccato | bloccata"
    " | werkt niet | gaat niet open | opent niet"
    " | 開かない | 開きません | 動きません",
    ReplyWord.HUMAN: "human | person | a person | real person | call me"
    " | mensch | bitte anrufen | ruf mich an | humain | quelqu'un | appelez-moi"
    " | humano | persona | llámeme | pessoa | ligue-me | umano | chiamatemi"
    " | mens | persoon | bel mij"
    " | 担当者 | スタッフ | 人をお願いします",
}


@cache
def meanings() -> Mapping[str, ReplyWord]:
    """Every word as `plain` has it."""
    return {plain(each): word for word, each in _each()}


def _each() -> list[tuple[ReplyWord, str]]:
    return [(word, each.strip()) for word, line in WORDS.items() for each in line.split("|")]


def meaning_of(typed: str) -> ReplyWord | None:
    """What these plain words say; a single slip in a longer word is forgiven where it leaves one meaning."""
    found = meanings().get(typed)
    if found is not None:
        return found
    near = {
        word
        for each, word in meanings().items()
        if sum(map(str.isalpha, each)) >= _SHORTEST_WITH_SLIP and _one_slip(typed, each)
    }
    return near.pop() if len(near) == 1 else None


def split_late(typed: str) -> str | None:
    """What follows LATE, however it is said: the time. None where the words do not begin so."""
    said = sorted((each for each, word in meanings().items() if word is ReplyWord.LATE), key=len, reverse=True)
    for each in said:
        rest = typed.removeprefix(each)
        if typed.startswith(each) and not rest[:1].isalnum():
            return rest.lstrip(" ,:;.-")
    return None


def _one_slip(typed: str, word: str) -> bool:
    """One letter more, less, other or two swapped; never the first, which people get right."""
    if typed[:1] != word[0] or abs(len(typed) - len(word)) > 1 or any(letter.isdigit() for letter in typed):
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b), min(len(typed), len(word)))
    a, b = typed[start:], word[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
