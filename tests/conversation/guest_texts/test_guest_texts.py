"""What guests are texted: every text in every language holds what it must, fits, and says nothing that is not so.

The properties are tested, not the words: those are read with `nightporter texts`.
"""

import io
import re
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.guest_texts.approver_texts import ToApprover, to_approver
from bot.conversation.guest_texts.catalogue import catalogue, sources, template_of
from bot.conversation.guest_texts.drafts import only, stay_facts, text_to_guest
from bot.conversation.guest_texts.gsm7 import encoding, is_gsm7, segments, to_gsm7
from bot.conversation.guest_texts.moments import city, guest_moment, guest_zone
from bot.conversation.guest_texts.names import first_name
from bot.conversation.guest_texts.phrases import FACTS, NEEDS_PIN, Phrase, most_segments, name_of, names, sms
from bot.conversation.guest_texts.samples import (
    APPROVER_NAMES,
    CLOCK_CHANGES,
    LONGEST,
    LONGEST_PIN,
    LONGEST_WITHOUT_SETTINGS,
    SAMPLE_CODE,
    SAMPLE_PIN,
    SEVERAL,
    TO_APPROVER,
    USUAL,
    facts_for,
    more_pins,
    phrase_of,
)
from bot.conversation.guest_texts.values import VALUES, placeholders
from bot.conversation.times import show_moment, zone_words
from bot.domain.locks.lock import GuestInfo, Lock, together
from bot.domain.messages.languages import Language, LanguageChoice
from bot.domain.pins import Phone, Pin
from bot.domain.planning.stay_plan import MOST_DOORS
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow
from tests.cases import every, examples
from tests.journeys.outside.segments import segments as counted_elsewhere

ROOT = Path(__file__).parents[3]
GSM7 = [language for language in Language if language is not Language.JAPANESE]
PARIS = ZoneInfo("Europe/Paris")
ONE_PIN = ("pin", "pin_short", "pin_once", "pin_link")
PIN_TEXTS = (*ONE_PIN, "pins", "pins_short", "pins_once", "pins_link")
WORST = {
    "usual": USUAL,
    "longest": LONGEST,
    "no settings": LONGEST_WITHOUT_SETTINGS,
    "several doors": {**LONGEST, "guest_door": "Wintergartenwohnung\nGarage hinten\nSeitentor"},
    "two digits": {key: value.replace("-09-", "-12-") for key, value in LONGEST.items()},
    "clock changes": CLOCK_CHANGES,
    "clock changes, no settings": {k: v for k, v in CLOCK_CHANGES.items() if k not in ("wake", "end_key")},
}
every_text = every("name", names())
every_language = every("language", Language)


def said(name: str, language: Language, facts: dict[str, str] | None = None, pin: Pin = SAMPLE_PIN) -> str:
    known = {**USUAL, **(facts or {})}
    return sms(phrase_of(name), facts_for(name, language, known), pin, None, more_pins(name, known, pin))


# --- the catalogue ---------------------------------------------------------------------------------------------------


@every_language
def test_every_catalogue_has_every_text_with_the_same_names_in_braces(language: Language) -> None:
    """Also after the English changed: gettext would fall back to English without a word."""
    messages = {str(m.context): m for m in catalogue(language) if m.id}
    assert list(messages) == list(sources())
    for name, source in sources().items():
        message = messages[name]
        assert message.id == source, name
        assert not message.fuzzy, name
        words = message.id if language is Language.ENGLISH else str(message.string)
        assert words, name
        assert sorted(placeholders(words)) == sorted(placeholders(source)), name
        assert template_of(name, language) == words


@every_language
def test_nothing_is_left_in_english(language: Language) -> None:
    if language is Language.ENGLISH:
        return
    same = {name for name, source in sources().items() if template_of(name, language) == source}
    assert same <= {"from_staff", "part hello", "part moment", "part moment with year", "part desk"}


def test_the_files_are_read_without_complaint_and_packed() -> None:
    files = sorted((ROOT / "bot/conversation/guest_texts/catalogues").glob("*.po"))
    assert [file.stem for file in files] == sorted(Language)
    for file in files:
        read_po(io.BytesIO(file.read_bytes()), abort_invalid=True)
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert packed["bot.conversation.guest_texts"] == ["catalogues/*.po"]


