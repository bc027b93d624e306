"""Which sort of text each phrase is: what decides when it may go and how long it is true. A phrase that is not here
answers a guest's own words."""

from collections.abc import Mapping

from bot.conversation.guest_texts.phrases import Phrase
from bot.domain.messages.message import Message
from bot.domain.stays.text_times import Sort

_SORTS: Mapping[str, Sort] = {
    Phrase.PIN.value: Sort.PIN,
    Phrase.REMINDER.value: Sort.REMINDER,
    Phrase.MISSED.value: Sort.MISSED,
    Phrase.ON_ARRIVAL.value: Sort.ON_ARRIVAL,
    Phrase.CANCELLED_NO_PIN.value: Sort.CANCELLED,
    Phrase.CANCELLED.value: Sort.CANCELLED,
    Phrase.NOT_YET.value: Sort.NOT_YET,
    Phrase.FROM_STAFF.value: Sort.ANSWER,
    Phrase.HEARD.value: Sort.ANSWER,
}


def sort_of(message: Message) -> Sort:
    return _SORTS.get(message.phrase, Sort.ANSWER)
