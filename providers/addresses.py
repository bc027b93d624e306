"""Which addresses of other people's machines may be asked. Operators type them, and who answers there may send us on:
so each one is looked up here, and only what everybody on the internet could ask is asked; the connection then goes to
what was looked at, not to what the name means a moment later."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""A name and a port to IP addresses; raises OSError, or UnicodeError for a name that is none."""

MOST_TRIED = 4
"""Of a name with many addresses."""

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64: what stands behind is an IPv4 address."""
_INTERNET = IPv6Network("2000::/3")


@dataclass(frozen=True, slots=True, repr=False)
class PublicTarget:
    """`url` as it was given, `addresses` what its host is now."""

    url: httpx.URL
    addresses: tuple[str, ...]


class AddressFault(StrEnum):
    NO_ADDRESS = "no_address"
    NOT_HTTPS = "not_https"
    PRIVATE = "private"
    UNKNOWN_HOST = "unknown_host"


class NotPublic(Exception):
    """It may not be asked. The address stands nowhere in it: it may be as good as a password."""

    def __init__(self, fault: AddressFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


async def resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


async def target(url: httpx.URL, resolving: Resolve, *, here: bool) -> PublicTarget:
    """`here`: this machine may be asked, too, and without TLS, as only in the sandbox. Raises NotPublic."""
    if here and is_here(url):
        return PublicTarget(url, (url.host,))
    if url.scheme != "https":
        raise NotPublic(AddressFault.NOT_HTTPS)
    port = 443 if url.port is None else url.port
    if not url.host or not 0 < port < 65536:
        raise NotPublic(AddressFault.NO_ADDRESS)
    try:
        # As it goes over the wire: of another reading of its letters somebody else may be the owner.
        found = await resolving(url.raw_host.decode("ascii"), port)
    except (OSError, UnicodeError):
        raise NotPublic(AddressFault.UNKNOWN_HOST) from None
    if not found:
        raise NotPublic(AddressFault.UNKNOWN_HOST)
    # One private among them is enough: whoever mixes them wants us to meet that one.
    if not all(is_public(one) for one in found):
        raise NotPublic(AddressFault.PRIVATE)
    return PublicTarget(url, tuple(dict.fromkeys(found))[:MOST_TRIED])


def is_here(url: httpx.URL) -> bool:
    try:
        named = url.host == "localhost" or ip_address(url.host).is_loopback
    except ValueError:
        return False
    return named and url.scheme in ("http", "https")


def is_public(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False  # as with a scope: fe80::1%eth0
    return all(_is_somebodys(one) for one in _meant(address))


def _is_somebodys(address: IPv4Address | IPv6Address) -> bool:
    """Beside what is marked as private, the internet's IPv6 is one block: what is outside leads to IPv4, or nowhere."""
    outside = isinstance(address, IPv6Address) and address not in _INTERNET and address not in _TRANSLATED
    return address.is_global and not address.is_multicast and not outside


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address, and any that is written inside it."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    inside: list[IPv4Address | IPv6Address] = [address]
    if address.sixtofour is not None:
        inside.append(address.sixtofour)
    if address.teredo is not None:
        inside += address.teredo
    if address in _TRANSLATED:
        inside.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return inside
