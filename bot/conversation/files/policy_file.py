"""The operator's approval rules as they write them (TOML) → `Rules`; every mistake with its line and what to write
instead. What the rules mean is `bot.domain.approvals.policy`; who opens the file is `bot.settings`.

`needed = 2` with two approvers is no mistake: it works as long as neither of them asks. Whom that leaves waiting can
only be told with user groups at hand, so `doctor` says it, and the card of such a request.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import time, timedelta
from difflib import get_close_matches
from typing import Any

from bot.conversation.files.lock_settings import LockMistakes, understand_contact
from bot.conversation.files.toml_lines import Lines, Place, place_words, read_toml
from bot.conversation.typed.phones import find_phone
from bot.domain.approvals.belonging import OUTSIDERS, Belonging
from bot.domain.approvals.limits import Limits
from bot.domain.approvals.policy import (
    LONGEST_HOURS,
    REQUESTER,
    ApproverReminders,
    Ids,
    Rule,
    Rules,
    SourceRule,
    covered,
)
from bot.domain.approvals.sms_approvers import BY_SMS, ON_CALL, SmsApprover
from bot.domain.locks.lock import Contact
from bot.domain.pins import Phone
from bot.domain.sources.names import as_requester, is_source
from bot.domain.sources.terms import SourceTerms

_TOP = (
    "may_ask",
    "may_reveal",
    "may_unlock",
    "rule",
    "reminders",
    "replace_missed",
    "sms_approver",
    "on_call",
    "limits",
)
_MATCHERS = ("locks", "min_hours", "max_hours", "requesters", "sources")
_OF_SOURCES = ("mint_lead_hours", "check_in", "check_out", "channel", "contact")
"""What a rule says for stays of its sources alone: it decides nothing by that."""
_OUTCOMES = ("approvers", "needed", "automatic", "break_glass", "may_reveal", "may_unlock")
_REMINDERS = ("after_minutes", "backup")
_SMS_APPROVER = ("name", "phone", "locks")
_ID = re.compile(r"[UWS][A-Z0-9_]+")
_NAME = re.compile(r"[^\W_][\w .'-]{0,29}")
_PERSON = re.compile(r"[UW][A-Z0-9_]+")
_CHANNEL = re.compile(r"[CG][A-Z0-9_]+")
MOST_LEAD_HOURS = 720
MOST_MINUTES = 60 * 24 * 30
MOST_NUMBER = 10**12
MOST_OF_A_LIMIT = 1_000_000


class PolicyMistakes(Exception):
    """What is wrong in the file, in the order of its lines, one sentence each: `line 7: …`."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


def read_policy(text: str, approvers: Ids) -> Rules:
    """The rules in `text`; `approvers` decide wherever it names none. Raises PolicyMistakes."""
    try:
        written = read_toml(text)
    except ValueError as error:
        raise PolicyMistakes([_syntax(str(error), text)]) from None
    reading = _Reading(Lines(text), approvers)
    rules = reading.rules(written)
    if reading.mistakes:
        raise PolicyMistakes([f"line {line}: {said}" for line, said in sorted(set(reading.mistakes))])
    return rules


def _syntax(said: str, text: str) -> str:
    """tomllib says where in words: `… (at line 3, column 9)` or `… (at end of document)`."""
    found = re.search(r"\s*\(at line (\d+), column \d+\)", said)
    line = int(found.group(1)) if found else max(1, len(text.splitlines()))
    what = re.sub(r"\s*\(at [^)]*\)$", "", said)
    return f"line {line}: this is no TOML: {what}"


