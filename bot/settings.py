"""The only reader of the environment: one frozen Settings, every problem reported at once, no secret ever printed."""

import os
import re
from collections.abc import Mapping
from datetime import time, timedelta
from io import StringIO
from pathlib import Path
from stat import S_ISREG
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from bot.addresses import is_loopback, is_origin, is_private
from bot.conversation.files.lock_settings import LockMistakes, known_zones, understand_contact
from bot.conversation.files.policy_file import PolicyMistakes, read_policy
from bot.conversation.files.wording_file import WordingMistakes, read_wording
from bot.conversation.guest_texts.phrases import Wording
from bot.conversation.typed.phones import is_country
from bot.domain.approvals.policy import Rule, Rules
from bot.domain.locks.lock import Contact
from bot.domain.messages.languages import Language
from bot.domain.messages.reminders import Policy, QuietHours
from bot.domain.signs import fit
from bot.missing_settings import missing_settings
from bot.processes.sandbox_settings import sandbox_values as sandbox_values

REAL_CREDENTIALS = (
    "SEAM_API_KEY",
    "IGLOOHOME_CLIENT_SECRET",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_CLIENT_SECRET",
    "TWILIO_AUTH_TOKEN",
)
"""Where one of these is set to anything but the sandbox's own value, no sandbox starts."""


_SHORTEST_TOKEN = 16
_IN_PART = "in part"


