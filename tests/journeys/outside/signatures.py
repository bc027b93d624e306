"""The three vendors' signatures made by hand, from their documentation, with hashlib and hmac alone."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping


def slack(secret: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """Slack's v0: HMAC-SHA256 over `v0:<timestamp>:<body>` (docs.slack.dev/authentication/verifying-requests)."""
    stamp = str(int(time.time() if at is None else at))
    return slack_at(secret, body, stamp)


def slack_at(secret: str, body: bytes, stamp: str) -> dict[str, str]:
    """The same over any timestamp, even one that is no number."""
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode("latin-1") + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def twilio(token: str, url: str, fields: Mapping[str, str]) -> dict[str, str]:
    """X-Twilio-Signature: HMAC-SHA1 over the address and the sorted fields (twilio.com/docs/usage/security)."""
    said = url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()
    return {"X-Twilio-Signature": base64.b64encode(digest).decode()}


def svix(secret: str, body: bytes, delivery: str, at: float | None = None) -> dict[str, str]:
    """Svix v1, as Seam delivers: HMAC-SHA256 over `<id>.<timestamp>.<body>` (docs.svix.com, verifying manually)."""
    stamp = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{delivery}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "svix-id": delivery,
        "svix-timestamp": stamp,
        "svix-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
