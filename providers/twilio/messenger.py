"""TwilioTexter: the core's Texter spoken to Twilio's Messages API. Errors are read in `client` and `errors`."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote

from twilio.base.exceptions import TwilioException
from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance
from twilio.rest.api.v2010.account.message import MessageInstance
from twilio.rest.messaging.v1.service import ServiceContext, ServiceInstance

from bot.domain.messages.message import MessageStatus, Route
from bot.ports import Misconfigured, Text, TextInfo, Unavailable
from providers import http
from providers.twilio.client import API_URL, DeadlineHttp, connect
from providers.twilio.errors import VENDOR, row
from providers.twilio.inbound import STATES, is_message

T = TypeVar("T")
CLOCKS_DIFFER = timedelta(seconds=60)
"""A text may seem to be made a little before we tried: two machines, two clocks."""

LONGEST_VALIDITY = 36_000
"""Seconds; Twilio's own limit of ValidityPeriod."""

MOST_LISTED = 200
"""Texts to one number, newest first, among which one just sent must be."""


class TwilioTexter:
    """One account and one sender: either `from_number` or `messaging_service_sid`; `fallback_from`, a number or the
    sid of a service, is the second way. Make it inside the running loop.

    Every method raises ProviderError and nothing else. Twilio knows no idempotency key, so a text is handed over once;
    the id of the message travels in the address of its delivery reports, and `find` looks up a lost answer.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        public_url: str,
        from_number: str | None = None,
        messaging_service_sid: str | None = None,
        fallback_from: str | None = None,
        api_url: str = API_URL,
        timeout_seconds: float = 15.0,
        validity_seconds: int = 14_400,
    ) -> None:
        """`validity_seconds` (1 to 36 000), for texts that bring no time of their own: one that still waits then is
        dropped (30036) rather than come tomorrow.

        Raises Misconfigured without credentials or a sender.
        """
        self._senders = {Route.FIRST: _sender(from_number, messaging_service_sid)}
        if fallback_from:
            service = fallback_from if fallback_from.startswith("MG") else None
            self._senders[Route.SECOND] = _sender(fallback_from, service)
        self._http = DeadlineHttp(timeout_seconds)
        self._client = connect(account_sid, auth_token, api_url=api_url, deadline_http=self._http)
        self._reports = f"{public_url.rstrip('/')}/twilio/status?m="
        self._api_url = api_url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._validity_seconds = validity_seconds
        self.outage = http.Outage(VENDOR)

    @property
    def second_way(self) -> bool:
        return Route.SECOND in self._senders

    async def send(self, text: Text) -> str:
        """Hands it over; returns its MessageSid. Accepted is not delivered: that comes as a delivery report."""
        sender = self._senders.get(text.way, self._senders[Route.FIRST])
        made = await self._call(
            lambda: self._client.api.account.messages.create_async(
                to=_to(text),
                body=text.body,
                status_callback=self._reports + quote(text.message_id, safe=""),
                validity_period=self._validity(text),
                **({"from_": text.over} if text.over else sender),
            ),
            read=False,
        )
        if not is_message(str(made.sid)):
            raise http.ambiguous(f"{VENDOR}'s answer names no text", read=False)
        return str(made.sid)

    async def find(self, text: Text, known: frozenset[str]) -> str | None:
        """The oldest text to this number with this body that was made since we tried and is not in `known`.

        Compared here, by date_created: Twilio's own filter is by date_sent, in whole days, and a text that still waits
        has none.
        """
        listed, unreadable = await self._listed(_to(text))
        since = text.tried_at - CLOCKS_DIFFER
        ours = [
            m
            for m in listed
            if m.body == text.body and is_message(str(m.sid)) and m.sid not in known and _made(m) >= since
        ]
        if not ours and unreadable:  # it may be one of those
            raise Unavailable(f"{VENDOR}'s answer cannot be read: {unreadable[0]}")
        return min(ours, key=lambda m: (_made(m), m.sid)).sid if ours else None

    async def _listed(self, number: str) -> tuple[list[MessageInstance], list[str]]:
        """The newest texts to this number that can be read, and what is wrong with each of the others: the SDK reads
        one when it is asked for."""
        asked = self._client.api.account.messages
        page = await self._call(lambda: asked.page_async(to=number, page_size=MOST_LISTED), read=True)
        listed: list[MessageInstance] = []
        unreadable: list[str] = []
        while page is not None and len(listed) + len(unreadable) < MOST_LISTED:
            try:
                listed.append(next(page))
            except StopIteration:
                page = await self._call(page.next_page_async, read=True)
            except http.UNREADABLE as error:
                unreadable.append(http.why(error))
        return listed, unreadable

    async def look_up(self, ref: str) -> TextInfo | None:
        """How far it has come, for a text whose reports have not reached us."""
        seen = await self._call(lambda: self._client.api.account.messages(ref).fetch_async(), read=True)
        status = STATES.get(str(seen.status or ""))
        if status is None:
            return None
        with http.readable(VENDOR, read=True):
            known = row(seen.error_code) if status is MessageStatus.UNDELIVERED else None
        return TextInfo(status, known.cause if known else None, known.words if known else None)

    async def check(self) -> str:
        """Fetches the account. Raises Misconfigured when it is suspended or closed."""
        account = await self._call(lambda: self._client.api.account.fetch_async(), read=True)
        if account.status in ("suspended", "closed"):
            raise Misconfigured(f"{VENDOR}: the account is {account.status}")
        return f"{VENDOR}: account {account.friendly_name or account.sid}"

    async def numbers(self, number: str) -> Sequence[IncomingPhoneNumberInstance]:
        """The account's own entry for this number; none where it is not the account's."""
        owned = self._client.api.account.incoming_phone_numbers
        listed = await self._call(lambda: owned.list_async(phone_number=number, limit=1), read=True)
        return list(listed)

    async def service(self, sid: str) -> ServiceInstance:
        return await self._call(lambda: self._services(sid).fetch_async(), read=True)

    async def numbers_of(self, service: str) -> Sequence[IncomingPhoneNumberInstance]:
        """The account's entries for the numbers in a messaging service."""
        senders = await self._call(lambda: self._services(service).phone_numbers.list_async(limit=20), read=True)
        return [entry for one in senders for entry in await self.numbers(one.phone_number)]

    def _services(self, sid: str) -> ServiceContext:
        """Twilio has them under a host of their own; a sandbox has everything under one."""
        if self._api_url != API_URL:
            self._client.messaging.base_url = self._api_url
        return self._client.messaging.v1.services(sid)

    def _validity(self, text: Text) -> int:
        seconds = int(text.good_for.total_seconds()) if text.good_for is not None else self._validity_seconds
        return max(1, min(seconds, LONGEST_VALIDITY))

    async def close(self) -> None:
        await self._http.close()

    async def _call(self, ask: Callable[[], Awaitable[T]], *, read: bool) -> T:
        async def once() -> T:
            try:
                with http.readable(VENDOR, read=read):
                    return await ask()
            except TwilioException:  # the SDK's word for an answer that it does not know
                raise http.ambiguous(f"{VENDOR}'s answer cannot be read", read=read) from None

        with self.outage.watched():
            return await http.with_retries(once, read=read, timeout_seconds=self._timeout_seconds)


