"""understand_ask: what fills the form, what is asked beside which field; digits of dates and of phones never mix.

Only numbers reserved for fiction or tests are written here; where a rule needs another country's, phonenumbers gives
its own example.
"""

import time as clock
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.typed.asks import understand_ask
from bot.conversation.typed.lock_names import LockName, name_key, only_lock
from bot.conversation.typed.phones import find_phone, read_phone
from bot.conversation.typed.understood import Ask, Field, ProblemKind
from bot.conversation.typed.windows.ask_windows import find_window
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.windows_typed import understand_window
from bot.domain.windows import AccessWindow
from tests.cases import every, examples

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 2, 10, 20, tzinfo=PARIS)
FRONT = LockName("lock-1", "Front door", "Europe/Paris", ("main entrance",))
BACK = LockName("lock-2", "Back door", "Europe/Paris")
CAFE = LockName("lock-3", "Café", "America/New_York")
ROOM_4, ROOM_47 = LockName("lock-4", "Room 4", "Europe/Paris"), LockName("lock-5", "Room 47", "Europe/Paris")
LOCKS = (FRONT, BACK, CAFE, ROOM_4, ROOM_47)
PHONE = "+33639981234"


def asked(text: str, locks: tuple[LockName, ...] = LOCKS, region: str | None = None) -> Ask:
    return understand_ask(text, locks=locks, now=NOW, default_region=region, default_zone=PARIS)


def window(text: str, zone: str = "Europe/Paris") -> AccessWindow:
    return understand_window(text, zone=ZoneInfo(zone), now=NOW)


def example_mobile(region: str) -> tuple[str, str]:
    """phonenumbers' own example, as people of other countries write it, and its E.164."""
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    formats = phonenumbers.PhoneNumberFormat
    return (
        phonenumbers.format_number(number, formats.INTERNATIONAL),
        phonenumbers.format_number(number, formats.E164),
    )


def test_the_line_of_the_readme() -> None:
    ask = asked("front-door for Ana +33 6 39 98 12 34 fri 3pm - sun 11am")
    assert ask == Ask(
        lock="lock-1",
        lock_words="front-door",
        name="Ana",
        phone=PHONE,
        phone_typed="+33 6 39 98 12 34",
        window=window("fri 3pm - sun 11am"),
    )
    assert ask.complete


@every("phone", ["+33 6 39 98 12 34", "+33639981234", "+33 (0)6 39 98 12 34", "+33.6.39.98.12.34"])
@every(
    "when",
    [
        *("4-7 dec", "4 dec - 7 dec", "dec 4 - dec 7", "4 dec 3pm - 7 dec 11am", "04.12. - 07.12.", "4.-7.12."),
        *("2026-12-04 - 2026-12-07", "2026-12-04T15:00/2026-12-07T11:00", "13/12 - 15/12", "15:00-18:00", "15h-18h"),
        *(
            "3-5pm",
            "fri 3 pm - sun 11 a.m.",
            "fri 3 p.m. - 5 p.m.",
            "15 h - 18 h",
            "2 nights",
            "now for 3h",
            "tonight",
            "fri-sun",
            "fri 15.30 - sun 11.00",
            "22:00 - 02:00",
        ),
        *("du 4 au 7 décembre", "pasado mañana por 2 noches", "vom 4. bis 7. Dezember", "von 15 bis 18 Uhr"),
    ],
)
def test_the_phone_and_the_dates_keep_their_digits(phone: str, when: str) -> None:
    for line in (
        f"front-door for Ana {phone} {when}",
        f"front-door {when} for Ana {phone}",
        f"front-door Ana {phone}, {when}",
    ):
        ask = asked(line)
        assert (ask.name, ask.phone, ask.window, ask.problems) == ("Ana", PHONE, window(when), ())


@every("region", ["DE", "AT", "GB", "IT", "SE", "US", "IN", "BR", "FI"])
@every("when", ["4-7 dec", "4 dec - 7 dec", "12 dec 15:00 - 14 dec 11:00", "15:00-18:00"])
def test_countries_whose_numbers_vary_in_length(region: str, when: str) -> None:
    written, e164 = example_mobile(region)
    ask = asked(f"front-door for Ana {written} {when}")
    assert (ask.phone, ask.window) == (e164, window(when))


