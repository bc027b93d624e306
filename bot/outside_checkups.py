"""What `doctor` asks of the world outside. Nobody else loads it, nor the vendors' own questions."""

from collections.abc import Callable, Sequence

from bot.ports import Chat, Ports, Texter
from bot.ports.checkups import Checkup
from bot.settings import Settings
from providers import machine_clock
from providers.slack import checkups as slack_checkups
from providers.slack.client import SlackChat
from providers.twilio.checkups import checkups as twilio_checkups
from providers.twilio.messenger import TwilioTexter


def outside_checkups(settings: Settings, ports: Ports, of_locks: Callable[[], Sequence[Checkup]]) -> Sequence[Checkup]:
    """What the world outside has to be like for these settings, in the order of the README's going-live list; of a
    vendor whose settings are missing there is nothing to ask yet."""
    slack = settings.several_workspaces or settings.has("slack_bot_token")
    needed = {"seam": ("seam_api_key",), "igloohome": ("igloohome_client_id", "igloohome_client_secret")}
    own = [Checkup("lock provider", ports.locks.check), *of_locks()]
    twilio, locks = settings.has("twilio_account_sid", "twilio_auth_token"), needed.get(settings.lock_provider, ())
    has_locks = settings.has(*locks)
    tell_time = [
        *([("Slack", settings.slack_api_url)] if slack else []),
        *([("Twilio", settings.twilio_api_url)] if twilio else []),
        *([("Seam", settings.seam_api_url)] if has_locks and settings.lock_provider == "seam" else []),
        *([("igloohome", settings.igloohome_api_url)] if has_locks and settings.lock_provider == "igloohome" else []),
    ]
    return [
        *([machine_clock.checkup(tell_time, ports.clock.wall, settings.vendor_timeout_seconds)] if tell_time else []),
        *(_slack_checkups(settings, ports.chat) if slack else []),
        *(_twilio_checkups(settings, ports.texter) if twilio else []),
        *(own if has_locks else []),
    ]


def _slack_checkups(settings: Settings, chat: Chat) -> list[Checkup]:
    secret = settings.slack_signing_secret.get_secret_value()
    found = [slack_checkups.requests_find_us(settings.public_url, secret)] if secret else []
    if not isinstance(chat, SlackChat):
        return [*found, Checkup("Slack", chat.check)]
    people = sorted(who for who in settings.rules.approvers if who.startswith(("U", "W")))
    channel, token = settings.slack_approvals_channel, settings.slack_app_token.get_secret_value()
    named = dict.fromkeys(rule.terms.channel for rule in settings.rules.of_sources if rule.terms.channel)
    of_sources = [slack_checkups.of_channel(chat, one) for one in named]
    return [*found, *slack_checkups.checkups(chat, channel=channel, approvers=people, app_token=token), *of_sources]


def _twilio_checkups(settings: Settings, texter: Texter) -> list[Checkup]:
    if not isinstance(texter, TwilioTexter):
        return []
    sender, service = settings.twilio_from, settings.twilio_messaging_service_sid
    return twilio_checkups(texter, sender=sender, service=service, public_url=settings.public_url)
