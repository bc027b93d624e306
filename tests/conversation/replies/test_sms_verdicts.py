"""`OK 482193` with the slips of a phone's keyboard; and what must never count as an approval."""

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.replies.sms_verdicts import LONGEST_REASON, understand_verdict
from tests.cases import every

CODE = "482193"


@every(
    "text",
    [
        "OK 482193",
        "ok 482193",
        "Ok482193",
        "oK  482193 ",
        "OK: 482193.",
        "OK, 482193!",
        "OK-482193",
        "OK #482193",
        "OK code 482193",
        '"OK 482193"',
        "👍 OK 482193 👍",
        "OK 482193 👍🏽",
        "OK\n482193",
        "OK 48 21 93",
        "OK 4 8 2 1 9 3",
        "OK 482-193",
        "O.K. 482193",
        "0K 482193",
        "okay 482193",
        "ＯＫ ４８２１９３",
        "OK ٤٨٢١٩٣",
        "OK 482193 thanks!",
        "Ok 482193, thank you",
        "OK 482193 please",
        "\u200bOK 482193",
        "OK (482193)",
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
        ("NO 482193", None),
        ("no482193.", None),
        ("No: 482193 👎", None),
        ("NO 482193 the boiler is being mended", "the boiler is being mended"),
        ("no 482193 - not before noon!", "not before noon"),
        ("NO 482193\nask me again, ok?", "ask me again, ok?"),
        ("NO 482193 3 people are too many", "3 people are too many"),
        ("NO 482193 OK 482193", "OK 482193"),
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
        "482193",
        "OK 48219",
        "OK 4821931",
        "OK 482 19",
        "not OK 482193",
        "don't OK 482193",
        "no worries, OK 482193",
        "NOT 482193",
        "is it OK 482193?",
        "OK 482193 but only until noon",
        "OK 482193 no",
        "OK 482193 NO 482193",
        "OK 482193 482194",
        "OKAYISH 482193",
        "YES 482193",
        "Liked “OK 482193”",
        "Re: OK 482193",
        "OK " + "482193" * 200,
        "STOP",
        "knock 482193",
        "book 482193",
    ],
)
def test_nothing_else_decides(text: str) -> None:
    verdict = understand_verdict(text)
    assert verdict is None or not verdict.approved, text
    assert verdict is None


def test_a_long_reason_is_cut() -> None:
    verdict = understand_verdict("NO 482193 " + "a" * 450)
    assert verdict is not None
    assert verdict.reason is not None
    assert len(verdict.reason) == LONGEST_REASON


@given(st.text(max_size=600))
def test_whatever_comes_is_read_without_error(text: str) -> None:
    verdict = understand_verdict(text)
    assert verdict is None or (len(verdict.code) in (4, 6) and verdict.code.isascii() and verdict.code.isdigit())


@given(before=st.text(min_size=1, max_size=20), after=st.text(max_size=40))
def test_letters_before_the_word_make_it_no_decision(before: str, after: str) -> None:
    """Only what is neither letter nor digit may stand before it."""
    verdict = understand_verdict(f"x{before}OK 482193{after}")
    assert verdict is None