def test_a_number_for_carriers_tests_is_possible() -> None:
    assert asked("front-door for Ana +15005550006 tonight").phone == "+15005550006"


def test_a_national_number_is_read_in_the_country_of_the_setting_else_of_the_zone() -> None:
    (_, french), (_, austrian) = example_mobile("FR"), example_mobile("AT")
    national = {
        e164: phonenumbers.format_number(phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.NATIONAL)
        for e164 in (french, austrian)
    }
    line = f"front-door for Ana {national[french]} 4-7 dec"
    for ask in (asked(line), asked(line, region="FR")):
        assert (ask.phone, ask.phone_region, ask.complete) == (french, "FR", True)
    assert bad_phone(asked(f"café for Ana {national[french]} 4-7 dec"))
    ask = asked(f"café for Ana {national[austrian]} 4-7 dec", region="AT")
    assert (ask.phone, ask.phone_region, ask.complete) == (austrian, "AT", True)


@every("kind", list(phonenumbers.PhoneNumberType.values()))
def test_a_number_that_texts_hardly_reach_is_told_before_the_request_stands(kind: int) -> None:
    number = phonenumbers.example_number_for_type("GB", kind)
    if number is None:
        return
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    textable = kind in (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.VOIP,
        phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    )
    ask = asked(f"front-door for Ana {e164} fri - sun")
    assert (ask.phone, ask.complete) == (e164, textable)
    known = understand_ask(f"front-door for Ana {e164} fri - sun", locks=LOCKS, now=NOW, any_phone=True)
    assert known.complete


def bad_phone(ask: Ask) -> bool:
    problem = ask.problem_of(Field.PHONE)
    return ask.phone is None and problem is not None and problem.kind is ProblemKind.BAD_PHONE


@every("typed", ["1234", "+33 6 39 98", "+999 123", "06 39 98 12 34", "12-34", "0000000000"])
def test_a_bad_number_is_a_problem_beside_its_field(typed: str) -> None:
    ask = asked(f"front-door for Ana {typed} fri 3pm - sun 11am", region="FR")
    assert bad_phone(ask)
    assert (ask.lock, ask.name, ask.window) == ("lock-1", "Ana", window("fri 3pm - sun 11am"))
    assert not ask.complete


@every("when", ["2026-12-04 15:00 - 2026-12-06 11:00", "20261204 - 20261206", "04/12/2026 - 06/12/2026"])
def test_dates_are_no_phone_numbers(when: str) -> None:
    assert asked(f"front-door for Ana {when}", region="NO").phone is None


@every(
    "typed",
    [
        "Front door",
        "front-door",
        "FRONT DOOR",
        "frontdoor",
        "Front-Door:",
        "main entrance",
        "Main-Entrance",
        "frönt door",
    ],
)
def test_a_lock_by_any_spelling(typed: str) -> None:
    ask = asked(f"{typed} for Ana {PHONE} tonight")
    assert (ask.lock, ask.name, ask.complete) == ("lock-1", "Ana", True)


def test_a_lock_may_stand_anywhere() -> None:
    ask = asked(f"fri - sun for Ana {PHONE} at front door")
    assert (ask.lock, ask.name, ask.window, ask.complete) == ("lock-1", "Ana", window("fri - sun"), True)


def test_the_window_is_in_the_locks_zone() -> None:
    assert asked(f"cafe for Ana {PHONE} fri - sun").window == window("fri - sun", "America/New_York")


def test_the_longest_name_wins_and_digits_do_not_run_together() -> None:
    assert asked(f"room 47 for Ana {PHONE} tonight").lock == "lock-5"
    assert asked(f"room-4 for Ana {PHONE} tonight").lock == "lock-4"
    assert name_key("Room 4-7") != name_key("Room 47")
    assert name_key("🚪") == "🚪"


