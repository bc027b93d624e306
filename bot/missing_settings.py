"""What nothing runs without, each with where to get it."""

from collections.abc import Callable

_NEEDED = (
    ("slack_approvers", "SLACK_APPROVERS is missing: the Slack user ids of those who may approve, comma-separated"),
    ("twilio_account_sid", "TWILIO_ACCOUNT_SID is missing: Twilio console > Account Info"),
    ("twilio_auth_token", "TWILIO_AUTH_TOKEN is missing: Twilio console > Account Info"),
    ("public_url", "PUBLIC_URL is missing: the address the world calls us by, such as https://pins.example.com"),
)


_ONE_WORKSPACE = (
    ("slack_bot_token", "SLACK_BOT_TOKEN is missing: Slack app > OAuth & Permissions > Bot User OAuth Token"),
    ("slack_approvals_channel", "SLACK_APPROVALS_CHANNEL is missing: the id of the channel where cards go"),
)
_SEVERAL_WORKSPACES = (
    ("slack_client_secret", "SLACK_CLIENT_SECRET is missing beside SLACK_CLIENT_ID: Slack app > Basic Information"),
    ("slack_signing_secret", "SLACK_SIGNING_SECRET is missing: several workspaces need it, also with Socket Mode"),
)


_IGLOOHOME = "the iglooaccess console > API access"
_IGLOOHOME_KEYS = ("igloohome_client_id", "igloohome_client_secret")


def missing_settings(has: Callable[[str], bool], lock_provider: str) -> list[str]:
    """A sentence for each. `has` tells by a setting's name whether it is there."""
    several = has("slack_client_id")
    needed = _NEEDED + (_SEVERAL_WORKSPACES if several else _ONE_WORKSPACE)
    problems = [sentence for name, sentence in needed if not has(name)]
    if not (has("slack_signing_secret") or has("slack_app_token") or several):
        problems.append("SLACK_SIGNING_SECRET is missing: Slack app > Basic Information (or SLACK_APP_TOKEN)")
    if not (has("twilio_from") or has("twilio_messaging_service_sid")):
        problems.append("TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID is missing: what guests see as the sender")
    if lock_provider == "seam" and not has("seam_api_key"):
        problems.append("SEAM_API_KEY is missing: Seam console > Developer > API Keys")
    if lock_provider == "igloohome":
        problems += [f"{name.upper()} is missing: {_IGLOOHOME}" for name in _IGLOOHOME_KEYS if not has(name)]
    if lock_provider == "sandbox" and not has("sandbox_url"):
        problems.append("SANDBOX_URL is missing: LOCK_PROVIDER=sandbox needs the address of `nightporter sandbox`")
    return problems