class _Reading:
    """One pass over what was written, collecting mistakes."""

    def __init__(self, lines: Lines, approvers: Ids) -> None:
        self._lines = lines
        self._approvers = approvers
        self._texted: Ids = ()
        self.mistakes: list[tuple[int, str]] = []

    def rules(self, written: Mapping[str, Any]) -> Rules:
        self._known(written, (), _TOP)
        texted = self._sms_approvers(written)
        self._texted = tuple(one.id for one in texted)
        self._approvers += self._texted
        tables = self._tables(written, "rule")
        said = {number: self._rule(table, number + 1) for number, table in enumerate(tables)}
        of_sources = self._all_of_sources(tables)
        deciding = {n: rule for n, rule in said.items() if n not in of_sources or _decides(tables[n])}
        rules = tuple(deciding.values())
        self._reached(deciding)
        self._all_automatic(deciding)
        default = Rule(self._approvers)
        may_reveal, alone = self._ids(written, (), "may_reveal", words=(REQUESTER,)), self._replace_missed(written)
        may_ask, reminders = self._may_ask(written), self._reminders(written)
        may_unlock = self._ids(written, (), "may_unlock")
        on_call = self._on_call(written)
        limits = self._limits(written)
        terms = tuple(of_sources.values())
        return Rules(default, rules, may_ask, reminders, may_reveal, may_unlock, alone, texted, on_call, limits, terms)

    def _may_ask(self, written: Mapping[str, Any]) -> Ids:
        found = self._ids(written, (), "may_ask", words=tuple(Belonging))
        if found and set(found) <= set(OUTSIDERS):
            self._wrong(("may_ask",), 'lets nobody of your own workspace ask: name "members", too')
        return found

    def _wrong(self, place: Place, said: str) -> None:
        self.mistakes.append((self._lines.of(place), f"{place_words(place)} {said}"))

    def _known(self, table: Mapping[str, Any], place: Place, names: tuple[str, ...]) -> None:
        for name in table:
            if name not in names:
                near = get_close_matches(name, names, 1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
                self._wrong((*place, name), f"means nothing here: {hint}")

    def _tables(self, written: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
        tables = written.get(name, [])
        if isinstance(tables, list) and all(isinstance(table, dict) for table in tables):
            return tables
        self._wrong((name,), f"is written with two brackets: [[{name}]]")
        return []

    # --- who decides by text message -------------------------------------------------------------------------------

    def _sms_approvers(self, written: Mapping[str, Any]) -> tuple[SmsApprover, ...]:
        found: list[SmsApprover] = []
        for number, table in enumerate(self._tables(written, "sms_approver")):
            place: Place = ("sms_approver", number)
            self._known(table, place, _SMS_APPROVER)
            name, phone = self._name(table, place), self._phone(table, place)
            locks = self._words(table, place, "locks")
            if name is None or phone is None:
                continue
            if name.casefold() == ON_CALL:
                self._wrong((*place, "name"), f'is "{name}", as on_call is called: give them another')
            elif any(one.name.casefold() == name.casefold() for one in found):
                self._wrong((*place, "name"), f'is "{name}" for the second time: give everybody a name of their own')
            elif any(one.phone == phone for one in found):
                self._wrong((*place, "phone"), "stands here for the second time: a number is one person's")
            else:
                found.append(SmsApprover(name, phone, locks))
        return tuple(found)

    def _on_call(self, written: Mapping[str, Any]) -> SmsApprover | None:
        phone = self._phone(written, (), "on_call") if "on_call" in written else None
        return SmsApprover(ON_CALL, phone) if phone else None

    def _name(self, table: Mapping[str, Any], place: Place) -> str | None:
        value = table.get("name")
        if isinstance(value, str) and _NAME.fullmatch(value.strip()):
            return value.strip()
        self._wrong((*place, "name"), 'is a name of at most 30 letters, such as "Eva"')
        return None

    def _phone(self, table: Mapping[str, Any], place: Place, key: str = "phone") -> Phone | None:
        """A wrong number is named by its line alone: what was meant is somebody's number."""
        value = table.get(key)
        typed = value.strip() if isinstance(value, str) else ""
        found = find_phone(typed, None)
        if found is not None and found.e164 is not None and (found.start, found.end) == (0, len(typed)):
            return Phone(found.e164)
        self._wrong((*place, key), 'is not a number we can text: write it like "+44 7700 900123"')
        return None

    # --- one rule --------------------------------------------------------------------------------------------------

    def _rule(self, table: Mapping[str, Any], number: int) -> Rule:
        place: Place = ("rule", number - 1)
        self._known(table, place, (*_MATCHERS, *_OUTCOMES, *_OF_SOURCES))
        automatic = self._flag(table, place, "automatic")
        rule = Rule(
            approvers=self._ids(table, place, "approvers", texted=True) or self._approvers,
            needed=self._needed(table, place),
            automatic=automatic,
            break_glass=self._ids(table, place, "break_glass", people=True),
            locks=self._words(table, place, "locks"),
            min_hours=self._hours(table, place, "min_hours"),
            max_hours=self._hours(table, place, "max_hours"),
            requesters=self._ids(table, place, "requesters", words=OUTSIDERS) + self._sources(table, place),
            name=f"rule {number}",
            may_reveal=self._ids(table, place, "may_reveal", words=(REQUESTER,)),
            may_unlock=self._ids(table, place, "may_unlock"),
        )
        # What is right word by word, and still cannot be meant.
        every = (*_OUTCOMES, *_OF_SOURCES)
        if not any(name in table for name in every):
            self._wrong(place, f"says nothing: give it {', '.join(every[:-1])} or {every[-1]}")
        if rule.automatic:
            for name in ("approvers", "needed", "break_glass"):
                if name in table:
                    self._wrong((*place, name), "has no meaning beside automatic = true: nobody is asked")
        if rule.min_hours is not None and rule.max_hours is not None and rule.min_hours > rule.max_hours:
            self._wrong((*place, "min_hours"), "is more than max_hours: this rule matches nothing")
        elif not rule.hours:
            name = "min_hours" if rule.min_hours is not None else "max_hours"
            self._wrong((*place, name), f"matches nothing: a PIN lasts whole hours, from 1 to {LONGEST_HOURS}")
        if rule.needed == 2 and len(rule.approvers) == 1 and not rule.approvers[0].startswith("S"):
            self._wrong((*place, "needed"), "is 2, and the rule has only one approver")
        return rule

    # --- for the stays of sources ----------------------------------------------------------------------------------

    def _all_of_sources(self, tables: list[Mapping[str, Any]]) -> dict[int, SourceRule]:
        """Of those that say the same for the same stays, the first counts alone."""
        found = dict[int, SourceRule]()
        for number, table in enumerate(tables):
            said = [name for name in _OF_SOURCES if name in table]
            if not said:
                continue
            place: Place = ("rule", number)
            if "sources" not in table:
                self._wrong(
                    (*place, said[0]), 'is for stays that come by themselves: say of which, as sources = ["airbnb"]'
                )
            for name in ("requesters", "min_hours", "max_hours"):
                if name in table:
                    self._wrong((*place, name), f"has no meaning beside {said[0]}: give that a rule of its own")
            found[number] = SourceRule(
                self._sources(table, place), self._terms(table, place), self._words(table, place, "locks")
            )
            matches = Rule(locks=found[number].locks, requesters=found[number].requesters)
            for name in said:
                before = [n for n in found if n < number and name in tables[n]]
                rules = [Rule(locks=found[n].locks, requesters=found[n].requesters) for n in before]
                if matches.requesters and covered(matches, rules):
                    self._wrong((*place, name), "never counts: the rules before it say it for all of these stays")
        return found

    def _terms(self, table: Mapping[str, Any], place: Place) -> SourceTerms:
        lead, channel, contact = (table.get(name) for name in ("mint_lead_hours", "channel", "contact"))
        check_in, check_out = (self._clock(table, place, name) for name in ("check_in", "check_out"))
        if lead is not None and (
            isinstance(lead, bool) or not isinstance(lead, int) or not 0 <= lead <= MOST_LEAD_HOURS
        ):
            self._wrong((*place, "mint_lead_hours"), f"is a whole number of hours from 0 to {MOST_LEAD_HOURS}")
            lead = None
        if channel is not None and (not isinstance(channel, str) or not _CHANNEL.fullmatch(channel)):
            self._wrong(
                (*place, "channel"), f'is {_shown(channel)}, but takes the id of a channel, such as "C0123ABCD"'
            )
            channel = None
        found = self._contact(contact, place) if contact is not None else None
        return SourceTerms(None if lead is None else timedelta(hours=lead), check_in, check_out, channel or "", found)

    def _clock(self, table: Mapping[str, Any], place: Place, name: str) -> time | None:
        value = table.get(name)
        try:
            hour = time.fromisoformat(value.strip().zfill(5)) if isinstance(value, str) else value
        except ValueError:
            hour = ""
        if hour is not None and (not isinstance(hour, time) or hour.replace(hour=0) != time()):
            self._wrong((*place, name), 'is a whole hour on the lock\'s clock, such as "16:00"')
            return None
        return hour

    def _contact(self, value: object, place: Place) -> Contact | None:
        """What is wrong with a number is said without it."""
        if not isinstance(value, str) or not value.strip():
            self._wrong((*place, "contact"), 'is a name, a number or both, such as "Front desk +44 7700 900123"')
            return None
        try:
            return understand_contact(value)
        except LockMistakes as wrong:
            said = [mistake for mistake in wrong.mistakes if "no phone number" not in mistake]
            unread = "holds a number that we cannot read: write it like +44 7700 900123"
            self._wrong((*place, "contact"), f"is wrong: {said[0]}" if said else unread)
            return None

    def _sources(self, table: Mapping[str, Any], place: Place) -> Ids:
        """As those who ask: stays that come by themselves from one of these."""
        names = self._words(table, place, "sources")
        if strange := next((name for name in names if not is_source(name)), None):
            self._wrong((*place, "sources"), f'holds {_shown(strange)}: a source is a word such as "airbnb"')
            return ()
        return tuple(map(as_requester, dict.fromkeys(names)))

    def _reached(self, rules: Mapping[int, Rule]) -> None:
        """The first that matches counts: one whose stays are all those of one before it never does."""
        for number, rule in rules.items():
            if not rule.hours:
                continue
            earlier = {one: rules[one] for one in rules if one < number}
            before = next((one for one, other in earlier.items() if other.covers(rule)), None)
            if before is not None:
                line, what = (
                    self._lines.of(("rule", before)),
                    "everything" if rules[before].matches_all else "all of it",
                )
                self._wrong(("rule", number), f"is never reached: the rule on line {line} matches {what}")
            elif covered(rule, earlier.values()):
                self._wrong(("rule", number), "is never reached: the rules before it together match all of it")

    def _all_automatic(self, rules: Mapping[int, Rule]) -> None:
        """Told once, at the rule with which nothing is left that anybody is asked about."""
        alone: list[Rule] = []
        for number, rule in rules.items():
            alone += [rule] if rule.automatic else []
            if rule.automatic and covered(Rule(), alone):
                also = "" if rule.matches_all else "with the automatic rules before it "
                said = f"{also}approves all that anybody asks: say for which locks or hours"
                self._wrong(("rule", number, "automatic"), said)
                return

    def _replace_missed(self, written: Mapping[str, Any]) -> bool:
        value = written.get("replace_missed", "ask")
        if value not in ("ask", "automatic"):
            self._wrong(("replace_missed",), 'is "ask" (a button for staff) or "automatic"')
        return bool(value == "automatic")

    def _reminders(self, written: Mapping[str, Any]) -> ApproverReminders:
        table = written.get("reminders", {})
        if not isinstance(table, dict):
            self._wrong(("reminders",), "is a table: [reminders]")
            return ApproverReminders()
        self._known(table, ("reminders",), _REMINDERS)
        backup = self._ids(table, ("reminders",), "backup", texted=True)
        if "after_minutes" not in table:
            return ApproverReminders(backup=backup)
        return ApproverReminders(self._minutes(table["after_minutes"]), backup)

    def _limits(self, written: Mapping[str, Any]) -> Limits:
        table = written.get("limits", {})
        if not isinstance(table, dict):
            self._wrong(("limits",), "is a table: [limits]")
            return Limits()
        names = tuple(field.name for field in fields(Limits))
        self._known(table, ("limits",), names)
        known = {name: value for name, value in table.items() if name in names}
        for name, value in known.items():
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_OF_A_LIMIT:
                self._wrong(("limits", name), f"is a whole number from 1 to {MOST_OF_A_LIMIT}")
                return Limits()
        return Limits(**known)

    # --- one value -------------------------------------------------------------------------------------------------

    def _minutes(self, value: object) -> tuple[timedelta, ...]:
        fits = isinstance(value, list) and all(_is_number(v) and 0 < v <= MOST_MINUTES for v in value)
        if not fits or not isinstance(value, list) or sorted(set(value)) != value:
            self._wrong(("reminders", "after_minutes"), "is a list of minutes that grow, such as [15, 45, 120]")
            return ()
        return tuple(timedelta(minutes=minutes) for minutes in value)

    def _words(self, table: Mapping[str, Any], place: Place, name: str) -> tuple[str, ...]:
        value = table.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
            self._wrong((*place, name), 'is a list of words, such as ["Front door", "Cabin *"]')
            return ()
        return tuple(v.strip() for v in value)

    def _ids(
        self,
        table: Mapping[str, Any],
        place: Place,
        name: str,
        *,
        people: bool = False,
        words: tuple[str, ...] = (),
        texted: bool = False,
    ) -> Ids:
        """`words` may stand among the ids; `texted`: those who decide by text message may be named, too."""
        value = table.get(name)
        if value is None:
            return ()
        shape = _PERSON if people else _ID
        like = '["U02BEN"] (people only)' if people else '["U02BEN", "S05DESK"] (people or user groups)'
        like += "".join(f', or "{word}"' for word in words)
        if not isinstance(value, list) or not value:
            self._wrong((*place, name), f"is a list of Slack ids, such as {like}")
            return ()
        for one in value:
            if texted and isinstance(one, str) and one.startswith(BY_SMS):
                if one not in self._texted:
                    self._wrong((*place, name), f"holds {_shown(one)}: {self._nobody(one)}")
                    return ()
            elif not isinstance(one, str) or not (shape.fullmatch(one) or one in words):
                self._wrong((*place, name), f"holds {_shown(one)}, but takes Slack ids: {like}")
                return ()
        return tuple(dict.fromkeys(value))

    def _nobody(self, named: str) -> str:
        near = get_close_matches(named, self._texted, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"no [[sms_approver]] is called {named.removeprefix(BY_SMS)[:40]}{hint}"

    def _hours(self, table: Mapping[str, Any], place: Place, name: str) -> float | None:
        value = table.get(name)
        if value is None:
            return None
        if not _is_number(value) or value <= 0:
            self._wrong((*place, name), "is a number of hours above 0")
            return None
        return float(value)

    def _needed(self, table: Mapping[str, Any], place: Place) -> int:
        value = table.get("needed", 1)
        if isinstance(value, bool) or value not in (1, 2) or not isinstance(value, int):
            self._wrong((*place, "needed"), "is 1 or 2")
            return 1
        return value

    def _flag(self, table: Mapping[str, Any], place: Place, name: str) -> bool:
        value = table.get(name, False)
        if not isinstance(value, bool):
            self._wrong((*place, name), "is true or false")
            return False
        return value


def _decides(table: Mapping[str, Any]) -> bool:
    return any(name in table for name in _OUTCOMES)


def _is_number(value: Any) -> bool:
    """TOML has nan and inf, which are no hours: with nan every comparison is false, and a rule would match nothing. And
    whole numbers that no other kind of number can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST_NUMBER


def _shown(value: object) -> str:
    words = str(value)
    return f'"{words[:40]}…"' if len(words) > 40 else f'"{words}"'