@every(
    ("typed", "near"), [("frnt-door", FRONT), ("front", FRONT), ("bakc door", BACK), ("caffe", CAFE), ("garage", None)]
)
def test_an_unknown_lock_is_asked(typed: str, near: LockName | None) -> None:
    ask = asked(f"{typed} for Ana {PHONE} fri - sun")
    problem = ask.problem_of(Field.LOCK)
    assert problem is not None
    assert (ask.lock, ask.lock_words, problem.kind, problem.did_you_mean) == (
        None,
        typed,
        ProblemKind.UNKNOWN_LOCK,
        near,
    )
    assert (ask.name, ask.phone, len(ask.problems)) == ("Ana", PHONE, 1)
    assert problem.question.startswith(f"Did you mean {near.name}?" if near else "Which lock is “garage”?")


def test_two_locks_of_one_name_are_asked() -> None:
    twin = LockName("lock-9", "front-door", "Europe/Paris")
    problem = asked(f"front door for Ana {PHONE} tonight", (FRONT, twin)).problem_of(Field.LOCK)
    assert problem is not None
    assert "More than one lock" in problem.question


@every(
    ("typed", "name"),
    [
        ("for Ana", "Ana"),
        ("Ana", "Ana"),
        ("pour Léa", "Léa"),
        ("für Jürgen Groß", "Jürgen Groß"),
        ("for Ana María O'Neil", "Ana María O'Neil"),
        ("for 张伟", "张伟"),
        ("for de la Cruz", "de la Cruz"),
        ("for محمد", "محمد"),
        ("for Ana 🎉", "Ana 🎉"),
        ("for Ana &amp; Bob", "Ana & Bob"),
        ("for <@U123|ana>", "ana"),
        ("for May", "May"),
        ("for Jean-Luc de Vries", "Jean-Luc de Vries"),
        ("for A\x00n\u202ea", "Ana"),
        ("for " + "x" * 80, "x" * 60),
    ],
)
def test_names(typed: str, name: str) -> None:
    ask = asked(f"front-door {typed} {PHONE} fri 3pm - sun 11am")
    assert (ask.name, ask.phone, ask.problems) == (name, PHONE, ())


@every(
    "phone", ["<tel:+33639981234|+33 6 39 98 12 34>", "(+33 6 39 98 12 34)", "+33 6 39 98 12 34,", "‪+33 6 39 98 12 34‬"]
)
def test_phones_as_slack_and_address_books_write_them(phone: str) -> None:
    ask = asked(f"front-door for Ana {phone} fri - sun")
    assert (ask.name, ask.phone, ask.problems) == ("Ana", PHONE, ())


@every("suffix", ["note: late flight", "NOTE : late flight", "because late flight"])
def test_a_note_at_the_end(suffix: str) -> None:
    ask = asked(f"front-door for Ana {PHONE} fri - sun {suffix}")
    assert (ask.note, ask.window, ask.complete) == ("late flight", window("fri - sun"), True)


def test_what_the_window_asks_stands_beside_its_field() -> None:
    ask = asked(f"front-door for Ana {PHONE} 04/12 - 07/12")
    problem = ask.problem_of(Field.WINDOW)
    assert problem is not None
    assert (ask.name, ask.phone, ask.window, len(ask.problems)) == ("Ana", PHONE, None, 1)
    assert problem.question.startswith("Is 04/12 the 4th of December or April 12th?")


def test_an_unclear_window_leaves_the_name_alone() -> None:
    ask = asked(f"front-door next fri - sundey for Ana {PHONE}")
    assert (ask.name, ask.phone) == ("Ana", PHONE)
    assert ask.problem_of(Field.WINDOW)