def test_every_phrase_has_words_and_facts() -> None:
    assert {phrase_of(name) for name in names()} == set(Phrase) == set(FACTS)
    assert {each for source in sources().values() for each in placeholders(source)} <= {
        *VALUES,
        *("name", "city", "offset", "contact"),
    }


@every_text
@every_language
def test_the_facts_named_for_a_phrase_are_enough(name: str, language: Language) -> None:
    phrase = phrase_of(name)
    facts = {fact: USUAL[fact] for fact in FACTS[phrase]} | {"language": language.value}
    text = sms(phrase, facts, SAMPLE_PIN if phrase in NEEDS_PIN else None)
    assert text
    assert not re.search(r"[{}]|  |,,| ,|\n\n", text.replace(" :", ":").replace(" ?", "?").replace(" !", "!")), text


# --- how much it costs -----------------------------------------------------------------------------------------------


@every_text
@every_language
@every("facts", WORST.values(), ids=WORST)
def test_every_text_fits(name: str, language: Language, facts: dict[str, str]) -> None:
    text = said(name, language, facts, SAMPLE_PIN if facts is USUAL else LONGEST_PIN)
    assert segments(text) == counted_elsewhere(text) <= most_segments(name, language), text
    assert encoding(text) == ("UCS-2" if language is Language.JAPANESE and name != "from_staff" else "GSM-7")
    assert len(text) <= 1600


@every_language
def test_the_longest_facts_hold_the_longest_moments(language: Language) -> None:
    first = datetime.fromisoformat(LONGEST["starts_at"])
    year = [first + timedelta(days=day) for day in range(366)]
    zone = ZoneInfo(LONGEST["zone"])
    longest = max(len(sayable(guest_moment(moment, zone, language), language)) for moment in year)
    tried = len(sayable(guest_moment(first, zone, language), language))
    if language is not Language.JAPANESE:  # there December is longer than September: WORST has both
        assert longest == tried


def test_the_limits_are_the_ones_that_were_promised() -> None:
    """Two segments at most, one for reminders and answers, three where several doors have a line each; Japanese, in
    UCS-2, one more. Staff's own words take what they take."""
    two = {name for name in names() if most_segments(name, Language.ENGLISH) == 2}
    assert two == {*ONE_PIN, "on_arrival", "moved_same_pin", "moved_new_pin"}
    assert {name for name in names() if most_segments(name, Language.ENGLISH) == 3} == SEVERAL
    for name in {*names()} - {"from_staff"}:
        assert {most_segments(name, language) for language in GSM7} <= ({3} if name in SEVERAL else {1, 2})
        assert most_segments(name, Language.JAPANESE) == most_segments(name, Language.ENGLISH) + 1


@every_text
@every_language
def test_usual_names_are_not_cut(name: str, language: Language) -> None:
    """Room is found by cutting names; with a usual stay there is no need for it."""
    text = said(name, language)
    used = placeholders(template_of(name, language))
    assert "door" not in used or "Front door" in text
    assert "zone" not in used or sayable(city("Europe/Paris", language), language) in text
    if language is not Language.JAPANESE:
        assert "hello" not in used or text.startswith("Ana, ")
        assert "help" not in used or text.endswith("Ada +33639981234")


def test_a_japanese_house_gets_its_reminder_in_one_segment() -> None:
    """70 places: enough for a Japanese name of a door, not for a long Latin one."""
    assert segments(said("reminder", Language.JAPANESE, {"guest_door": "正面玄関"})) == 1
    assert segments(said("reminder", Language.JAPANESE, LONGEST)) == 2


@given(
    guest=st.text(max_size=80),
    door=st.text(max_size=80),
    contact=st.text(max_size=40),
    zone=st.sampled_from(sorted(available_timezones())),
    language=st.sampled_from(Language),
    name=st.sampled_from(names()),
)
@settings(max_examples=examples(30), deadline=None)
def test_no_name_in_the_world_makes_a_text_longer(
    guest: str, door: str, contact: str, zone: str, language: Language, name: str
) -> None:
    text = said(name, language, {"guest": guest, "door": door, "contact": contact, "zone": zone})
    assert segments(text) <= most_segments(name, language), text
    assert language is Language.JAPANESE or is_gsm7(text), text
    assert "\x00" not in text