class SettingsProblem(Exception):
    """What is missing or wrong, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _listed(value: object) -> object:
    return tuple(p.strip() for p in value.split(",") if p.strip()) if isinstance(value, str) else value


def _country(value: str) -> str:
    country = value.strip().upper()
    if country and not is_country(country):
        raise ValueError("is no country: write its two letters, such as AT or US")
    return country


def _quiet(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.strip() in ("", "none"):
        return None
    found = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*", value, re.ASCII)
    if not found:
        raise ValueError("write it as 21:00-08:00, or none")
    a, b, c, d = map(int, found.groups())
    return QuietHours(time(a, b), time(c, d))


def _clock_time(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.strip() in ("", "none"):
        return None
    found = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*", value, re.ASCII)
    if not found:
        raise ValueError("write it as 09:00, or none")
    hour, minute = map(int, found.groups())
    return time(hour, minute)


def _origin(value: object) -> object:
    return value.strip().rstrip("/") if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Hours = Annotated[tuple[Annotated[int, Field(gt=0, lt=24)], ...], BeforeValidator(_listed)]
Quiet = Annotated[QuietHours | None, BeforeValidator(_quiet)]
ClockTime = Annotated[time | None, BeforeValidator(_clock_time)]
Country = Annotated[str, AfterValidator(_country)]
Origin = Annotated[str, BeforeValidator(_origin)]


class Settings(BaseModel):
    """The names are the environment's, in lower case; what stands under each is what docs/settings.md says
    (pydantic would read it at every start). Addresses carry no trailing slash."""

    model_config = ConfigDict(
        frozen=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        extra="ignore",
    )

    database_url: SecretStr = SecretStr("sqlite+aiosqlite:///var/nightporter.db")
    """where rows are kept; also `postgres://…` and `postgresql://…` as hosting platforms give them"""
    port: Annotated[int, Field(gt=0, lt=65536)] = 8000
    """where we listen"""
    host: str = "0.0.0.0"  # noqa: S104 - platforms route to the container's own address
    """the address we listen on"""
    public_url: Origin = ""
    """the address the world calls us by, such as `https://pins.example.com`"""
    nightporter_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_listed)] = ()
    """what seals PINs and phone numbers, comma-separated, newest first (`nightporter keys new`); SQLite makes one
    beside its file"""

    lock_provider: Literal["sandbox", "seam", "igloohome"] = "seam"
    """who makes the PINs"""
    sandbox_url: Origin = ""
    """beside `nightporter sandbox` only: lives in that sandbox instead of the real world"""
    seam_api_key: SecretStr = SecretStr("")
    """Seam console > Developer > API Keys"""
    seam_api_url: Origin = "https://connect.getseam.com"
    """Seam's address"""
    seam_webhook_secret: SecretStr = SecretStr("")
    """what Seam signs its events with; events are only taken where it is set"""

    igloohome_client_id: str = ""
    """for `LOCK_PROVIDER=igloohome`: the iglooaccess console > API access"""
    igloohome_client_secret: SecretStr = SecretStr("")
    """beside `IGLOOHOME_CLIENT_ID`"""
    igloohome_auth_url: Origin = "https://auth.igloohome.co"
    """where igloohome gives tokens"""
    igloohome_api_url: Origin = "https://api.igloodeveloper.co/igloohome"
    """igloohome's address"""

    slack_bot_token: SecretStr = SecretStr("")
    """Slack app > OAuth & Permissions > Bot User OAuth Token"""
    slack_signing_secret: SecretStr = SecretStr("")
    """Slack app > Basic Information"""
    slack_app_token: SecretStr = SecretStr("")
    """with an app-level token (`connections:write`) Socket Mode is used too"""
    slack_client_id: str = ""
    """instead of the bot token: [several workspaces](workspaces.md)"""
    slack_client_secret: SecretStr = SecretStr("")
    """beside `SLACK_CLIENT_ID`"""
    slack_workspaces: Listed = ()
    """with OAuth: the ids (`T…`) of the workspaces that may install, comma-separated, the house's own first; others
    wait until they are [admitted](workspaces.md). Without it, the first that installs is the house's own"""
    slack_api_url: str = "https://slack.com/api/"
    """Slack's address"""
    slack_approvers: Listed = ()
    """ids of people (`U…`) or user groups (`S…`) who decide, comma-separated"""
    slack_approvals_channel: str = ""
    """the id of the channel where cards go"""
    policy_file: str = ""
    """a TOML file with [approval rules](approval-rules.md); without one, one of `SLACK_APPROVERS` decides, never the
    requester"""
    wording_file: str = ""
    """a TOML file with [texts of your own](guest-texts.md)"""
    guest_language: Literal["auto"] | Language = "auto"
    """`auto` is that of the number's country; or one of `en de fr es pt it nl ja` for all"""

    phone_country: Country = ""
    """whose the numbers are that are typed without a country, such as `AT`; empty: the country of the lock's zone"""
    guest_contact: str = ""
    """whom guests may ask where a lock has no contact of its own, such as `Front desk +43 1 234 5678`: stands in every
    text with a PIN, and in those that ask a guest to wait or say that a person will look"""

    twilio_account_sid: str = ""
    """Twilio console > Account Info"""
    twilio_auth_token: SecretStr = SecretStr("")
    """Twilio console > Account Info"""
    twilio_from: str = ""
    """what guests see as the sender: a number of your account; a name cannot be answered"""
    twilio_messaging_service_sid: str = ""
    """instead of a number: a messaging service"""
    twilio_fallback_from: str = ""
    """a second number, or the sid of a service, for texts that the first cannot get through"""
    twilio_api_url: Origin = "https://api.twilio.com"
    """Twilio's address"""

    timezone: str = "UTC"
    """zone of locks whose provider names none"""
    mint_lead_hours: Annotated[int, Field(ge=0, le=720)] = 24
    """how many hours before its start a PIN is made and texted"""
    reminders: Hours = (12, 6, 2)
    """hours before the deadline at which the guest is reminded"""
    staff_alert_hours: Annotated[int, Field(gt=0, lt=24)] = 4
    """hours before the deadline at which staff are alerted to an unused PIN"""
    quiet_hours: Quiet = QuietHours(time(21), time(8))
    """when nothing that can wait is texted, in the lock's zone; or `none`"""
    morning_message: ClockTime = time(9)
    """when the channel is told who arrives tomorrow, in `TIMEZONE` (where that is UTC, in the zone of most doors); or
    `none`"""
    retention_days: Annotated[int, Field(gt=0)] = 90
    """days for which what names a person is kept after their stay; the digits of a PIN go a day after it ended"""

    status_token: SecretStr = SecretStr("")
    """what lets somebody see `/status`, the Home tab as a page that only shows: at least 16 letters, asked for as a
    password; empty: there is no such page"""
    metrics_token: SecretStr = SecretStr("")
    """what `/metrics` and `/readyz` want to be brought as `Authorization: Bearer …`; empty: nothing"""
    heartbeat_url: SecretStr = SecretStr("")
    """an address that is called once a minute while clock, worker and database do what they should, such as
    `https://hc-ping.com/…`: where the calls stop, whoever is there calls you"""

    vendor_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10
    """how many seconds a vendor is waited for"""
    sweep_seconds: Annotated[float, Field(gt=0, le=60)] = 2
    """how many seconds pass between two looks of the clock for what is due"""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """`debug`, `info`, `warning` or `error`"""

    _rules: Rules = PrivateAttr(default=Rules(Rule()))
    _wording: Wording = PrivateAttr(default_factory=dict)
    _contact: Contact = PrivateAttr(default=Contact())

    @model_validator(mode="after")
    def _whole(self, info: ValidationInfo) -> Self:
        problems = [*([] if info.context == _IN_PART else self.missing()), *_wrong(self)]
        try:
            self._rules = _rules(self)
        except SettingsProblem as invalid:
            problems += invalid.problems
        try:
            self._wording = _wording(self.wording_file)
        except SettingsProblem as invalid:
            problems += invalid.problems
        try:
            self._contact = understand_contact(self.guest_contact)
        except LockMistakes as invalid:
            problems += [f"GUEST_CONTACT: {mistake}" for mistake in invalid.mistakes]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def missing(self) -> list[str]:
        """A sentence for each setting that is not there, and without which nothing runs. Only of settings that were
        read `in_part`."""
        return missing_settings(self.has, self.lock_provider)

    def has(self, *names: str) -> bool:
        return all(_set(self, name) for name in names)

    @property
    def policy(self) -> Policy:
        hours = tuple(sorted(set(self.reminders), reverse=True))
        return Policy(timedelta(hours=self.mint_lead_hours), hours, self.staff_alert_hours, self.quiet_hours)

    @property
    def rules(self) -> Rules:
        """The approval rules as they stood in POLICY_FILE at the start; without a file, SLACK_APPROVERS decide."""
        return self._rules

    @property
    def several_workspaces(self) -> bool:
        """Whether the app is installed by OAuth, in any number of workspaces, instead of having one bot token."""
        return bool(self.slack_client_id)

    @property
    def wording(self) -> Wording:
        """The operator's own texts as they stood in WORDING_FILE at the start."""
        return self._wording

    @property
    def contact(self) -> Contact:
        """GUEST_CONTACT, understood."""
        return self._contact

    @property
    def is_postgresql(self) -> bool:
        return self.database_url.get_secret_value().startswith("postgres")

    @property
    def lease(self) -> timedelta:
        """A worker holds a row longer than any vendor's call can take, with its retries of reads."""
        return timedelta(seconds=6 * self.vendor_timeout_seconds)


