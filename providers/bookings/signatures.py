"""How booking systems show that a delivery is theirs. Every comparison takes the same time for every guess."""

import hashlib
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Mapping
from hmac import compare_digest, digest

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError


def hmac_hex(secret: str, body: bytes) -> str:
    """HMAC-SHA256 of the raw body."""
    return digest(secret.encode(), body, hashlib.sha256).hex()


def any_fits(expected: Iterable[str], shown: str) -> bool:
    """Whether this is one of them; all are compared."""
    given = shown.encode(errors="replace")
    return sum(compare_digest(one.encode(), given) for one in expected if one) > 0


def signed_hex(secrets: Iterable[str], body: bytes, shown: str) -> bool:
    return any_fits([hmac_hex(one, body) for one in secrets if one], shown.strip().lower())


def basic_auth(user: str, secrets: Iterable[str], shown: str) -> bool:
    kind, _, words = shown.partition(" ")
    try:
        given = b64decode(words.strip(), validate=True).decode(errors="replace")
    except (Error, ValueError):
        return False
    return kind.casefold() == "basic" and any_fits([f"{user}:{one}" for one in secrets if one], given)


def svix_signed(secrets: Iterable[str], body: bytes, headers: Mapping[str, str]) -> bool:
    """By id, time and body (Svix, Standard Webhooks); not beyond five minutes of real time."""
    signed = {f"webhook-{each}": headers.get(f"svix-{each}", "") for each in ("id", "timestamp", "signature")}
    return sum(_verified(one, body, signed) for one in secrets if one) > 0


def _verified(secret: str, body: bytes, signed: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, signed, json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
        return False
    return True


def is_svix_secret(secret: str) -> bool:
    try:
        Webhook(secret)
    except (EmptyWebhookSecretError, ValueError):
        return False
    return secret.startswith("whsec_")
