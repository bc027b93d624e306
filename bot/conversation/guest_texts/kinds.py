"""Which sort of text each phrase is: what decides when it may go and how long it is true. A phrase that is not here
answers a guest's own words."""

from collections.abc import Mapping

from bot.conversation.guest_texts.phrases import Phrase
from bot.domain.messages.message import Message
from bot.domain.stays.text_times import TextKind

_SORTS: Mapping[str, TextKind] = {
    Phrase.PIN.value: TextKind.PIN,
    Phrase.REMINDER.value: TextKind.REMINDER,
    Phrase.ASK_USED.value: TextKind.NOT_IN_TIME,
    Phrase.EXPIRED.value: TextKind.NOT_IN_TIME,
    Phrase.ON_ARRIVAL.value: TextKind.ON_ARRIVAL,
    Phrase.CANCELLED_NO_PIN.value: TextKind.CANCELLED,
    Phrase.CANCELLED_VISITS.value: TextKind.CANCELLED,
    Phrase.CANCELLED.value: TextKind.CANCELLED,
    Phrase.NOT_YET.value: TextKind.NOT_YET,
    Phrase.MOVED_NEW_PIN.value: TextKind.MOVED,
    Phrase.MOVED_SAME_PIN.value: TextKind.MOVED,
    Phrase.FROM_STAFF.value: TextKind.ANSWER,
    Phrase.HEARD.value: TextKind.ANSWER,
}


def kind_of_text(message: Message) -> TextKind:
    return _SORTS.get(message.phrase, TextKind.ANSWER)