_NO_APPROVER = (
    'SLACK_APPROVERS holds "{}", by which nobody can approve anything: write ids of people, such as U0123ABCD (in '
    "Slack: their profile, the three dots, Copy member ID), or of user groups, such as S0123ABCD"
)


_IN_NO_HEADER = "{} holds spaces, or letters that no header carries: take one as `openssl rand -hex 16` prints it"


def _wrong_by_themselves(settings: Settings) -> list[str]:
    found = []
    if 0 < len(settings.status_token.get_secret_value()) < _SHORTEST_TOKEN:
        found.append("STATUS_TOKEN is too short: at least 16 letters, as `openssl rand -hex 16` prints them")
    tokens = {"STATUS_TOKEN": settings.status_token, "METRICS_TOKEN": settings.metrics_token}
    odd = [name for name, one in tokens.items() if not re.fullmatch("[!-~]*", one.get_secret_value())]
    found += [_IN_NO_HEADER.format(name) for name in odd]
    if (url := settings.heartbeat_url.get_secret_value()) and not is_private(url):
        found.append("HEARTBEAT_URL is no https:// address: write it as the service that watches shows it")
    strange = [one for one in settings.slack_approvers if not re.fullmatch(r"[UWS][A-Z0-9_]+", one)]
    return [*found, _NO_APPROVER.format(strange[0][:40])] if strange else found


