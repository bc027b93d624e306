"""The page that asks a guest whom we text, for a stay of which its source named no number; in the words of the guest's
page, whose catalogues these are. Nothing of whom it was booked for stands here: whoever has the link reads it."""

from datetime import datetime

from markupsafe import Markup

from bot.conversation.guest_texts.catalogue import template_of
from bot.conversation.guest_texts.moments import guest_moment
from bot.conversation.pages.guest_page import ROOM
from bot.conversation.pages.html import whole
from bot.conversation.times import is_other_year
from bot.domain.locks.lock import Lock
from bot.domain.messages.languages import Language
from bot.domain.windows import AccessWindow

LONGEST_NAME, LONGEST_NUMBER = 80, 40
_ANSWERS = {"wrong": "contact wrong", "later": "contact later", "often": "too often"}


def contact_page(lock: Lock, window: AccessWindow, language: Language, said: str, typed: tuple[str, str]) -> str:
    """`said`: what came of what was sent, or nothing; `typed`: the name and the number that were."""

    def words(name: str, **values: str) -> str:
        return template_of(name, language, ROOM).format(**values)

    def moment(at: datetime) -> str:
        return guest_moment(at, lock.zoneinfo, language, with_year=is_other_year(at, lock.zoneinfo))

    title = words("contact title")
    if said == "thanks":
        body = Markup('<h1>{}</h1><p class="said" role="status">{}</p>').format(title, words("contact thanks"))
        return whole(language, title, body)
    door = lock.guest_info.door or lock.name
    about = words("contact why", door=door, starts=moment(window.starts_at), ends=moment(window.ends_at))
    answer = Markup('<p class="said" role="alert">{}</p>').format(words(_ANSWERS[said])) if said in _ANSWERS else ""
    form = Markup(
        '<form method="post"><input type="hidden" name="word" value="CONTACT">'
        '<label for="name">{}</label><input id="name" name="name" autocomplete="name" maxlength="{}" value="{}"'
        ' required><label for="phone">{}</label><input id="phone" name="phone" type="tel" autocomplete="tel"'
        ' maxlength="{}" placeholder="+33 6 39 98 12 34" value="{}" required><p><button>{}</button></p></form>'
    ).format(
        words("contact name"),
        LONGEST_NAME,
        typed[0],
        words("contact phone"),
        LONGEST_NUMBER,
        typed[1],
        words("contact send"),
    )
    body = Markup("<h1>{}</h1>{}<p>{}</p>{}").format(title, answer, about, form)
    return whole(language, title, body)
