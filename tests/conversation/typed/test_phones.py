"""find_phone and read_phone: all of what was typed, or a question; never a number that happens to stand inside."""

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from bot.conversation.typed.asks import understand_ask
from bot.conversation.typed.lock_names import LockName
from bot.conversation.typed.phone_kinds import PhoneKind
from bot.conversation.typed.phones import find_phone, read_phone, remark_on, zone_region
from tests.cases import every, examples
from tests.moments import START

FRONT = LockName("lock-1", "Front door", "Europe/Paris")


@every(
    ("typed", "region", "e164"),
    [
        # what people write around a country and a number
        ("+33 6 39 98 12 34", None, "+33639981234"),
        ("+33–6–39–98–12–34", None, "+33639981234"),
        ("+33‑6‑39‑98‑12‑34", None, "+33639981234"),
        ("+33·6·39·98·12·34", None, "+33639981234"),
        ("+33 6.39-98~12.34", None, "+33639981234"),
        ("(+33) 6 39 98 12 34", None, "+33639981234"),
        ("+33 (0) 6 39 98 12 34", None, "+33639981234"),
        ("＋33 6 39 98 12 34", None, "+33639981234"),
        ("+٣٣ ٦٣٩٩٨١٢٣٤", None, "+33639981234"),
        ("0033639981234", None, "+33639981234"),
        ("00 33 6 39 98 12 34", None, "+33639981234"),
        ("tel:+33639981234", None, "+33639981234"),
        ("+44 07700 900123", None, "+447700900123"),
        # WhatsApp's spelling of Mexican mobiles
        ("+52 1 55 1234 5678", None, "+525512345678"),
        ("+5215512345678", None, "+525512345678"),
        # too long, too short, too much
        ("+44 7400 1234567", None, None),
        ("+447400", None, None),
        ("+1 555-2671", None, None),
        ("+47 12345", None, None),
        ("+999123456", None, None),
        ("+33639981234 5", None, None),
        ("+33639981234 4-7", None, None),
        ("+33 6 39 98 12 34 - 36", None, None),
        ("+33639981234x5", None, None),
        ("+33639981234h", None, None),
        ("5+33639981234", None, None),
        ("33639981234", None, None),
        # a country with numbers of any length
        ("+43 664 123 45 67", None, "+436641234567"),
        ("+43 664 1234567 4-7", None, None),
        ("+43664123456 12", None, None),
        ("+43 664 123456-12", None, None),
        # a time behind a number is none of it
        ("+33639981234 15:00", None, "+33639981234"),
        ("+33639981234 3pm", None, "+33639981234"),
        ("+33639981234 4-7 dec", None, "+33639981234"),
        ("+33639981234 29 feb", None, "+33639981234"),
        ("+33639981234 12/5", None, "+33639981234"),
        ("+33639981234 2 nights", None, "+33639981234"),
        # a country of its own
        ("0664 1234567", "AT", "+436641234567"),
        ("0664/1234567", "AT", "+436641234567"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("090-1234-5678", "JP", "+819012345678"),
        ("0664 1234567", "FR", None),
        ("555-0143", "US", None),
        ("0664 1234567", None, None),
    ],
)
def test_all_of_what_was_typed_or_none(typed: str, region: str | None, e164: str | None) -> None:
    found = find_phone(typed, region)
    assert found is not None
    assert found.e164 == e164


@every("typed", ["", "Ana", "1234", "00:30", "15:00", "2026-12-04", "4.12.2026", "Ana 0039", "room 12"])
def test_what_is_no_number_at_all(typed: str) -> None:
    assert find_phone(typed, "AT") is None


@every(
    ("typed", "kind"),
    [
        ("+1 800 555 0143", PhoneKind.TOLL_FREE),
        ("+44 871 123 4567", PhoneKind.PREMIUM),
        ("+43 1 5123456", PhoneKind.LANDLINE),
        ("+44 20 7946 0958", PhoneKind.LANDLINE),
        ("+33 6 39 98 12 34", None),
        ("+1 202 555 0143", None),
    ],
)
def test_what_a_text_hardly_reaches(typed: str, kind: PhoneKind | None) -> None:
    found = find_phone(typed, None)
    assert found is not None
    assert (found.kind, found.e164 is not None) == (kind, True)


@every(
    ("zone", "region"),
    [("Europe/Vienna", "AT"), ("America/New_York", "US"), ("Asia/Kathmandu", "NP"), ("UTC", None), ("Etc/GMT+3", None)],
)
def test_the_country_of_a_zone(zone: str, region: str | None) -> None:
    assert zone_region(zone) == region


def test_whoever_typed_a_number_reads_what_was_made_of_it() -> None:
    mobile, landline = find_phone("0664 1234567", "AT"), find_phone("+43 1 5123456", None)
    assert mobile is not None
    assert landline is not None
    assert remark_on(mobile) == "Read as +43 664 1234567, a number of Austria."
    assert remark_on(landline).startswith("That is a landline number, where a text with a PIN may never arrive.")


REGIONS = st.sampled_from(
    [
        region
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        if phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    ]
)
PIECES = (
    "5|12|07|0|00|4-7|12/5|4.12.|15:00|3pm|fri|tel|or|x|ext|+|++|-|(|)|/|#|*|call|not|99|345|6789|Ana|(0)|+4|1-2-3"
    "|~|·|0043|h|th|12 dec|2 nights|4 - 7 dec|31.12.2026|ext 5|"
)
JOINTS = ["", " ", "  ", ", ", "-", "/", ".", " - ", " / "]
AROUND = st.lists(st.tuples(st.sampled_from(PIECES.split("|")), st.sampled_from(JOINTS)), max_size=3)
FORMATS = st.sampled_from([PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.RFC3966])


@given(REGIONS, FORMATS, AROUND, AROUND)
@settings(max_examples=examples(50))
def test_nothing_around_a_number_makes_another_of_it(
    region: str, written: int, before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    assert number is not None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    typed = phonenumbers.format_number(number, written)
    left = "".join(word + joint for word, joint in before)
    right = "".join(joint + word for word, joint in after)
    if right[:1].isdigit():  # one more digit of the number itself
        right = f" {right}"
    for line in (f"{left}{typed}{right}", f"front-door for Ana {left}{typed}{right} fri 3pm - sun 11am"):
        assert understand_ask(line, locks=[FRONT], now=START).phone in (None, e164), line
    field = read_phone(f"{left}{typed}{right}", "FR")
    assert field is None or field.e164 == e164
    assert understand_ask(f"front-door for Ana {typed} fri 3pm - sun 11am", locks=[FRONT], now=START).phone == e164