def _wrong(settings: Settings) -> list[str]:
    problems = _wrong_by_themselves(settings)
    if settings.several_workspaces and _set(settings, "slack_bot_token"):
        problems.append("SLACK_BOT_TOKEN and SLACK_CLIENT_ID are both set: keep one (a token, or OAuth installs)")
    if _set(settings, "slack_client_secret") and not settings.several_workspaces:
        problems.append("SLACK_CLIENT_ID is missing beside SLACK_CLIENT_SECRET: Slack app > Basic Information")
    if settings.slack_workspaces and not settings.several_workspaces:
        problems.append("SLACK_WORKSPACES is set without SLACK_CLIENT_ID: a bot token takes only its own workspace")
    if strange := [one for one in settings.slack_workspaces if not re.fullmatch(r"T[A-Z0-9_]+", one)]:
        problems.append(f'SLACK_WORKSPACES holds "{strange[0][:40]}": write ids of workspaces, such as T0123ABCD')
    if settings.timezone not in known_zones():
        problems.append("TIMEZONE is not a known zone: write it like Europe/Paris")
    if not re.match(r"(sqlite|postgres(ql)?)(\+\w+)?://", settings.database_url.get_secret_value()):
        problems.append("DATABASE_URL must be a sqlite:// or a postgresql:// address")
    if settings.public_url and not is_origin(settings.public_url):
        problems.append("PUBLIC_URL is no address: write it like https://pins.example.com, without a name or a query")
    if settings.sandbox_url and not is_loopback(settings.sandbox_url):
        problems.append("SANDBOX_URL must be on this machine, such as http://127.0.0.1:8001")
    problems += [
        f"{name.upper()} must be an https:// address: credentials and PINs go there"
        for name in _VENDORS_ADDRESSES
        if not is_private(getattr(settings, name))
    ]
    if settings.is_postgresql and not settings.nightporter_keys:
        problems.append("NIGHTPORTER_KEYS is missing: make one with `nightporter keys new`")
    return problems


def _rules(settings: Settings) -> Rules:
    """Raises SettingsProblem naming every mistake in the file with its line."""
    name = settings.policy_file
    if not name:
        return Rules(Rule(settings.slack_approvers))
    try:
        return read_policy(_read_file("POLICY_FILE", name), settings.slack_approvers)
    except PolicyMistakes as invalid:
        raise SettingsProblem([f"POLICY_FILE {mistake}" for mistake in invalid.mistakes]) from None


def _wording(name: str) -> Wording:
    """Raises SettingsProblem naming every mistake in the file with its line, text and language."""
    if not name:
        return {}
    try:
        return read_wording(_read_file("WORDING_FILE", name))
    except WordingMistakes as invalid:
        raise SettingsProblem([f"WORDING_FILE {mistake}" for mistake in invalid.mistakes]) from None


def read_value(name: str, otherwise: str, environ: Mapping[str, str] | None = None) -> str:
    """One value as it stands in the environment, for commands that need no more: whatever else may be missing. Raises
    SettingsProblem for one that is no text."""
    value = (os.environ if environ is None else environ).get(name) or otherwise
    if fit(value) != value:
        raise SettingsProblem([_NO_TEXT.format(name)])
    return value


def load_env_file(file: Path) -> None:
    """Puts what the file says about us into the environment, for as long as the process lives. What is there already
    counts more; an empty value says nothing in either. Raises SettingsProblem."""
    from dotenv.parser import parse_stream  # few have such a file at hand

    said, problems = {}, []
    for binding in parse_stream(StringIO(_read_file(str(file), str(file)))):
        if binding.error or (binding.key and not binding.value and "=" not in binding.original.string):
            whole = binding.original.string  # with the empty lines before it
            line = binding.original.line + whole[: len(whole) - len(whole.lstrip())].count("\n")
            problems.append(f"{file}, line {line}: write it as NAME=value")
        elif binding.key and binding.key.lower() in Settings.model_fields:
            said[binding.key.upper()] = binding.value or ""
    problems += [_NO_TEXT.format(f"{name} in {file}") for name, value in said.items() if "\0" in value]
    if problems:
        raise SettingsProblem(problems)
    os.environ.update({name: value for name, value in said.items() if value and not os.environ.get(name)})


def read_wording_setting() -> Wording:
    """The operator's own texts, whatever else may be missing. Raises SettingsProblem."""
    return _wording(read_value("WORDING_FILE", ""))


LARGEST_FILE = 1_000_000
"""Bytes; a rule takes a hundred."""


