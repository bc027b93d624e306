"""PINs in people's own words: found and hidden however they are written, and other numbers left as they are."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hiding import hide_digits, hide_in_name, holds_pin
from bot.domain.pins import Phone, Pin
from tests.cases import every

PIN = Pin("481529063")


@every(
    "words",
    [
        "481529063",
        "use 481 529 063 please",
        "4-8-1-5-2-9-0-6-3",
        "481.529.063!",
        "481\n529\n063",
        "481 - 529 - 063",
        "４８１５２９０６３",
        "٤٨١٥٢٩٠٦٣",
        "code0481529063x",
        "481_529_063",
        "1481529063",
        "*481* *529* *063*",
        "“481” “529” “063”",
        "4️⃣8️⃣1️⃣5️⃣2️⃣9️⃣0️⃣6️⃣3️⃣",
        "481\u200b\u200d529\u2060\u202e063",
        "four eight one five two nine oh six three",
        "It is Four, EIGHT, One - five 2 nine zero six three!",
        "vier acht eins fünf zwei neun null sechs drei",
        "quatre huit un cinq deux neuf zéro six trois",
        "cuatro ocho uno cinco dos nueve cero seis tres",
        "quatro oito um cinco dois nove zero seis três",
        "quattro otto uno cinque due nove zero sei tre",
        "vier acht een vijf twee negen nul zes drie",
        "48l529O63",
        "48I 529 o63",
        "4 8 one 529 O63",
    ],
)
def test_a_pin_is_found_however_it_is_typed(words: str) -> None:
    assert holds_pin(words, [Pin("1234"), PIN])


@every(
    "words",
    [
        "",
        "one of the two of us is in",
        "I am in, due to Otto",
        "2 of O",
        "call +33 6 39 98 12 34",
        "room 481, table 529, 063",
        "48152906",
        "Dec 4 2026",
    ],
)
def test_other_numbers_may_be_sent(words: str) -> None:
    assert not holds_pin(words, [PIN])


@given(
    pin=st.from_regex(r"[0-9]{4,10}", fullmatch=True),
    between=st.text(" .-,/()\n·*#\"'_|~\u200b\u200d\ufe0f\u20e3", max_size=6),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_no_spacing_hides_a_pin(pin: str, between: str, before: str, after: str) -> None:
    assert holds_pin(before + between.join(pin) + after, [Pin(pin)])


@every(
    ("typed", "shown"),
    [
        ("*481* *529* *063*", "*•••*"),
        ("try one two 3 four, it works", "try •••, it works"),
        ("my l5l94O858 fails", "my ••• fails"),
        ("sept huit neuf zéro!", "•••!"),
        ("it says '481' \"529\" #063# no", "it says '•••# no"),
        ("4️⃣8️⃣1️⃣5️⃣", "•••"),
        ("4\u200d8\u200b1\u20605", "•••"),
        ("４８１５２９", "•••"),
        ("٤٨١٥ and ४८१५", "••• and •••"),
        ("⓸⑧①❺⒉ 𝟒𝟖𝟏𝟓 ⁴⁸¹⁵", "•••"),
        ("4\u03018\u03011\u03015\u0301!", "•••!"),
        ("4\n8\n1\n5\n2", "•••"),
        ("4...8...1...5", "•••"),
        ("481:529:063", "•••"),
        ("48|15|29|06|3", "•••"),
        ("`481` `529`, ~063~", "`•••~"),
        ("4🔑8🔑1🔑5", "•••"),
        ("4+8+1+5", "•••"),
        ("481+529+063", "•••"),
        ("｢481｣｢529｣｢063｣", "｢•••｣"),
        ("4ᅠ8ㅤ1⠀5", "•••"),
        ("481\u202e529\u202c063", "•••"),
        ("call +43 660 1234567", "call •••"),
        ("Arrive 10:30 or 11:45, room 12", None),
        ("at 14:30 on 5/6, 2 adults + 2 kids", None),
        ("from 9:00 to 17:30:00", None),
        ("2½ hours, 10½ in all", None),
        ("€25 + €30 or 20% 30%", None),
        ("Flat 3, floor 2, at 9 pm", None),
        ("no digits at all – “nothing” 👋🏽", None),
    ],
)
def test_what_the_channel_reads(typed: str, shown: str | None) -> None:
    assert hide_digits(typed) == (typed if shown is None else shown)
    assert hide_digits(hide_digits(typed)) == hide_digits(typed)


@every(
    ("typed", "shown"),
    [
        ("4 and 8 and 1, then 529 and 063", "••• and ••• and •••, then ••• and •••"),
        ("room 481, table 529, 063", "room •••, table •••"),
        ("四八一五二九〇六三", "•••"),
        ("from 4:81 to 5:29 and 06:3", "from ••• to ••• and •••"),
        ("12:34, room 12", "12:34, room 12"),
    ],
)
def test_a_stays_own_pin_is_hidden_whatever_stands_between(typed: str, shown: str) -> None:
    assert hide_digits(typed, [PIN]) == shown
    assert hide_in_name(typed, [PIN]) == shown


def test_a_short_pin_is_hidden_where_only_signs_divide_it() -> None:
    assert hide_digits("12:34 it is", [Pin("1234")]) == "••• it is"
    assert hide_digits("1 of 2 beds, 3 of 4 keys", [Pin("1234")]) == "1 of 2 beds, 3 of 4 keys"


def test_a_name_keeps_its_other_numbers() -> None:
    assert hide_in_name("Room 1204, *481*529*063*", [PIN]) == "Room 1204, *•••*"


@every(
    ("typed", "shown"),
    [
        ("+33639981234", "•••"),
        ("Ana +33 (0) 6 39 98 12 34", "Ana •••"),
        ("Ana 06 39 98 12 34", "Ana 06 3•••"),
        ("Ana ٠٦٣٩٩٨١٢٣٤", "Ana ٠٦٣•••"),
        ("Ana 0044 7700 900123", "Ana •••"),
        ("Room 1204 + 2, booking 4711471147", None),
    ],
)
def test_a_name_keeps_no_phone_number(typed: str, shown: str | None) -> None:
    assert hide_in_name(typed, (), Phone("+33639981234")) == (typed if shown is None else shown)


@given(words=st.text(max_size=200))
def test_nothing_but_digits_is_ever_taken_away(words: str) -> None:
    shown = hide_digits(words, [PIN])
    assert hide_digits(shown, [PIN]) == shown
    assert not holds_pin(shown, [PIN])
