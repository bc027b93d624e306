"""What all rooms of the sandbox share: its settings, its clock, its faults and the log of what travelled."""

from dataclasses import dataclass, field

from providers.sandbox.clock import SandboxClock
from providers.sandbox.faults import Faults


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Where the sandbox stands, where the bot listens, and the (sandbox-only) secrets both know.

    base_url and bot_url are origins without a trailing slash, e.g. `http://127.0.0.1:8000`.
    """

    base_url: str
    bot_url: str
    zone: str = "Europe/Paris"
    seam_api_key: str = "seam_test_nightporter"
    seam_webhook_secret: str = "whsec_c2FuZGJveC1zYW5kYm94LXNhbmRib3g="
    slack_bot_token: str = "xoxb-sandbox"
    slack_app_token: str = "xapp-sandbox"
    slack_signing_secret: str = "sandbox-signing-secret"
    twilio_account_sid: str = "AC00000000000000000000000000000000"
    twilio_auth_token: str = "sandbox-twilio-auth-token"
    twilio_from: str = "+15005550006"
    approvals_channel: str = "C_APPROVALS"


@dataclass(slots=True)
class World:
    settings: SandboxSettings
    clock: SandboxClock = field(default_factory=SandboxClock)
    faults: Faults = field(default_factory=Faults)
