"""Whoever wants no more texts, or wants them again. The carrier obeys its own keywords where they stand alone; what is
said in other words, or with a sign behind it, reaches us alone, and is for us to obey."""

import itertools
from collections.abc import Mapping
from functools import cache

from bot.conversation.replies.bare_text import is_reaction, normal, own_words, tokens
from bot.conversation.replies.grammar import find
from bot.conversation.replies.reply_words import Little, spelled
from bot.domain.stays.replying import CarrierWord, ReplyWord

WORDS: Mapping[CarrierWord, str] = {
    CarrierWord.STOP: "stop (all/) | stopall | stopp"
    " | stop (texting/sending/messaging) (me/us/) (this/these/) (texts/messages/sms/)"
    " | (stop/no more) (texts/messages/sms/texting) | unsubscribe (me/) | opt out | optout | revoke"
    " | (do not/don't) (text/message) (me/us) (again/anymore/any more/) | remove (me/my number)"
    " | abmelden | abbestellen | keine (sms/nachrichten) mehr | arrêt | arrêtez | (me/) désabonner"
    " | plus de (sms/messages) | (dar de/) baja | no más (mensajes/sms) | parar | pare | não quero mais (mensagens/sms)"
    " | sair | disiscriv(imi/ermi/i) | niente più (messaggi/sms) | afmelden | geen (berichten/sms) meer"
    " | 停止 | 配信停止 | 送信停止",
    CarrierWord.START: "start | unstop | opt in | resubscribe",
}
"""With courtesies and signs around them."""

AS_THEY_STAND = "cancel | end | quit"
"""STOP, too; but whoever puts a word beside them speaks of something else: `please cancel` is about the stay."""

_LONGEST = 20
"""Words; who says more says something else."""

_COURTESIES = (Little.COURTESY, ReplyWord.THANKS)


def understand_carrier(text: str) -> CarrierWord | None:
    """`Stop.`, `STOP!!`, `stop 🛑` and `please stop` are STOP; `stop it` and `Stop. Stuck` are not. YES is left out:
    only the carrier, where it stands alone, knows that it was an answer to its own question."""
    if is_reaction(text):
        return None
    said = [word for word in tokens(normal(own_words(text))) if word[0].isalnum()]
    if " ".join(said) in _as_they_stand():
        return CarrierWord.STOP
    if len(said) > _LONGEST:
        return None
    for start, end in itertools.combinations(range(len(said) + 1), 2):
        word = _meanings().get(tuple(said[start:end]))
        if word is not None and all(f.sense in _COURTESIES for f in (*find(said[:start]), *find(said[end:]))):
            return word
    return None


@cache
def _meanings() -> Mapping[tuple[str, ...], CarrierWord]:
    return {tuple(tokens(normal(each))): word for word, line in WORDS.items() for each in spelled(line)}


@cache
def _as_they_stand() -> frozenset[str]:
    return frozenset(spelled(AS_THEY_STAND))
