"""Whoever wants no more texts, or wants them again. The carrier obeys its own keywords where they stand alone; what is
said in other words, or with a sign behind it, reaches us alone, and is for us to obey."""

import itertools
from collections.abc import Mapping
from functools import cache

from bot.conversation.replies.bare_text import MOST_LETTERS, is_reaction, normal, own_words, tokens
from bot.conversation.replies.grammar import LONGEST_NAME, find
from bot.conversation.replies.reply_words import Little, spelled
from bot.domain.stays.replying import CarrierWord, ReplyWord

WORDS: Mapping[CarrierWord, str] = {
    CarrierWord.STOP: "stop (all/) | stopall | stopp"
    " | (stop/quit) (texting/sending/messaging/spamming/contacting/bothering) (me/us/)"
    " (this/these/) (texts/messages/sms/)"
    " | (stop/no more) (texts/messages/sms/texting) | unsubscribe (me/) | opt out | optout | revoke"
    " | (do not/don't) (text/message) (me/us) (again/anymore/any more/)"
    " | (stop/no more) (with/) (these/those/the/your/all/all these/all the) (texts/messages/sms)"
    " | remove (me/my number) | remove (me/my number) from (your/the/this) list | take (me/us) off (your/the/this) list"
    " | leave (me/us) alone | (you have the/) wrong number stop (texting me/)"
    " | stop (you have the/this is the/) wrong number"
    " | (i/we/) (do not/don't) want (any more/more/any/your/these) (texts/messages/sms)"
    " | abmelden | abbestellen | keine (sms/nachrichten) mehr (schicken/senden/)"
    " | (hören sie auf/hört auf/hör auf) mit (den/diesen) (sms/nachrichten)"
    " | arrêt | arrêtez | arrêtez les (sms/messages) | (me/) désabonner | plus de (sms/messages)"
    " | (arrête/arrêtez) de (m'/nous/m' /)(envoyer/écrire) (des/ces/vos/) (sms/messages/)"
    " | (dar de/) baja | no más (mensajes/sms)"
    " | (no me/no nos) (envíe/envíen/envíes/mande/manden/mandes) más (mensajes/sms)"
    " | (dejen/deje/deja) de (enviarme/mandarme) (mensajes/sms)"
    " | parar | pare | não quero mais (mensagens/sms) | parem de (me/) (enviar/mandar) (mensagens/sms)"
    " | não (me/) (enviem/envie/mandem/mande) mais (mensagens/sms) | sair"
    " | disiscriv(imi/ermi/i) | (niente più/basta/basta con i) (messaggi/sms)"
    " | non (mandatemi/inviatemi/voglio) più (messaggi/sms)"
    " | afmelden | geen (berichten/sms) meer (sturen/) | (stop/hou op) met (berichten/sms)"
    " | 停止 | 配信停止 | 送信停止 | (もう/)送らないで(ください/)",
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
    if len(text) > MOST_LETTERS or is_reaction(text):
        return None
    said = [word for word in tokens(_unsigned(normal(own_words(text)))) if word[0].isalnum()]
    said = said[:1] if len(set(said)) == 1 else said
    if " ".join(said) in _as_they_stand():
        return CarrierWord.STOP
    if len(said) > _LONGEST:
        return None
    for start, end in itertools.combinations(range(len(said) + 1), 2):
        word = _meanings().get(tuple(said[start:end]))
        if word is not None and all(f.sense in _COURTESIES for f in (*find(said[:start]), *find(said[end:]))):
            return word
    return None


def _unsigned(said: str) -> str:
    """`Stop`, and on a line of its own the name of whoever says so."""
    *lines, last = [line for line in said.split("\n") if line.strip()] or [""]
    words = find([word for word in tokens(last) if word[0].isalnum()])
    signs = len(words) <= LONGEST_NAME and all(f.sense is None and f.words not in _meanings() for f in words)
    return "\n".join(lines) if lines and signs else said


@cache
def _meanings() -> Mapping[tuple[str, ...], CarrierWord]:
    return {tuple(tokens(normal(each))): word for word, line in WORDS.items() for each in spelled(line)}


@cache
def _as_they_stand() -> frozenset[str]:
    return frozenset(spelled(AS_THEY_STAND))