@given(words=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=300))
@settings(deadline=None)
def test_what_staff_wrote_keeps_its_letters(words: str) -> None:
    text = said("from_staff", Language.GERMAN, {"words": words})
    assert segments(text) <= most_segments("from_staff", Language.GERMAN) + 5
    assert "".join(filter(str.isdecimal, words.strip())) in "".join(filter(str.isdecimal, text)) or not is_gsm7(words)


# --- names -----------------------------------------------------------------------------------------------------------


@every(
    ("guest", "begins"),
    [
        ("Ana", "Ana, your PIN"),
        ("Łukasz Żak", "Lukasz, your PIN"),
        ("Françoise", "Francoise, your PIN"),
        ("Đorđe", "Dorde, your PIN"),
        ("李雷", "Your PIN"),
        ("Ana李", "Your PIN"),
        ("Анна", "Your PIN"),
        ("🎉", "Your PIN"),
        ("🎉 Ana", "Your PIN"),
        ("Ana🎉", "Ana, your PIN"),
        ("", "Your PIN"),
        ("{pin}", "Pin, your PIN"),
        ("Ana\nPIN 123456", "Ana, your PIN"),
    ],
)
def test_a_name_is_written_or_left_out(guest: str, begins: str) -> None:
    assert said("pin", Language.ENGLISH, {"guest": guest}).startswith(begins)


@every("language", GSM7)
def test_a_door_that_cannot_be_written_is_the_door(language: Language) -> None:
    text = said("not_yet", language, {"door": "Садовая калитка"})
    assert template_of("part door", language) in text
    assert "Garden" in said("not_yet", language, {"door": "Садовая калитка", "guest_door": "Garden"})
    assert "Садовая" in said("not_yet", Language.JAPANESE, {"door": "Садовая калитка"})


@every(
    ("doors", "called"),
    [
        ("Front door\nGarage", "Front door + Garage"),
        ("Front door\nGarden gate", "Front door + Garden gate"),
        ("Front door\nGarden gate\nLoft", "Front door +2"),
        ("Front door\nGarden gates", "Front door +1"),
        ("Winter garden flat on the left\nGarage", "Winter garden flat on +1"),
        ("Haus\nTor\nLoft", "Haus + Tor + Loft"),
        ("正面玄関\nGarage", "the door + Garage"),
    ],
)
def test_several_doors_are_named_whole_or_counted(doors: str, called: str) -> None:
    assert f"for {called} works" in said("not_yet", Language.ENGLISH, {"guest_door": doors})


def test_a_long_name_ends_with_a_word_and_no_dots() -> None:
    text = said("not_yet", Language.ENGLISH, {"door": "Winter garden flat on the left in the attic"})
    assert "for Winter garden flat on works" in text


@every_language
def test_the_locks_settings_are_in_the_text_and_fall_back_where_they_cannot_be_written(language: Language) -> None:
    own = said("pin", language, {"wake": "Press the bell", "end_key": "#", "contact": "Desk"})
    assert "Press the bell" in own
    assert "#" in own
    assert "+33639981234" in own
    if language is not Language.JAPANESE:
        assert template_of("part end key", language) in said("pin", language, {"end_key": "解錠"})


WAITS = (
    *("here_making", "here_over", "passed_on", "heard", "human", "replaced", "missed_guest", "late_asked", "slow_down"),
    *("stuck_human", "stuck_missed", "stuck_once_used", "stuck_wrong_hour", "stuck_locked"),
)


@every("name", [*WAITS, *PIN_TEXTS, "on_arrival"])
@every("facts", WORST.values(), ids=WORST)
@every_language
def test_who_waits_reads_whom_to_ask(name: str, language: Language, facts: dict[str, str]) -> None:
    """A number whole, however tight the text; a name that stands for one, too."""
    assert said(name, language, facts, LONGEST_PIN).endswith(facts["contact_phone"])
    alone = said(name, language, {**facts, "contact": "the bar opposite", "contact_phone": ""}, LONGEST_PIN)
    assert alone.endswith("the bar opposite")
    assert segments(alone) <= most_segments(name, language)


@every_language
def test_without_a_contact_there_is_no_empty_line(language: Language) -> None:
    facts = {key: value for key, value in USUAL.items() if not key.startswith("contact")}
    text = sms(Phrase.PIN, facts_for("pin", language, facts), SAMPLE_PIN)
    assert template_of("part help", language).split("{")[0].strip() not in text
    assert "\n\n" not in text
    assert text == text.strip()


# --- what a PIN's text holds -----------------------------------------------------------------------------------------


