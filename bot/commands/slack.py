"""`nightporter slack manifest`: the file from which Slack sets the app up. No configuration needed."""

from typing import Annotated
from urllib.parse import urlsplit

import typer

from providers.slack.manifest import EXAMPLE_URL, as_yaml, manifest


def _is_called(url: str) -> bool:
    """An address of ours, to which the routes are added: nobody's name, no query, and none of the routes itself."""
    try:
        parts = urlsplit(url)
        named = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    plain = url.isprintable() and not set(url) & set(" \\?#@'\"{}")
    return named and plain and "/slack/" not in f"{parts.path}/"


def manifest_command(
    http: Annotated[
        bool, typer.Option("--http/--socket", help="Slack calls us over HTTP, or we keep a socket open to Slack.")
    ] = False,
    url: Annotated[str, typer.Option(help="With --http or --oauth: where Slack reaches us, as https://…")] = "",
    oauth: Annotated[
        bool, typer.Option("--oauth", help="Over HTTP, installed in several workspaces from /slack/install.")
    ] = False,
) -> None:
    """Print the app's manifest: paste it at api.slack.com/apps, Create New App, From a manifest.

    Example: nightporter slack manifest --http --url https://pins.example.com > manifest.yaml
    """
    if url and not (http or oauth):
        typer.echo("Say --http or --oauth together with --url: with Socket Mode Slack calls no address.", err=True)
        raise typer.Exit(2)
    if url and not _is_called(url):
        typer.echo(f'--url "{url}" is not an address that Slack calls; write it like {EXAMPLE_URL}.', err=True)
        raise typer.Exit(2)
    typer.echo(as_yaml(manifest((url or EXAMPLE_URL) if http or oauth else None, oauth=oauth)), nl=False)
