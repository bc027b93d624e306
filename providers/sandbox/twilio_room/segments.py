"""How many SMS segments a text takes. Pure.

GSM-7 (3GPP TS 23.038): 160 septets alone, 153 each when concatenated; the extension table costs 2. Anything else makes
the whole text UCS-2: 70 code units alone, 67 each. A character is never split over two segments.
"""

BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = set("^{}\\[~]|€\f")


def is_gsm7(body: str) -> bool:
    return all(character in BASIC or character in EXTENDED for character in body)


def segments(body: str) -> int:
    """At least 1."""
    gsm7 = is_gsm7(body)
    alone, each = (160, 153) if gsm7 else (70, 67)
    costs = [_septets(character) if gsm7 else _units(character) for character in body]
    if sum(costs) <= alone:
        return 1
    full, left = 0, 0
    for cost in costs:
        if cost > left:
            full, left = full + 1, each
        left -= cost
    return full


def _septets(character: str) -> int:
    return 2 if character in EXTENDED else 1


def _units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1
