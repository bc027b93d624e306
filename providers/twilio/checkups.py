"""Whether Twilio is set up as we need it: the account, the sender, and that what guests text comes to us."""

from collections.abc import Sequence
from typing import Any

from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance

from bot.ports import Misconfigured
from bot.ports.checkups import Checkup
from providers import http
from providers.twilio.errors import VENDOR
from providers.twilio.messenger import TwilioTexter, is_one_way


def checkups(texter: TwilioTexter, *, sender: str, service: str, public_url: str) -> list[Checkup]:
    """`sender` is a number, `service` the sid of a messaging service, which goes first where both are set."""
    wanted = f"{public_url}/twilio/sms"

    async def numbers() -> str:
        if service:
            said = await texter.service(service)
            with http.readable(VENDOR, read=True):
                if not said.use_inbound_webhook_on_number:
                    _check_hook("the messaging service", said.inbound_request_url, said.inbound_method, wanted)
                    return f"{VENDOR}: what guests text to the messaging service comes to us"
            return _numbers(await texter.numbers_of(service), "the messaging service", wanted)
        if is_one_way(sender, service):
            raise Misconfigured(
                f"{VENDOR}: TWILIO_FROM is a name, which guests cannot answer: nobody can text us that a door has "
                "opened, or stays shut. Texts name your contact instead (GUEST_CONTACT); take a number, or a messaging "
                "service with one"
            )
        if not sender.startswith("+"):
            return f"{VENDOR}: the sender is no number of the account's list; that it takes texts cannot be checked"
        return _numbers(await texter.numbers(sender), "TWILIO_FROM", wanted)

    return [Checkup("Twilio", texter.check), Checkup("Twilio sender", numbers)]


def _numbers(found: Sequence[IncomingPhoneNumberInstance], named: str, wanted: str) -> str:
    if not found:
        raise Misconfigured(
            f"{VENDOR}: {named} is no number of this account; take one from Phone Numbers > Manage > Active numbers"
        )
    with http.readable(VENDOR, read=True):
        for number in found:
            if not _can_text(number.capabilities):
                raise Misconfigured(f"{VENDOR}: {named} cannot send texts; take a number with the capability SMS")
            _check_hook(named, number.sms_url, number.sms_method, wanted)
    return f"{VENDOR}: what guests text to {named} comes to us"


def _can_text(capabilities: Any) -> bool:
    """A mapping by the API's documentation, an object in some versions of the SDK."""
    known = capabilities if isinstance(capabilities, dict) else vars(capabilities or object())
    return bool({name.lower(): can for name, can in known.items()}.get("sms", True))


def _check_hook(named: str, url: str | None, method: str | None, wanted: str) -> None:
    if (url or "").rstrip("/") != wanted or (method or "POST").upper() != "POST":
        raise Misconfigured(
            f'{VENDOR}: what guests text to {named} does not reach us; set "A message comes in" to {wanted}, HTTP POST'
        )
