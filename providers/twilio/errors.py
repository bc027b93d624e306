"""Twilio's error codes as one table: what each means for us, and plain words for whoever reads of it.

The codes come both with an API answer and, later, with a delivery report. Twilio says that the meaning of a code on a
message may change, so whatever the table does not have gets the unknown row. Sources: facts/slack-twilio.md section
3.6 and twilio.com/docs/api/errors/<code>.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.messages.retrying import Cause
from bot.ports import Misconfigured, OptedOut, OutcomeUnknown, ProviderError, Rejected, Unavailable
from providers.http import answered

VENDOR = "Twilio"


@dataclass(frozen=True, slots=True)
class Row:
    """`kind`, for an API answer: whether asking again may help (Unavailable), never will (Rejected), or the operator
    must act (Misconfigured). `cause`, for a text that was taken and did not arrive: what may be done about it.
    `words`: a sentence for staff, without a vendor's term."""

    kind: type[Unavailable] | type[Rejected] | type[Misconfigured]
    cause: Cause
    words: str


ERRORS: Mapping[int, Row] = {
    20003: Row(
        Misconfigured,
        Cause.CONFIGURATION,
        "The text service does not accept our account or its token.",
    ),
    20404: Row(Misconfigured, Cause.CONFIGURATION, "The text service does not know our account."),
    20429: Row(Unavailable, Cause.LATER, "The text service asks us to slow down."),
    21211: Row(Rejected, Cause.CONTACT, "This phone number does not exist."),
    21408: Row(Misconfigured, Cause.CONFIGURATION, "Our account may not send texts to this country."),
    21606: Row(Misconfigured, Cause.SENDER, "Our sender cannot send texts to this number."),
    21608: Row(
        Misconfigured, Cause.CONFIGURATION, "Our account is on trial and may only text numbers that were verified."
    ),
    21609: Row(Misconfigured, Cause.CONFIGURATION, "PUBLIC_URL is not an address that delivery reports can reach."),
    21610: Row(
        OptedOut,
        Cause.OPTED_OUT,
        "This number has opted out of our texts; only its owner can undo that, by texting START.",
    ),
    21612: Row(Rejected, Cause.SENDER, "Texts from our sender cannot reach this number."),
    21614: Row(Rejected, Cause.CONTACT, "This is not a mobile number."),
    21617: Row(Rejected, Cause.REVIEW, "The text is too long."),
    21635: Row(Rejected, Cause.CONTACT, "This is a landline, which cannot receive texts."),
    30001: Row(Unavailable, Cause.LATER, "Too many texts were waiting to be sent."),
    30002: Row(Misconfigured, Cause.CONFIGURATION, "Our account with the text service is suspended."),
    30003: Row(Unavailable, Cause.LATER, "The phone could not be reached: it may be switched off or without a signal."),
    30004: Row(Rejected, Cause.CONTACT, "The phone's network does not accept our texts."),
    30005: Row(Rejected, Cause.CONTACT, "The number is not in use."),
    30006: Row(Rejected, Cause.CONTACT, "This is a landline, or its network does not take our texts."),
    30007: Row(Rejected, Cause.FILTERED, "The phone's network took the text for spam and dropped it."),
    30008: Row(Unavailable, Cause.ONCE_MORE, "The phone's network did not say why the text was lost."),
    30032: Row(Misconfigured, Cause.SENDER, "Our toll-free sender is not verified yet."),
    30034: Row(Misconfigured, Cause.SENDER, "Our sender is not registered for texts in the United States."),
    30036: Row(Unavailable, Cause.EXPIRED, "The text waited too long and was dropped."),
    30047: Row(Unavailable, Cause.LATER, "The text could not be moved to a permitted hour."),
    30450: Row(Rejected, Cause.REVIEW, "The text was held back as suspected fraud."),
    30610: Row(Unavailable, Cause.LATER, "The text was held back because it is night where the phone is."),
    30640: Row(Rejected, Cause.CONTACT, "The number is on a list of people who must not be texted."),
}
_SETTINGS = {"20003": " Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.", "20404": " Check TWILIO_ACCOUNT_SID."}
"""Beside the row's words, for the operator alone."""

UNKNOWN = Row(Rejected, Cause.REVIEW, "The text did not get through.")


def row(code: int | None) -> Row:
    """What `code` means for us; the unknown row for one the table does not have."""
    return ERRORS.get(code, UNKNOWN) if code is not None else UNKNOWN


def translate(status: int, headers: Mapping[str, str], code: int | None, *, read: bool) -> ProviderError:
    """The word for an API answer. Twilio's own message quotes the number and is never repeated.

    The text of a Rejected is for staff and is the row's words alone. 429 was never processed
    (twilio.com/docs/errors/20429); 5xx says nothing about what was done, whatever its code.
    """
    by_status = _by_status(status, headers, code, read=read)
    if isinstance(by_status, OutcomeUnknown | Unavailable) or status < 400:
        return by_status
    known = ERRORS.get(code) if code is not None else None
    if known is None:
        return by_status
    return _said(known, str(code))


def _said(known: Row, code: str) -> ProviderError:
    error: ProviderError
    if issubclass(known.kind, Rejected):
        error = known.kind(known.words, code)
    else:
        error = known.kind(f"{VENDOR} {code}: {known.words}{_SETTINGS.get(code, '')}")
    error.another_sender = known.cause is Cause.SENDER
    return error


def _by_status(status: int, headers: Mapping[str, str], code: int | None, *, read: bool) -> ProviderError:
    if status == 404:
        return Misconfigured(f"{VENDOR} knows nothing at this address; check TWILIO_ACCOUNT_SID and TWILIO_API_URL")
    error = answered(VENDOR, status, headers, read=read, code=str(code) if code else "")
    return Rejected(f"{UNKNOWN.words} ({error.code})", error.code) if isinstance(error, Rejected) else error