def _read_file(setting: str, name: str) -> str:
    try:
        return read_bytes(setting, Path(name)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsProblem([f"{setting} is no text in UTF-8"]) from None


def read_bytes(setting: str, file: Path) -> bytes:
    """What stands in a file that a setting names. Raises SettingsProblem: a pipe would be waited for and a device read
    without end, so neither is opened."""
    try:
        if S_ISREG(file.stat().st_mode):
            with file.open("rb") as opened:
                content = opened.read(LARGEST_FILE + 1)
            if len(content) <= LARGEST_FILE:
                return content
    except (OSError, ValueError) as invalid:
        why = getattr(invalid, "strerror", None) or type(invalid).__name__
        raise SettingsProblem([f"{setting} cannot be read: {why}"]) from None
    raise SettingsProblem([f"{setting} is no text file of at most 1 MB"])


def _set(settings: Settings, name: str) -> bool:
    value = getattr(settings, name)
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


_VENDORS_ADDRESSES = ("seam_api_url", "igloohome_auth_url", "igloohome_api_url", "slack_api_url", "twilio_api_url")


def read_settings(environ: Mapping[str, str] | None = None, /, **given: object) -> Settings:
    """The settings from `environ` (the process's own, if none is given), with `given` on top.

    Raises SettingsProblem naming every problem at once.
    """
    return _read_settings(environ, given, None)


def read_settings_in_part(*names: str) -> Settings:
    """The same from the process's own environment, where what is missing is no problem yet; only what has these names,
    where any are given, so that nothing else can be wrong. Raises SettingsProblem."""
    only = {name: value for name, value in os.environ.items() if name in names} if names else None
    return _read_settings(only, {}, _IN_PART)


def _read_settings(environ: Mapping[str, str] | None, given: Mapping[str, object], context: str | None) -> Settings:
    environ = os.environ if environ is None else environ
    reported, odd = _fit(_said(environ))
    sandbox_url = str(given.get("sandbox_url") or reported.get("sandbox_url", "")).rstrip("/")
    if sandbox_url and is_loopback(sandbox_url):
        check_no_real_credentials(environ)
        several = bool(given.get("slack_client_id") or reported.get("slack_client_id"))
        kind = reported.get("lock_provider")
        reported = {**sandbox_values(sandbox_url, several_workspaces=several, lock_provider=kind), **reported}
    try:
        settings = Settings.model_validate({**reported, **given}, context=context)
        if odd:
            raise SettingsProblem(odd)
        return settings
    except ValidationError as invalid:
        sentences = odd
        for error in invalid.errors(include_input=False, include_url=False):
            said = error["msg"].removeprefix("Value error, ")
            name = str(error["loc"][0]).upper() if error["loc"] else ""
            sentences += [f"{name}: {said}" if name else line for line in said.split("\n")]
        raise SettingsProblem(sentences) from None


def _said(environ: Mapping[str, str]) -> dict[str, Any]:
    """What an environment says about us, by our names. An empty value says nothing."""
    ours = ((name.lower(), value) for name, value in environ.items() if value)
    return {name: value for name, value in ours if name in Settings.model_fields}


_NO_TEXT = "{} holds signs that are no text: write it anew"


def _fit(reported: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What can be read of it, and what is wrong with the rest: neither a terminal nor a database bears half a sign, and
    what is checked against a blank secret is not checked."""
    odd = [_NO_TEXT.format(name.upper()) for name, value in reported.items() if fit(value) != value]
    odd += [
        f"{name.upper()} is blank: set it, or leave it out" for name, value in reported.items() if not value.strip()
    ]
    return {name: fit(value) for name, value in reported.items()}, odd


def check_no_real_credentials(environment: Mapping[str, str] | None = None) -> None:
    """Raises SettingsProblem where something real is set: the sandbox must never stand beside real doors."""
    reported = _said(os.environ if environment is None else environment)
    allowed = {
        str(value) for several in (True, False) for value in sandbox_values("", several_workspaces=several).values()
    }
    real = [name for name in REAL_CREDENTIALS if reported.get(name.lower(), "") not in ("", *allowed)]
    if real:
        raise SettingsProblem([f"{name} is set: the sandbox does not start beside real credentials" for name in real])