@every("name", PIN_TEXTS)
@every("facts", [USUAL, LONGEST, CLOCK_CHANGES], ids=["usual", "longest", "clock changes"])
@every_language
def test_a_pin_text_holds_everything(name: str, language: Language, facts: dict[str, str]) -> None:
    text = said(name, language, facts, LONGEST_PIN)
    zone = ZoneInfo(facts["zone"])
    doors = facts["doors"].split("\n")[:MOST_DOORS] if name in SEVERAL else [""]
    lines = text.split("\n")[1 : 1 + len(doors)]
    assert [line.rpartition(": ")[2] for line in lines] == [LONGEST_PIN.grouped()] * len(doors), "from the second line"
    assert text.count(LONGEST_PIN.grouped()) == len(doors)
    assert all(line.startswith(door[:6]) for line, door in zip(lines, doors, strict=True))
    for fact in ("starts_at", "ends_at", *(["activate_by"] if name in ("pin", "pins") else [])):
        assert plain_moment(facts[fact], zone, language) in text.replace(" 2027", "").replace("2027/", ""), fact
    assert "UTC" in text, "the zone"
    for word in ("STUCK", "IN"):
        assert re.search(rf"(?<![A-Za-z]){word}(?![A-Za-z])", text), word
    assert "3" in text
    assert facts["contact_phone"] in text, "a number is never cut"
    wake = facts.get("wake") or template_of("part wake", language)
    end_key = facts.get("end_key") or template_of("part end key", language)
    assert text.index(wake) < text.index(end_key)


def plain_moment(instant: str, zone: ZoneInfo, language: Language) -> str:
    """Day and clock, without the offset or the year that may stand in or after it."""
    words = guest_moment(datetime.fromisoformat(instant), zone, language, with_offset=False)
    return sayable(words, language)


def sayable(words: str, language: Language) -> str:
    return words if language is Language.JAPANESE else to_gsm7(words)


@every_language
def test_the_cases_of_a_pin_differ(language: Language) -> None:
    texts = [said(name, language) for name in PIN_TEXTS]
    assert len({text.replace(SAMPLE_PIN.grouped(), "") for text in texts}) == len(PIN_TEXTS)
    assert name_of(Phrase.PIN, {"activate_by": "x"}) == "pin"
    assert name_of(Phrase.PIN, {}) == "pin_short"
    assert name_of(Phrase.PIN, {"kind": "one_time"}) == "pin_once"
    assert name_of(Phrase.PIN, {"link": "1", "links": "3"}) == "pin_link"
    two = {"together": "A\nB", "doors": "Front door\nGarage"}
    assert name_of(Phrase.PIN, two | {"activate_by": "x"}) == "pins"
    assert name_of(Phrase.PIN, two) == "pins_short"
    assert name_of(Phrase.PIN, two | {"kind": "one_time"}) == "pins_once"
    assert name_of(Phrase.PIN, two | {"link": "1", "links": "3"}) == "pins_link"
    assert name_of(Phrase.REMINDER, two) == "reminders"
    assert name_of(Phrase.THANKS, {"kind": "one_time"}) == "thanks_once"


@every_language
def test_only_a_text_that_replaces_says_what_to_forget(language: Language) -> None:
    """In a first text "only the newest counts" made people look for another, and of two doors forget one."""
    forget, following = (sayable(template_of(f"part {each}", language), language) for each in ("forget", "next pin"))
    for name in PIN_TEXTS:
        assert forget not in said(name, language)
        assert forget in said(name, language, {"replaces": "C1"})
        assert (following in said(name, language)) is name.endswith("_link")


def test_a_text_never_has_more_doors_than_pins() -> None:
    facts = facts_for("pins", Language.ENGLISH, USUAL)
    for pins in ((), (SAMPLE_PIN, SAMPLE_PIN)):
        with pytest.raises(ValueError, match="zip"):
            sms(Phrase.PIN, facts, SAMPLE_PIN, None, pins)


def test_the_last_of_a_chain_promises_no_next() -> None:
    facts = facts_for("pin_link", Language.ENGLISH, USUAL) | {"link": "120"}
    assert template_of("part next pin", Language.ENGLISH) not in sms(Phrase.PIN, facts, SAMPLE_PIN)


