"""`OK 4821` with the slips of a phone's keyboard; and what must never count as an approval."""

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.replies.sms_verdicts import LONGEST_REASON, understand_verdict
from tests.cases import every

CODE = "4821"


@every(
    "text",
    [
        "OK 4821",
        "ok 4821",
        "Ok4821",
        "oK  4821 ",
        "OK: 4821.",
        "OK, 4821!",
        "OK-4821",
        "OK #4821",
        "OK code 4821",
        '"OK 4821"',
        "👍 OK 4821 👍",
        "OK 4821 👍🏽",
        "OK\n4821",
        "OK 48 21",
        "OK 4 8 2 1",
        "OK 48-21",
        "O.K. 4821",
        "0K 4821",
        "okay 4821",
        "ＯＫ ４８２１",
        "OK ٤٨٢١",
        "OK 4821 thanks!",
        "Ok 4821, thank you",
        "OK 4821 please",
        "\u200bOK 4821",
        "OK (4821)",
    ],
)
def test_an_approval_with_slips(text: str) -> None:
    verdict = understand_verdict(text)
    assert verdict is not None
    assert (verdict.approved, verdict.code, verdict.reason) == (True, CODE, None)
    assert CODE not in repr(verdict)


@every(
    ("text", "reason"),
    [
        ("NO 4821", None),
        ("no4821.", None),
        ("No: 4821 👎", None),
        ("NO 4821 the boiler is being mended", "the boiler is being mended"),
        ("no 4821 - not before noon!", "not before noon"),
        ("NO 4821\nask me again, ok?", "ask me again, ok?"),
        ("NO 4821 3 people are too many", "3 people are too many"),
        ("NO 4821 OK 4821", "OK 4821"),
    ],
)
def test_a_denial_and_its_reason(text: str, reason: str | None) -> None:
    verdict = understand_verdict(text)
    assert verdict is not None
    assert (verdict.approved, verdict.code, verdict.reason) == (False, CODE, reason)


@every(
    "text",
    [
        "",
        "OK",
        "4821",
        "OK 482",
        "OK 48211",
        "OK 482 1",
        "not OK 4821",
        "don't OK 4821",
        "no worries, OK 4821",
        "NOT 4821",
        "is it OK 4821?",
        "OK 4821 but only until noon",
        "OK 4821 no",
        "OK 4821 NO 4821",
        "OK 4821 4822",
        "OKAYISH 4821",
        "YES 4821",
        "Liked “OK 4821”",
        "Re: OK 4821",
        "OK " + "4821" * 200,
        "STOP",
        "knock 4821",
        "book 4821",
    ],
)
def test_nothing_else_decides(text: str) -> None:
    verdict = understand_verdict(text)
    assert verdict is None or not verdict.approved, text
    assert verdict is None


def test_a_long_reason_is_cut() -> None:
    verdict = understand_verdict("NO 4821 " + "a" * 450)
    assert verdict is not None
    assert verdict.reason is not None
    assert len(verdict.reason) == LONGEST_REASON


@given(st.text(max_size=600))
def test_whatever_comes_is_read_without_error(text: str) -> None:
    verdict = understand_verdict(text)
    assert verdict is None or (len(verdict.code) == 4 and verdict.code.isascii() and verdict.code.isdigit())


@given(before=st.text(min_size=1, max_size=20), after=st.text(max_size=40))
def test_letters_before_the_word_make_it_no_decision(before: str, after: str) -> None:
    """Only what is neither letter nor digit may stand before it."""
    verdict = understand_verdict(f"x{before}OK 4821{after}")
    assert verdict is None
