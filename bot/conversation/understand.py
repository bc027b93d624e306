"""What people type, turned into meaning: a window, a whole ask, a guest's reply word.

This is the door to the room: `understand_window`, `understand_ask` and `understand_reply`, pure functions that read no
clock. How words are cut, ordered and dated is next door (`window_pieces`, `window_line`, `window_calendar`).

Why a grammar of our own: dateparser, parsedatetime and recurrent were tried on these very lines; dateparser makes 12
April of `04/12` and the 23rd of `3`, loses one end of a range, and takes 4 to 250 ms; parsedatetime answers "now" to
what it cannot read, recurrent keeps only the last date. All three guess, and a guessed window is a dead PIN. The
grammar is six shapes of a line, too few to pay for a parser generator.
"""

from bot.conversation.asks import Ask, Field, Problem, ProblemKind, first_words, understand_ask
from bot.conversation.lock_names import LockName
from bot.conversation.not_understood import NotUnderstood
from bot.conversation.replies import Reply, ReplyWord, understand_reply
from bot.conversation.windows_typed import MAX_WINDOW_TEXT, understand_window

__all__ = [
    "MAX_WINDOW_TEXT",
    "Ask",
    "Field",
    "LockName",
    "NotUnderstood",
    "Problem",
    "ProblemKind",
    "Reply",
    "ReplyWord",
    "first_words",
    "understand_ask",
    "understand_reply",
    "understand_window",
]
