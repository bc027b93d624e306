"""A guest's text without what their phone put around it: signature lines, what they quote, marks, the signs of their
script. What the words that are left say is `grammar`; how a phone tells of a reaction stands here, too, as it is its
words and not theirs."""

import re
import unicodedata

from bot.conversation.typed.plain_text import plain

_QUOTED = re.compile(
    r"^(?:>|-- ?$|_{3,}|-{3,}|(?:on|am|le|el|em|il|op)\b.{6,80}"
    r"(?:wrote|schrieb|écrit|escribió|escreveu|scritto|schreef).{0,60}:$)",
    re.IGNORECASE,
)
"""The first line of what is not theirs, to the end of the text."""

_SIGNATURE = re.compile(
    r"(?:\b(?:sent|gesendet|envoyé|enviado|inviato|verzonden|verstuurd)\s+(?:\w+\s+){1,3}?"
    r"(?:my|meine[mr]?|mon|ma|mi|meu|minha|mio|mia|mijn|iphone|ipad|android|samsung|galaxy|outlook|gmail|yahoo)\b"
    r"|\bvon meinem \w+.{0,20}gesendet|\b(?:get|obtenir|obtener|holen sie sich|scarica|obter) outlook\b"
    r"|[\w ]{0,16}から送信).*$",
    re.IGNORECASE | re.MULTILINE,
)
_SCRIPT = re.compile(r"[぀-ヿ㐀-鿿ｦ-ﾟ]")
_PIECES = re.compile(r"[぀-ヿ㐀-鿿ー]+|\s+|[^\s぀-ヿ㐀-鿿ー]+")
_TOKENS = re.compile(r"[぀-ヿ㐀-鿿ー]|\d+(?:[:.,/h-]?\d+)*[a-z]*|[^\W\d_぀-ヿ㐀-鿿ー]+|[.,!?;:\n()。、]")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_APOSTROPHES = re.compile(r"(?<=\w)['’‘ʼ`´](?=\w)")
_HALF = re.compile(r"(?:(\d) ?)?½|(?<!\S)\.5(?!\d)")
_CALLS = {"🆘": " sos ", "🚨": " sos "}
MOST_LETTERS = 1600
"""Of a text: no carrier takes more."""
_PLEASED = frozenset("👍👌🙏❤♥😊🙂😀😃😄😁🥰😍🎉👏💯🤗😘🤝☺✌💪😎🤩💕💖💙💚💛🫶👋")

_QUOTE = r"[\"“”„«»‘’'「『]"
_LIKES = (
    r"(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|removed an? .{3,24}? from|reacted .{1,24}? to"
    r"|gefällt(?: mir)?|liebt|geliebt|lacht(?:e)? über|betont(?:e)?|hat|reagierte .{1,24}? auf|mag"
    r"|a aimé|a adoré|aime|j.aime|adore|a ri de|a réagi .{0,24}?à|a mis l.accent sur|a souligné"
    r"|[lm]e (?:gustó|gusta|encantó|encanta|dio risa)|enfatizó|(?:ha reaccionado|reaccionó) .{0,24}?a"
    r"|gostou de|gosta de|amou|adorou|curtiu|riu de|enfatizou|reagiu .{0,24}?a"
    r"|piace|ha messo .{0,24}? a|ha amato|adorato|ha adorato|ha riso (?:a|per)|ha enfatizzato|ha reagito .{0,24}?a"
    r"|vond|vindt|hield van|gelachen om|heeft .{0,24}? benadrukt|reageerde .{0,24}?op)"
)
_PICTURES = (
    r"(?:an? (?:image|photo|picture|video|movie|message|attachment)|ein(?:e|en)? (?:bild|foto|video|nachricht)"
    r"|une? (?:image|photo|vidéo|message)|una? (?:imagen|foto|vídeo|video|mensaje)|uma? (?:imagem|foto|vídeo|mensagem)"
    r"|un.?(?:immagine|a foto|video|messaggio)|een (?:afbeelding|foto|video|bericht))"
)
_REACTION = re.compile(
    rf"^\W*(?:{_LIKES}\s*(?:{_QUOTE}.*|{_PICTURES}\W*$)|[^\w\s\"“”„«»‘’'「」『』.,!?-]{{1,8}}\s*(?:to|zu|à|a|op|em|auf)\s*{_QUOTE}.*"
    r"|[「“\"].*[」”\"]\s*(?:を|に).{0,16}(?:いいね|ハート|強調|評価|リアクション|笑).*)",
    re.IGNORECASE | re.DOTALL,
)


def is_reaction(text: str) -> bool:
    """`Liked “your PIN …”`, `Loved an image`, and a few signs of joy alone: nobody waits for an answer."""
    said = unicodedata.normalize("NFKC", text[:MOST_LETTERS])
    signs = [char for char in said if not char.isspace() and unicodedata.category(char) not in ("Mn", "Me", "Cf", "Sk")]
    return (bool(signs) and _PLEASED.issuperset(signs)) or _REACTION.match(said.strip()) is not None


def own_words(text: str) -> str:
    """Without what is quoted and what the phone signs with; a fraction as a number, a call for help as a word."""
    for sign, word in _CALLS.items():
        text = text.replace(sign, word)
    text = _HALF.sub(lambda found: f"{found[1] or '0'}.5", text)
    lines: list[str] = []
    for line in unicodedata.normalize("NFKC", text).splitlines():
        if _QUOTED.match(line.strip()):
            break
        lines.append(line)
    return _SIGNATURE.sub("", "\n".join(lines))


def normal(text: str) -> str:
    """Plain, `helpppp` as `help`, and without apostrophes; what a script without spaces writes is left as it is."""
    joined = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text))
    pieces = (piece if _SCRIPT.match(piece) else _plain(piece) for piece in _PIECES.findall(joined))
    return _DRAWN_OUT.sub(r"\1", "".join(pieces))


def tokens(text: str) -> list[str]:
    """Of normal text: words, numbers with what is joined to them, each sign of a script that has no spaces, and the
    signs that end a clause."""
    return _TOKENS.findall(text)


def _plain(piece: str) -> str:
    """`plain` takes the spaces at the ends, and lines."""
    return piece if piece.isspace() else plain(piece) or (" " if piece.isprintable() else "")
