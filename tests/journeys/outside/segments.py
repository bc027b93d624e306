"""How many SMS a text is, counted from GSM 03.38 (ETSI TS 123 038, tables 6.2.1 and 6.2.1.1)."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


def is_gsm7(words: str) -> bool:
    return all(char in _BASIC or char in _EXTENDED for char in words)


def segments(words: str) -> int:
    """160 septets in one, 153 in each of many; a text outside GSM-7 has 70 and 67 UTF-16 units."""
    if is_gsm7(words):
        return _count([2 if char in _EXTENDED else 1 for char in words], 160, 153)
    return _count([len(char.encode("utf-16-le")) // 2 for char in words], 70, 67)


def _count(sizes: list[int], alone: int, together: int) -> int:
    """No character is split over two."""
    if sum(sizes) <= alone:
        return 1
    parts, room = 1, together
    for size in sizes:
        if size > room:
            parts, room = parts + 1, together
        room -= size
    return parts