def is_one_way(from_number: str, messaging_service_sid: str) -> bool:
    """Whether nobody can answer what we send: an alphanumeric sender takes no texts (Twilio, "Alphanumeric sender ID").
    A number, a short code, an address on another channel and a service with a number do."""
    return bool(from_number) and not messaging_service_sid and _ANSWERABLE.fullmatch(from_number) is None


_ANSWERABLE = re.compile(r"\+?[0-9 ]+|[A-Za-z]+:.+")


def _to(text: Text) -> str:
    """The guest on the way of the address that the text leaves from: `whatsapp:+…` for one that begins so."""
    channel, _, ours = text.over.partition(":")
    return f"{channel}:{text.to.e164}" if ours else text.to.e164


def _sender(from_number: str | None, messaging_service_sid: str | None) -> dict[str, str]:
    """A messaging service, where both are given: it picks the number, and keeps it for the guest."""
    if messaging_service_sid:
        return {"messaging_service_sid": messaging_service_sid}
    if from_number:
        return {"from_": from_number}
    raise Misconfigured("TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID is needed")


def _made(message: MessageInstance) -> datetime:
    """date_created; a text without one counts as new, which at worst adopts a text with the very same words."""
    made = message.date_created
    return made if isinstance(made, datetime) else datetime.max.replace(tzinfo=UTC)
