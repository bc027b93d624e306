"""Commands about Seam: where its events go, and connecting an account of igloohome through it."""

import asyncio
import json as jsons
from typing import Annotated

import typer

from bot.commands.looking import with_house
from bot.commands.running import run_until_done, settings_or_exit, stop_with
from bot.conversation.account_words import NOTHING_TO_CONNECT, STEPS, after_connecting, found_words
from bot.ports import AccountProvider, LinkSeen, ProviderError
from bot.settings import Settings
from bot.wiring import Opened
from bot.workflows.sync_locks import sync_locks
from providers.seam.client import SeamClient
from providers.seam.subscribing import Subscription, subscribe

webhooks_app = typer.Typer(help="Where the locks' provider sends its events.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="For programs.")]
LOOK_SECONDS = 2.0
MOST_MINUTES = 60 * 24
_NOT_SIGNED_IN = {
    False: "Signing in failed: check e-mail and password in the igloohome app, then run this again.",
    None: "Nobody has signed in so far: run this again when the owner is there.",
}


@webhooks_app.command("register")
def webhooks_register(json: Json = False) -> None:
    """Have Seam send its events to PUBLIC_URL, and print the secret they are signed with.

    Example: nightporter webhooks register >> .env
    """
    settings = settings_or_exit()
    if settings.lock_provider == "igloohome":
        raise stop_with(["igloohome's own API sends no events to us: there is nothing to register."], 2)

    async def register() -> None:
        made = await _subscribed(settings, f"{settings.public_url}/seam/webhooks")
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


async def _subscribed(settings: Settings, url: str) -> Subscription:
    if not settings.public_url:
        raise stop_with(["PUBLIC_URL is missing: the address the world calls us by, such as https://pins.example.com"])
    key, seconds = settings.seam_api_key.get_secret_value(), settings.vendor_timeout_seconds
    client = SeamClient(key, api_url=settings.seam_api_url, timeout_seconds=seconds)
    try:
        return await subscribe(client, url)
    except ProviderError as trouble:
        raise stop_with([str(trouble)]) from None
    finally:
        await client.close()


def locks_connect(
    wait_minutes: Annotated[int, typer.Option(min=1, max=MOST_MINUTES, help="How long to wait for the owner.")] = 30,
    json: Json = False,
) -> None:
    """Connect an igloohome account: prints a link for its owner, waits for them to sign in, and reads the locks.

    Example: nightporter locks connect --wait-minutes 60
    """

    async def connect(opened: Opened) -> None:
        accounts = opened.ports.accounts
        if accounts is None:
            raise stop_with([NOTHING_TO_CONNECT], 2)
        try:
            link = await accounts.begin()
            typer.echo("\n".join([*STEPS, "", link.url, "", "Waiting for its owner to sign in …"]), err=json)
            seen = await _followed(accounts, link, wait_minutes)
            if not seen.done:
                raise stop_with([_NOT_SIGNED_IN[seen.done]])
            await _say_what_was_found(opened, seen, json=json)
        except ProviderError as trouble:
            raise stop_with([str(trouble)]) from None

    run_until_done(with_house(connect))


async def _followed(accounts: AccountProvider, link: LinkSeen, minutes: int) -> LinkSeen:
    seen = link
    for _ in range(int(minutes * 60 / LOOK_SECONDS)):
        if seen.done is not None:
            break
        await asyncio.sleep(LOOK_SECONDS)
        seen = await accounts.look(link.ref)
    return seen


async def _say_what_was_found(opened: Opened, seen: LinkSeen, *, json: bool) -> None:
    await sync_locks(opened.ports)
    refs = {lock.provider_ref for lock in await opened.ports.locks.locks() if lock.account_ref == seen.account_ref}
    async with opened.ports.store() as work:
        await work.audit.note(opened.ports.clock.now(), "operator", "account_connected", seen.account_ref or seen.ref)
        locks = [lock for lock in await work.locks.all() if lock.provider_ref in refs]
    if json:
        typer.echo(jsons.dumps({"account": seen.account_ref, "locks": [lock.name for lock in locks]}))
        return
    found = found_words(locks)
    typer.echo(f"The igloohome account is connected. {found}\n{after_connecting(found)}")