@every_text
@every_language
def test_only_two_phrases_hold_the_pin_and_need_it(name: str, language: Language) -> None:
    phrase = phrase_of(name)
    holds = SAMPLE_PIN.grouped() in said(name, language)
    assert holds is (phrase in NEEDS_PIN)
    if phrase in NEEDS_PIN:
        with pytest.raises(ValueError, match="needs a PIN"):
            sms(phrase, USUAL, None)


CARRIERS = {
    *("stop", "stopall", "stopp", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "start", "yes", "unstop"),
    *("arret", "arrêt", "annuler", "désabonner", "abmelden", "afmelden", "stoppen"),
    *("baja", "alto", "cancelar", "parar", "pare", "salir", "sair", "basta"),
}
"""What opts out, or in again, in the languages that carriers and Twilio know."""
CARRIERS_IN_JAPANESE = ("停止", "中止", "解除", "配信停止", "退会")
OFFERED = {"PIN", "IN", "HERE", "LATE", "STUCK", "HUMAN", "UTC", "OK", "NO", "SMS"}
EMPHASIS = {"ONCE", "EINMAL", "UNE", "SEULE", "UNA", "UMA"}
NOBODY_TO_ASK = {key: "" for key in USUAL if key.startswith("contact")}
CASES = {"usual": {}, "a new PIN": {"replaces": "C1"}, "nobody to ask": NOBODY_TO_ASK}


@every_text
@every_language
@every("facts", CASES.values(), ids=CASES)
def test_no_text_asks_for_a_word_that_carriers_swallow(name: str, language: Language, facts: dict[str, str]) -> None:
    """The English words that guests answer stand as they are in every language; carriers' words are never offered."""
    asked = re.findall(r"(?<![^\W\d_])[A-Z]{2,}(?![^\W\d_])", said(name, language, facts))
    assert {*asked} <= OFFERED | EMPHASIS


@every_text
@every_language
@every("facts", CASES.values(), ids=CASES)
def test_no_text_names_the_word_that_opts_out(name: str, language: Language, facts: dict[str, str]) -> None:
    """Not even in lower case: "Stop, reply STUCK" stands beside the one word after which nothing more is heard."""
    assert not carriers_words(said(name, language, facts))


@every("phrase", ToApprover)
def test_nor_does_a_text_to_an_approver(phrase: ToApprover) -> None:
    assert not carriers_words(to_approver(phrase, TO_APPROVER, SAMPLE_CODE, APPROVER_NAMES))


def test_a_carriers_word_is_found_however_it_is_written() -> None:
    assert carriers_words("3 falsch? Stopp, Antwort") == {"stopp"}
    assert carriers_words("Réponse : ARRÊT") == {"arrêt"}
    assert carriers_words("3回失敗で中止し") == {"中止"}
    assert not carriers_words("The weekend started: it was cancelled")


def carriers_words(text: str) -> set[str]:
    words = set(re.findall(r"[^\W\d_]+", text.lower()))
    return words & CARRIERS | {word for word in CARRIERS_IN_JAPANESE if word in text}


@every("language", GSM7)
@every("name", sources())
def test_no_built_in_text_loses_a_letter(name: str, language: Language) -> None:
    """`Sí, puede` would arrive as `Si, puede`, which says another thing: ours need no letter but GSM-7's."""
    assert is_gsm7(template_of(name, language).replace("{", "").replace("}", ""))


def test_of_days_and_months_only_these_lose_one_and_none_becomes_another() -> None:
    hours = [datetime(2026, month, day, 15, tzinfo=PARIS) for month in range(1, 13) for day in range(1, 8)]
    lost = {
        word
        for language in GSM7
        for hour in hours
        for word in guest_moment(hour, PARIS, language).split()
        if not is_gsm7(word)
    }
    assert lost == {"sáb", "août"}


@every_language
@every("facts", [LONGEST, CLOCK_CHANGES, {**CLOCK_CHANGES, "wake": "", "end_key": ""}], ids=["long", "clock", "own"])
@every_text
def test_a_text_without_anybody_to_ask_fits_too(name: str, language: Language, facts: dict[str, str]) -> None:
    text = said(name, language, {**facts, **NOBODY_TO_ASK}, LONGEST_PIN)
    assert segments(text) <= most_segments(name, language), text


