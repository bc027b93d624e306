"""What a bot is set to that lives in the sandbox: its own, well-known credentials, and nothing real."""

SANDBOX_SEAM_KEY = "seam_test_nightporter"
SANDBOX_IGLOOHOME_SECRET = "sandbox-igloohome-secret"  # noqa: S105 - opens nothing outside the sandbox
SANDBOX_SLACK_SECRET = "sandbox-client-secret"  # noqa: S105 - opens nothing outside the sandbox


def sandbox_values(
    url: str, *, several_workspaces: bool = False, lock_provider: str | None = None
) -> dict[str, object]:
    """What makes a bot live in the sandbox at `url`.

    `lock_provider` is what LOCK_PROVIDER says: which of the sandbox's two kinds of locks.
    """
    one: dict[str, object] = {"slack_bot_token": "xoxb-sandbox", "slack_approvals_channel": "C_APPROVALS"}
    several: dict[str, object] = {"slack_client_id": "sandbox-client", "slack_client_secret": SANDBOX_SLACK_SECRET}
    return {
        **(several if several_workspaces else one),
        "sandbox_url": url,
        "host": "127.0.0.1",
        "lock_provider": "igloohome" if lock_provider == "igloohome" else "sandbox",
        "igloohome_client_id": "sandbox-igloohome",
        "igloohome_client_secret": SANDBOX_IGLOOHOME_SECRET,
        "igloohome_auth_url": f"{url}/sandbox/igloohome",
        "igloohome_api_url": f"{url}/sandbox/igloohome",
        "seam_api_key": SANDBOX_SEAM_KEY,
        "seam_api_url": f"{url}/sandbox/seam",
        "seam_webhook_secret": "whsec_c2FuZGJveC1zYW5kYm94LXNhbmRib3g=",
        "slack_signing_secret": "sandbox-signing-secret",
        "slack_api_url": f"{url}/sandbox/slack/api/",
        "slack_approvers": ("U_BEN",),
        "twilio_account_sid": "AC00000000000000000000000000000000",
        "twilio_auth_token": "sandbox-twilio-auth-token",
        "twilio_from": "+15005550006",
        "twilio_api_url": f"{url}/sandbox/twilio",
        "timezone": "Europe/Paris",
        "sweep_seconds": 0.3,
    }