@every(
    ("when", "question"),
    [
        ("30 feb 15:00 for 3h", "There is no such day as 30 feb"),
        ("31 apr 10:00 - 12:00", "There is no such day as 31 apr"),
        ("31 nov 10:00 - 2 dec 11:00", "There is no such day as 31 nov"),
        ("12/5 10:00 for 3h", "Is 12/5 the 12th of May"),
        ("yesterday 10:00 for 40h", "“yesterday”"),
        ("christmas 10:00 for 3h", "“christmas”"),
        ("overmorrow for 2 nights", "“overmorrow”"),
        ("friday week 10:00 for 3h", "“week”"),
        ("tomorrow late 23:00 for 2h", "“late”"),
        ("tomrrow 10:00 for 3h", "“tomrrow”"),
        ("tonight - 2am", "From tonight 2am until when"),
        ("tonight until 2am", "From what time on, tonight"),
        ("mon or tue 10:00 for 3h", "“or”"),
        ("fri 3pm - sun 11am or monday", "“or”"),
        ("next week fri 3pm - 6pm", "“week”"),
        ("tomorrow evening for 3h", "What time do you mean by tomorrow evening"),
        ("within 2 hours for 3h", "“within”"),
        ("in 3 days", "From in 3 days until when"),
        ("in an hour", "From in an hour until when"),
        ("in 90 minutes", "From in 90 minutes until when"),
        ("dans une heure", "From dans une heure until when"),
        ("fra due ore", "From fra due ore until when"),
        ("until sunday", "From when, until sunday"),
        ("leaving tomorrow noon", "From when, leaving tomorrow noon"),
        ("till 2 jan", "From when, till 2 jan"),
        ("20 oct - 22 oct", "Do you mean 20 October 2027"),
        ("29 feb for 2 nights", "Do you mean 29 February 2028"),
    ],
)
def test_words_beside_a_window_leave_the_form_without_a_guess(when: str, question: str) -> None:
    """In whatever place they stand: before the number, after it, or before the name."""
    assert asked(f"front-door {PHONE} {when}, Ana").window is None
    for line in (f"front-door for Ana {PHONE} {when}", f"front-door {when} for Ana {PHONE}"):
        ask = asked(line)
        problem = ask.problem_of(Field.WINDOW)
        assert (ask.window, ask.phone, ask.lock) == (None, PHONE, "lock-1"), line
        assert problem is not None, line
        assert question in problem.question, line


def test_a_word_behind_a_window_is_asked_as_well() -> None:
    ask = asked(f"front-door for Ana {PHONE} 10:00 for 3h tomrrow")
    problem = ask.problem_of(Field.WINDOW)
    assert problem is not None
    assert (ask.window, "“tomrrow”" in problem.question) == (None, True)


@every("when", ["yesterday 10:00 for 40h", "30 feb 15:00 for 3h", "12/5 10:00 for 3h"])
def test_a_day_is_no_part_of_a_name(when: str) -> None:
    ask = asked(f"front-door for Ana {when} {PHONE}")
    assert (ask.name, ask.window, ask.complete) == ("Ana", None, False)
    assert asked(f"front-door 10:00 for 40h for Ana tomorrow {PHONE}").window is None


@every("name", ["Ana ab Nikolaus", "Ana from Epiphany", "Ana desde la Epifanía"])
def test_a_feast_behind_a_name_is_a_day(name: str) -> None:
    ask = asked(f"front-door for {name} 2 nights {PHONE}")
    assert (ask.name, ask.window, ask.complete) == ("Ana", None, False)


@every("words", ["for 2h for {} tomorrow", "for {} tomorrow for 2h", "for 2h for {} 4 dec"])
def test_a_day_behind_a_name_that_is_too_long_is_read(words: str) -> None:
    name = "Ana Silva Maria Lopez Garcia Mendes Souza Lima Rocha Nunes Dias Pires"
    ask = asked(f"front-door {PHONE} {words.format(name)}")
    assert ask.window is None or ask.window.starts_at > NOW + timedelta(hours=9)
    assert ask.name == name[:60].strip()


@every("day", ["金曜日", "금요일", "星期五", "пятница", "perjantai"])
@every("line", ["{} front-door for Ana {phone} for 40h", "front-door for Ana {phone} for 40h {}", "{} for Ana for 40h"])
def test_a_weekday_of_another_language_lets_nobody_in_now(day: str, line: str) -> None:
    assert asked(line.format(day, phone=PHONE)).window is None