@every_text
@every_language
def test_who_is_asked_to_wait_and_has_nobody_to_ask_is_offered_a_person(name: str, language: Language) -> None:
    waits = {"here_making", "replaced", "missed_guest", "late_asked", "passed_on", "heard", "stuck_locked"}
    person = template_of("part human", language)
    assert said(name, language, NOBODY_TO_ASK).endswith(person) is (name in waits)
    assert person not in said(name, language)


@every_text
@every_language
def test_no_text_says_that_a_pin_is_gone_that_still_opens(name: str, language: Language) -> None:
    """A cancelled, moved or replaced stay has a PIN that opens until its end; only an expired or used one is dead,
    and one that we ask about, unless its guest says that it opened."""
    dead = {"ask_used", "missed_guest", "thanks_once", "stuck_missed", "stuck_once_used"}
    dead |= {"pin", "pins", "reminder", "reminders"}
    gone = r"no more|any more|stops working|expire|nicht mehr|verfällt|n'ouvre plus|expire|ya no abre|caduca"
    gone += r"|deixou de abrir|deixa de abrir|expira|non apre più|scade|opent niet meer|vervalt|もう開き|無効|失効"
    found = re.search(gone, said(name, language), re.IGNORECASE)
    assert found is None or name in dead, found


# --- times -----------------------------------------------------------------------------------------------------------


@every("month", range(1, 13))
def test_english_moments_are_as_staff_read_them(month: int) -> None:
    for day in range(1, 29):
        moment = datetime(2026, month, day, 15, tzinfo=PARIS)
        assert guest_moment(moment, PARIS, Language.ENGLISH) == show_moment(moment, PARIS)
        assert guest_zone([moment], PARIS, Language.ENGLISH, 24) == zone_words(moment, PARIS)


@every_language
def test_days_months_and_cities_are_in_the_language(language: Language) -> None:
    moment = datetime(2026, 12, 5, 15, tzinfo=PARIS)
    shown = {
        "en": ("Sat 5 Dec 15:00", "Paris time (UTC+1)"),
        "de": ("Sa 5. Dez 15:00", "Ortszeit Paris (UTC+1)"),
        "fr": ("sam 5 déc 15:00", "heure Paris (UTC+1)"),
        "es": ("sáb 5 dic 15:00", "hora de París (UTC+1)"),
        "pt": ("sáb 5 dez 15:00", "hora de Paris (UTC+1)"),
        "it": ("sab 5 dic 15:00", "ora di Parigi (UTC+1)"),
        "nl": ("za 5 dec 15:00", "tijd Parijs (UTC+1)"),
        "ja": ("12/5(土)15:00", "パリ時間(UTC+1)"),
    }
    assert (guest_moment(moment, PARIS, language), guest_zone([moment], PARIS, language, 24)) == shown[language.value]


def test_the_hour_that_comes_twice_is_never_left_open() -> None:
    """With one offset in the text the zone says which; with two, the moment does."""
    once = {"starts_at": "2026-10-25T02:00:00+02:00", "ends_at": "2026-10-25T02:00:00+01:00"}
    both = said("late_approved", Language.ENGLISH, once)
    assert "Sun 25 Oct 02:00 (UTC+2) - Sun 25 Oct 02:00 (UTC+1), Paris time (UTC+2/+1)" in both
    alone = said("not_yet", Language.ENGLISH, once)
    assert "Sun 25 Oct 02:00, Paris time (UTC+2)" in alone
    assert "Sun 25 Oct 02:00 (UTC+2)" in said("cancelled", Language.ENGLISH, once), "no zone stands there"


def test_the_offset_is_that_of_the_moments_in_the_text() -> None:
    across = {"starts_at": "2026-10-24T15:00:00+02:00", "ends_at": "2026-10-26T11:00:00+01:00"}
    assert "Paris time (UTC+2/+1)" in said("pin", Language.ENGLISH, across)
    assert "Mon 26 Oct 11:00, Paris time (UTC+1)" in said("thanks", Language.ENGLISH, across)
    assert "Sat 24 Oct 15:00, Paris time (UTC+2)" in said("not_yet", Language.ENGLISH, across)


def test_a_stay_of_a_year_says_which_year() -> None:
    long = {"starts_at": "2026-12-04T15:00:00+01:00", "ends_at": "2027-12-04T15:00:00+01:00"}
    assert "Sat 4 Dec 2027 15:00" in said("pin", Language.ENGLISH, long)


