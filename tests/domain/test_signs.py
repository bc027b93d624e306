"""Signs that nothing can keep are replaced, and all others left as they are."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.signs import fit, fit_json, is_fit, is_id, one_line, unturned
from tests.cases import every


@every(
    ("text", "kept"),
    [
        ("Ana", "Ana"),
        ("Zoë 李 שרה 👩‍👩‍👧 ½ €", "Zoë 李 שרה 👩‍👩‍👧 ½ €"),
        ("two\nlines\tand a tab\r\n", "two\nlines\tand a tab\r\n"),
        ("a\x00b", "a�b"),
        ("Door \ud83d", "Door �"),
        ("\udcff\x1b[31m\x9b\x7f", "��[31m��"),
        ("\ufffe\uffff\ufdd0", "���"),
    ],
)
def test_what_can_be_kept(text: str, kept: str) -> None:
    assert fit(text) == kept


@given(text=st.text(st.characters()))
def test_whatever_comes_can_be_kept(text: str) -> None:
    for made in (fit(text), one_line(text), unturned(text)):
        assert b"\x00" not in made.encode()
        assert fit(made) == made
    assert len(one_line(text).splitlines()) <= 1


@every(
    ("text", "line"),
    [
        (" Flat  3\n", "Flat 3"),
        ("a\r\nb\u2028c\u2029d\x85e\x0bf\x0cg", "a b c d e f g"),
        ("\u202edoor\u202c\u2066x\u2069\u200e", "doorx"),
        ("\x1b]0;owned\x07", "�]0;owned�"),
        ("שער 👩‍👧", "שער 👩‍👧"),
        ("\u200b\u2060", ""),
        ("\u2800 \u3164", ""),
        ("\u0301\ufe0f", ""),
        ("\x01\x02", ""),
        ("\u200b.", "\u200b."),
    ],
)
def test_a_name_is_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_json_is_made_fit_in_every_corner() -> None:
    read = json.loads('{"a\\u0000": ["\\ud83d", {"b": "\\u001b"}, 1, null, true, 0.5], "c": "ok"}')
    assert fit_json(read) == {"a�": ["�", {"b": "�"}, 1, None, True, 0.5], "c": "ok"}


@every(
    ("text", "good"),
    [
        ("01J-x_y:é", True),
        ("x" * 255, True),
        ("x" * 256, False),
        ("", False),
        ("a\nb", False),
        ("a�", False),
        ("a\x00", False),
        ("\ud83d", False),
        ("a\u202e", False),
    ],
)
def test_what_can_be_an_id(text: str, good: bool) -> None:
    assert is_id(text) is good


_JSON = st.recursive(
    st.none() | st.integers() | st.text(st.characters() | st.sampled_from("a\n\x00\ud800\x7f"), max_size=4),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=3), parts, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_what_is_fit_is_left_as_it_is(value: object) -> None:
    assert is_fit(value) == (fit_json(value) == value)
    assert is_fit(fit_json(value))
