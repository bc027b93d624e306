"""The house as it stands, for whoever has no Slack at hand: the words of the Home tab, as a page that only shows."""

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

from bot.conversation.pages.html import whole
from bot.conversation.team.home import Home, HomeSection
from bot.domain.messages.languages import Language

TITLE = "Night Porter"
_PIECES = re.compile(r"(\*[^*\n]+\*|`[^`\n]+`|<@\w+>|<at \d+\|[^>\n]*>|\n)")
"""What a chat draws: bold, code, a person, a moment, a new line."""


def status_page(shown: Home, wrong: Mapping[str, str], names: Mapping[str, str]) -> str:
    """`wrong`: by part, as `/readyz` says it; `names`: by a person's id in the chat."""
    parts = [Markup("<h1>{}</h1><p>{}</p>").format(TITLE, shown.seen)]
    faults = [Markup("<li><strong>{}</strong> {}</li>").format(part, said) for part, said in wrong.items()]
    parts.append(_section("Wrong", faults, "Nothing is wrong."))
    parts += [_of_home(part, names) for part in shown.parts]
    parts.append(Markup('<form method="get"><button>Refresh</button></form>'))
    return whole(Language.ENGLISH, TITLE, Markup("\n").join(parts))


def people_in(shown: Home) -> set[str]:
    """The ids of whoever is named."""
    lines = [line.words for part in shown.parts for line in part.lines]
    return {one for words in lines for one in re.findall(r"<@(\w+)>", words)}


def _of_home(part: HomeSection, names: Mapping[str, str]) -> Markup:
    lines = [Markup("<li>{}</li>").format(_drawn(line.words, names)) for line in part.lines]
    lines += [Markup("<li>{} more</li>").format(part.more)] if part.more else []
    return _section(part.heading, lines, part.empty)


def _section(heading: str, lines: list[Markup], empty: str) -> Markup:
    inside = Markup("<ul>{}</ul>").format(Markup("").join(lines)) if lines else Markup("<p>{}</p>").format(empty)
    return Markup("<section><h2>{}</h2>{}</section>").format(heading, inside)


def _drawn(words: str, names: Mapping[str, str]) -> Markup:
    return Markup("").join(_piece(piece, names) for piece in _PIECES.split(words))


def _piece(piece: str, names: Mapping[str, str]) -> Markup:
    if piece == "\n":
        return Markup("<br>")
    if piece.startswith("<@"):
        return escape(names.get(piece[2:-1]) or piece[2:-1])
    if piece.startswith("<at "):
        return escape(piece[:-1].partition("|")[2])
    if len(piece) > 1 and piece[0] == piece[-1] and piece[0] in "*`":
        tag = {"*": Markup("<strong>{}</strong>"), "`": Markup("<code>{}</code>")}[piece[0]]
        return tag.format(piece[1:-1])
    return escape(piece)
