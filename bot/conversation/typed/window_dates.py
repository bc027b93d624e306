"""Dates written in words: `4 dec`, `4th of December 2026` and `dec 4, 2026` become one piece each.

Dates in digits are whole already (`window_pieces`).
"""

from bot.conversation.typed.window_pieces import CalendarDay, Mark, Number, Piece, WordPiece, calendar_day

_OF = ("of", "de", "di", "d'")
_YEARS = range(2000, 2200)


def join_dates(pieces: tuple[Piece, ...]) -> list[Piece]:
    """The same pieces, with each number and month beside it made a CalendarDay."""
    joined: list[Piece] = []
    index = 0
    while index < len(pieces):
        day, used = _date_at(pieces, index)
        joined.append(day or pieces[index])
        index += used
    return joined


def _date_at(pieces: tuple[Piece, ...], index: int) -> tuple[CalendarDay | None, int]:
    """The date that begins here, and how many pieces it takes."""
    first, then = pieces[index], index + 1
    if isinstance(first, Number):
        if then < len(pieces) and isinstance(word := pieces[then], WordPiece) and word.text in _OF:
            then += 1
        month = _month(pieces, then)
        return _with_year(pieces, index, then + 1, month, first) if month else (None, 1)
    month = _month(pieces, index)
    if month and then < len(pieces) and isinstance(number := pieces[then], Number) and not _month(pieces, then + 1):
        return _with_year(pieces, index, then + 1, month, number)
    return None, 1


def _with_year(
    pieces: tuple[Piece, ...], start: int, after: int, month: int, number: Number
) -> tuple[CalendarDay, int]:
    year_at = after
    while year_at < len(pieces) and _is_between_date_and_year(pieces[year_at]):
        year_at += 1
    year = _year(pieces[year_at]) if year_at < len(pieces) else None
    end = year_at + 1 if year else after
    text = " ".join(piece.text for piece in pieces[start:end])
    return calendar_day(text, month, number.value, year), end - start


def _month(pieces: tuple[Piece, ...], index: int) -> int | None:
    piece = pieces[index] if index < len(pieces) else None
    return piece.meaning.month if isinstance(piece, WordPiece) else None


def _is_between_date_and_year(piece: Piece) -> bool:
    return (isinstance(piece, Mark) and piece.kind == "comma") or (isinstance(piece, WordPiece) and piece.text in _OF)


def _year(piece: Piece) -> int | None:
    return piece.value if isinstance(piece, Number) and piece.value in _YEARS else None
