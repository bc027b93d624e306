"""What Seam has to be like for these settings, asked by `doctor`: an account that works, and events that find us."""

from bot.ports import Misconfigured
from bot.ports.checkups import Checkup
from providers.seam.accounts import SeamAccounts
from providers.seam.client import SeamClient
from providers.seam.subscribing import registered

ACCOUNT, EVENTS = "igloohome account", "Seam events"
WITHOUT = "not taken: without SEAM_WEBHOOK_SECRET a guest's word and yours are the evidence"


def checkups(client: SeamClient, accounts: SeamAccounts, *, public_url: str, secret: str) -> list[Checkup]:
    """`secret` is SEAM_WEBHOOK_SECRET, empty where no events are taken: that is a choice, and said."""

    async def account() -> str:
        found = await accounts.accounts()
        if not found:
            raise Misconfigured("none is connected: run `nightporter locks connect`")
        if lost := [one.name for one in found if one.lost_at is not None]:
            raise Misconfigured(f"{lost[0]} is disconnected: run `nightporter locks connect` and sign in again")
        return ", ".join(one.name for one in found)

    async def events() -> str:
        if not secret:
            return WITHOUT
        url = f"{public_url}/seam/webhooks"
        ours = [one for one in await registered(client) if one.url == url]
        if not ours:
            raise Misconfigured(f"no webhook leads to {url}: run `nightporter webhooks register`")
        if all(one.secret and one.secret != secret for one in ours):
            raise Misconfigured("SEAM_WEBHOOK_SECRET is another webhook's: run `nightporter webhooks register`")
        return f"come to {url}"

    return [Checkup(ACCOUNT, account), Checkup(EVENTS, events)]
