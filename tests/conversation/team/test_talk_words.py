"""What staff write to a guest, as it leaves us, and what the thread says about it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.guest_texts.gsm7 import is_gsm7, segments
from bot.conversation.team.history import Event, history
from bot.conversation.team.talk_words import as_name, as_texted, counted, guest_said, quote
from tests.cases import every


@every(
    ("words", "texted"),
    [
        ("The key’s under the mat – left 👍", "Ada: The key's under the mat - left"),
        ("Déjà vu, à bientôt", "Ada: Déjà vu, à bientot"),
        ("  two   lines \n\n\n\n here ", "Ada: two lines\n\nhere"),
        ("ようこそ", "Ada: ようこそ"),
        ("Zażółć", "Ada: Zazolc"),
        ("Привет", "Ada: Привет"),
        ("€5 {a}", "Ada: €5 {a}"),
    ],
)
def test_the_cheap_alphabet_where_no_letter_is_lost(words: str, texted: str) -> None:
    assert as_texted(" Ada ", words) == texted


@every(
    ("note", "said"),
    [("late flight", 'why it was asked for is "late flight" now'), ("", "no reason is given now")],
)
def test_a_reason_that_was_corrected_is_said(note: str, said: str) -> None:
    notice = history(Event.CORRECTED, {"by": "U_ADA", "note": note})
    assert notice.remarks == (f"Corrected by <@U_ADA>: {said}.",)


@given(st.text(max_size=300))
def test_a_text_in_our_letters_is_always_cheap(words: str) -> None:
    body = as_texted("Ada", words)
    assert body.startswith("Ada:")
    assert is_gsm7(body) or any(char.isalnum() and not is_gsm7(char) for char in body)


def test_the_count_says_what_the_guest_will_read() -> None:
    assert counted("Ada", "  ") == "At most 2 text messages."
    assert counted("Ada", "Hello – hi") == "1 of at most 2 text messages. The guest reads: Ada: Hello - hi"
    assert counted("Ada", "a" * 200).startswith("2 of at most 2")
    assert "3 text messages" in counted("Ada", "a" * 310)
    assert segments(as_texted("Ada", "a" * 301)) == 2


@every(
    ("facts", "line"),
    [
        ({"words": "Is there parking?"}, 'The guest texted: "Is there parking?"'),
        (
            {"words": "", "media": "photo", "link": "https://x.test/1"},
            "sent a photo: https://x.test/1 (needs a login).",
        ),
        ({"words": "See", "media": "photo,photo,video", "link": ""}, "2 photos and a video, which cannot be shown"),
        ({"words": ""}, "The guest sent an empty text."),
    ],
)
def test_what_a_guest_said(facts: dict[str, str], line: str) -> None:
    assert line in guest_said(facts)


def test_the_guests_words_can_be_answered_and_no_others() -> None:
    said = history(Event.SAID, {"words": "hello", "request": "R1"})
    assert [(b.action, b.value) for b in said.buttons] == [("send_to_guest", "R1")]
    assert history(Event.SAID, {"words": "of an older version"}).buttons == ()
    assert history(Event.WROTE, {"words": "hello", "request": "R1", "by": "U_ADA"}).buttons == ()


def test_long_numbers_stand_in_no_line() -> None:
    for event in (Event.SAID, Event.WROTE):
        assert "•••" in history(event, {"words": "it was 481 529 063", "by": "U_ADA"}).remarks[0]


def test_which_of_several_texts_a_line_is_about() -> None:
    line = history(Event.DELIVERED, {"phrase": "from_staff", "quote": quote("Ada: " + "parking " * 20)}).remarks[0]
    assert line.startswith('"Ada: parking parking')
    assert line.endswith('…": delivered')
    assert len(line) < 80


def test_a_handle_as_a_name() -> None:
    assert as_name("ada.b_c") == "Ada B C"
    assert len(as_name("x" * 80)) == 20
