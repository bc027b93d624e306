"""Whom every HTTP client of ours trusts. Reading the authorities' certificates takes 60 to 100 ms and a client does it
at each making, also one that only speaks plain HTTP on loopback; so they are read once."""

import functools
import ssl

import httpx


@functools.cache
def tls() -> ssl.SSLContext:
    """httpx's own defaults, without what the environment says."""
    return httpx.create_ssl_context(trust_env=False)