@every("day", ["dec 4", "Dezember 12", "4 dec", "diciembre", "in 2 days"])
def test_a_date_behind_a_name_is_no_part_of_it(day: str) -> None:
    """Nor is somebody let in at that hour of today."""
    ask = asked(f"front-door for Ana {day} {PHONE} 15:00-18:00")
    assert (ask.name, ask.window, ask.complete) == ("Ana", None, False)


@every("name", ["Brian May", "Li Sun", "Team 5", "Sam", "Ana Di Marco"])
def test_a_name_that_reads_like_a_day_is_a_name(name: str) -> None:
    ask = asked(f"front-door for {name} {PHONE} 15:00-18:00")
    assert (ask.name, ask.window, ask.complete) == (name, window("15:00-18:00"), True)


def test_the_day_on_the_other_side_of_the_number_is_asked() -> None:
    ask = asked(f"tomorrow {PHONE} front-door for Ana 20:00 for 3h")
    assert ask.window is None
    assert ask.problem_of(Field.WINDOW)


def test_a_whole_message_keeps_its_dates() -> None:
    """Words that tell nothing about time leave a window that names its day alone."""
    ask = asked(f"Hello, front door for Ana {PHONE} please from fri 3pm to sun 11am, she arrives by train")
    assert (ask.name, ask.window) == ("Ana", window("fri 3pm - sun 11am"))


@every("between", [" ", " or ", " / ", " not "])
def test_of_two_numbers_none_is_taken(between: str) -> None:
    ask = asked(f"front-door for Ana {PHONE}{between}+33639981235 fri 3pm - sun 11am")
    assert bad_phone(ask)
    assert ask.window == window("fri 3pm - sun 11am")


def test_of_two_doors_that_are_not_asked_together_none_is_taken() -> None:
    ask = asked(f"not front-door but back door for Ana {PHONE} fri 3pm - sun 11am")
    problem = ask.problem_of(Field.LOCK)
    assert problem is not None
    assert (ask.lock, problem.question) == (None, "Do you mean Front door or Back door?")


@every(
    ("typed", "number"),
    [
        ("+33639981234", PHONE),
        (" +33 (0)6 39 98 12 34 ", PHONE),
        ("(+33 6 39 98 12 34)", PHONE),
        ("tel: +33 6 39 98 12 34", PHONE),
        ("Mobile +33 6 39 98 12 34", PHONE),
        ("‪+33 6 39 98 12 34‬", PHONE),
        ("<tel:+33639981234|+33 6 39 98 12 34>", PHONE),
        ("+33639981234 +33639981235", None),
        ("not +33639981235 but +33639981234", None),
        ("+33639981234 / +33639981235", None),
        ("+1 212 555 0100 or +33639981234", None),
        ("+33639981234 ext 5", None),
        ("call +33639981234 only", None),
        ("+33639981234 0639981235", None),
        ("not +33639981234", None),
        ("", None),
        ("0639981234", None),
    ],
)
def test_a_field_holds_one_number_and_nothing_else(typed: str, number: str | None) -> None:
    found = read_phone(typed)
    assert (found.e164 if found else None) == number


@every(
    ("typed", "lock"),
    [
        ("front door", FRONT),
        ("the front-door", FRONT),
        ("room 47", ROOM_47),
        ("front door or back door", None),
        ("not front-door but café", None),
        ("front door please", None),
        ("", None),
    ],
)
def test_all_of_the_words_name_one_lock(typed: str, lock: LockName | None) -> None:
    found = only_lock(typed.split(), LOCKS)
    assert (found.locks if found else None) == ((lock,) if lock else None)


def test_words_that_fit_nowhere_are_asked() -> None:
    problem = asked(f"front-door for Ana {PHONE} please fri - sun").problem_of(Field.TEXT)
    assert problem is not None
    assert "“please”" in problem.question


