"""Addresses in settings: whose they are, and who may read what is sent there."""

from urllib.parse import quote, urlsplit


def is_private(url: str) -> bool:
    """Whether nobody on the way can read what is sent there: by TLS, or because it does not leave this machine (the
    sandbox, a proxy of one's own)."""
    return is_origin(url, ("https",)) or is_loopback(url)


def is_origin(url: str, schemes: tuple[str, ...] = ("http", "https")) -> bool:
    """Whether it is the address of a server, with at most a path: nobody's name, no query, nothing that breaks it."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = url.isprintable() and not set(url) & set(" \\?#@")
    return named and plain and parts.scheme in schemes


def in_ascii(url: str) -> str:
    """The same address in letters that every text message has: one other letter would more than halve its room."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    try:
        return parts._replace(netloc=parts.netloc.encode("idna").decode(), path=quote(parts.path, "/%")).geturl()
    except UnicodeError:
        return url


def is_loopback(url: str) -> bool:
    return is_origin(url) and urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