@every("zone", ["UTC", "Etc/GMT+3", "EST", "America/Argentina/Buenos_Aires", "America/North_Dakota/Center"])
@every_language
def test_a_zone_is_a_city_or_an_offset(zone: str, language: Language) -> None:
    words = guest_zone([datetime(2026, 12, 5, tzinfo=PARIS)], ZoneInfo(zone), language, 24)
    assert "UTC" in words
    assert "/" not in words
    assert "_" not in words
    assert "," not in words


# --- from rows to words ----------------------------------------------------------------------------------------------


def test_a_message_carries_the_guests_language_and_the_locks_settings() -> None:
    reported = GuestInfo(
        door="Haus am See", wake="Taste C", end_key="Haken", contact="Empfang", contact_phone="+33639985678"
    )
    lock = Lock("L1", "d1", "door 17b", "Europe/Berlin", guest_info=reported)
    guest = Guest("G1", "Cleo Marchand", Phone("+33639981234"), LanguageChoice(Language.GERMAN))
    starts = datetime(2026, 12, 4, 15, tzinfo=ZoneInfo("Europe/Berlin"))
    facts = stay_facts(guest, lock, AccessWindow(starts, starts + timedelta(hours=44)))
    message = text_to_guest("M1", "k", Phrase.PIN, guest, facts, None, starts)
    text = sms(Phrase(message.phrase), message.facts, SAMPLE_PIN)
    assert text.startswith("Cleo, Ihre PIN für Haus am See:\n481 529 063\nFr 4. Dez 15:00 - So 6. Dez 11:00")
    for words in ("Taste C", "Haken", "Empfang +33639985678"):
        assert words in text
    assert "+33639981234" not in str(message.facts)


@pytest.mark.parametrize(("left", "named", "gone"), [("A", "Haustür", "Garage"), ("B", "Garage", "Haustür")])
def test_a_text_that_is_still_true_of_one_door_names_that_one_alone(left: str, named: str, gone: str) -> None:
    house = Lock("L1", "d1", "door 17b", "Europe/Berlin", guest_info=GuestInfo(door="Haustür"))
    garage = Lock("L2", "d2", "Garage", "Europe/Berlin")
    guest = Guest("G1", "Cleo", Phone("+33639981234"), LanguageChoice(Language.GERMAN))
    starts = datetime(2026, 12, 4, 15, tzinfo=ZoneInfo("Europe/Berlin"))
    facts = stay_facts(guest, together([house, garage]), AccessWindow(starts, starts + timedelta(hours=20)))
    both = facts | {"together": "A\nB", "doors": "Haustür\nGarage"}
    text = sms(Phrase.PIN, only(both, [left]), SAMPLE_PIN)
    assert named in text
    assert gone not in text


def test_an_answer_without_a_stay_is_in_the_guests_language_too() -> None:
    guest = Guest("G1", "Cleo", Phone("+33639981234"), LanguageChoice(Language.FRENCH))
    message = text_to_guest("M1", "k", Phrase.NOT_NOW, guest, {}, None, datetime(2026, 12, 4, tzinfo=PARIS))
    assert sms(Phrase.NOT_NOW, message.facts, None) == sms(Phrase.NOT_NOW, {"language": "fr"}, None)
    assert "séjour" in sms(Phrase.NOT_NOW, message.facts, None)


def test_an_unknown_language_is_english() -> None:
    assert sms(Phrase.NOT_NOW, {"language": "tlh"}, None) == sms(Phrase.NOT_NOW, {}, None)


@pytest.mark.parametrize(
    ("guest", "greeted"),
    [
        ("Ana", "Ana"),
        ("Ana!", "Ana"),
        ("*Ana*", "Ana"),
        ("“Zoé” Smith", "Zoé"),
        ("O'Brien", "O'Brien"),
        ("Jean-Luc", "Jean-Luc"),
        ("J.R. Smith", "J.R"),
        ("Ana🎉", "Ana"),
        ("Ana2", "Ana"),
        ("bit.ly/x", ""),
        ("http://evil.example", ""),
        ("a@b.example", ""),
        ("4815 29063", ""),
        ("+33639981234", ""),
        ("<@U123>", "U"),
        ("<!channel>", "channel"),
        ("A4B8C1", ""),
        ("481:529", ""),
        ("&&&", ""),
    ],
)
def test_a_greeting_holds_letters_only(guest: str, greeted: str) -> None:
    assert first_name(guest, 20, Language.ENGLISH) == greeted