def test_nothing_is_four_questions() -> None:
    ask = asked("")
    assert [problem.field for problem in ask.problems] == [Field.LOCK, Field.NAME, Field.PHONE, Field.WINDOW]
    assert {problem.kind for problem in ask.problems} == {ProblemKind.MISSING}
    assert asked("", ()).problems[0].question == "There is no lock yet."


def test_too_long_a_text_is_one_question() -> None:
    started = clock.process_time()
    ask = asked("front-door " * 10_000)
    assert [problem.field for problem in ask.problems] == [Field.TEXT]
    assert clock.process_time() - started < 0.1


@every(
    ("line", "read"),
    [
        ("10 4 dec - 11am", "10 4 dec - 11am"),
        ("12 34 fri 3pm - sun 11am", "fri 3pm - sun 11am"),
        ("98 12 2026-12-04 15:00 - 2026-12-06 11:00", "2026-12-04 15:00 - 2026-12-06 11:00"),
        ("fri 3pm - 4pm Ana sat 3pm - 4pm", "fri 3pm - 4pm"),
        ("fri 3pm - 4pm Ana sat 3pm - sun 4pm", "sat 3pm - sun 4pm"),
    ],
)
def test_the_longest_window_is_taken_and_of_two_as_long_the_first(line: str, read: str) -> None:
    found = find_window(line, PARIS, NOW, time(15), time(11))
    assert found is not None
    assert line[found.start : found.end] == read


def test_the_parts_stand_alone() -> None:
    found = find_window("Ana fri - sun please", PARIS, NOW, NOW.time(), NOW.time())
    assert found is not None
    assert (found.start, found.end, found.words) == (4, 13, 3)
    assert find_phone("call +33 6 39 98 12 34 now", None) == find_phone("call +33 6 39 98 12 34", None)


WORDS = st.sampled_from(
    [
        "front-door",
        "front",
        "door",
        "for",
        "Ana",
        "María",
        "+33",
        "6",
        "39",
        "98",
        "12",
        "34",
        "fri",
        "-",
        "sun",
        "4-7",
        "dec",
        "04/12",
        "note:",
        "because",
        "<tel:+1|x>",
        "<@U1|a>",
        "&amp;",
        "(",
        ")",
        ",",
        "room",
        "4",
        "47",
        "2026-12-04",
        "+15005550006",
        "now",
        "3h",
        "2",
        "nights",
        "张伟",
        "🎉",
        "until",
    ]
)


@given(st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=300), st.sampled_from([None, "FR", "DE", "US"]))
@settings(max_examples=examples(25), deadline=None)
def test_any_text_is_an_ask(text: str, region: str | None) -> None:
    started = clock.process_time()
    ask = asked(text, region=region)
    assert clock.process_time() - started < 2
    assert ask.complete == (None not in (ask.lock, ask.name, ask.phone, ask.window) and not ask.problems)
    assert all(problem.question for problem in ask.problems)
    assert ask.name is None or (len(ask.name) <= 60 and ask.name == ask.name.strip())


@every("flood", ["1 ", "fri ", "+1", "- ", "+1 2 3 4 5 6 ", "for ", "<", "front ", "(0) "])
def test_a_flood_within_the_cap_is_quick(flood: str) -> None:
    asked("")
    started = clock.process_time()
    asked((flood * 600)[:600], region="DE")
    assert clock.process_time() - started < 1


def test_not_understood_is_a_value_error() -> None:
    assert issubclass(NotUnderstood, ValueError)
    assert NOW.astimezone(UTC) == NOW


@every("said", ["on arrival", "PIN on arrival", "bei Ankunft", "à l'arrivée", "al llegar"])
def test_a_pin_on_arrival(said: str) -> None:
    for line in (
        f"front-door for Ana {PHONE} fri 3pm - sun 11am {said}",
        f"front-door {said} for Ana {PHONE} fri 3pm - sun 11am in German",
    ):
        ask = asked(line)
        assert (ask.on_arrival, ask.complete, ask.name) == (True, True, "Ana")
        assert ask.window == window("fri 3pm - sun 11am")
    assert not asked(f"front-door for Ana {PHONE} fri 3pm - sun 11am note: flowers on arrival").on_arrival
