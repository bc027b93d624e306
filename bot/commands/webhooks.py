"""`nightporter webhooks …`: where Seam sends its events."""

import json as jsons

import typer

from bot.commands.terminal.opening import noted, run_until_done, settings_or_exit
from bot.commands.terminal.stopping import Json, stop_with
from bot.ports import ProviderError
from bot.settings import Settings
from providers.seam.client import SeamClient
from providers.seam.subscribing import Subscription, subscribe
from storage.engine import BadAddress, open_database
from storage.migrate import current_revision, newest_revision


def webhooks_register(json: Json = False) -> None:
    """Have Seam send its events to PUBLIC_URL, and print the secret they are signed with.

    Example: nightporter webhooks register >> .env
    """
    settings = settings_or_exit()
    if settings.lock_provider == "igloohome":
        raise stop_with(["igloohome's own API sends no events to us: there is nothing to register."], 2)

    async def register() -> None:
        made = await _subscribed(settings, f"{settings.public_url}/seam/webhooks")
        await _note(settings)
        in_use = settings.seam_webhook_secret.get_secret_value()
        if json:
            same = bool(in_use) and made.secret == in_use
            typer.echo(jsons.dumps({"url": made.url, "new": made.new, "secret": made.secret, "in_use": same}))
            return
        what = "Registered" if made.new else "Registered already"
        typer.echo(f"{what}: Seam sends its events to {made.url}", err=True)
        if made.secret and made.secret == in_use:
            typer.echo("SEAM_WEBHOOK_SECRET is set to its secret; nothing to do.", err=True)
        elif made.secret:
            typer.echo("Set this, and start Night Porter anew:", err=True)
            typer.echo(f"SEAM_WEBHOOK_SECRET={made.secret}")
        else:
            typer.echo("Seam does not tell its secret again: copy it from its console, Developer > Webhooks.", err=True)

    run_until_done(register())


async def _note(settings: Settings) -> None:
    """In the audit log, where there is one already: on a new machine this may come before the first start."""
    try:
        database = open_database(settings.database_url.get_secret_value(), existing=True)
    except BadAddress:
        return
    try:
        if await current_revision(database) == newest_revision():
            await noted(database, "webhooks register")
    finally:
        await database.engine.dispose()


async def _subscribed(settings: Settings, url: str) -> Subscription:
    if not settings.public_url:
        raise stop_with(["PUBLIC_URL is missing: the address the world calls us by, such as https://pins.example.com"])
    key, seconds = settings.seam_api_key.get_secret_value(), settings.vendor_timeout_seconds
    client = SeamClient(key, api_url=settings.seam_api_url, timeout_seconds=seconds)
    try:
        return await subscribe(client, url)
    except ProviderError as error:
        raise stop_with([str(error)]) from None
    finally:
        await client.close()
