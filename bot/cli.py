"""`nightporter`: the operator's commands, put together. What each does stands in `bot.commands`."""

import sys

import typer

from bot.commands import keys, looking, running
from bot.commands.lock_settings import locks_set
from bot.commands.plan import plan_command
from bot.commands.seam import locks_connect, webhooks_app
from bot.commands.slack import slack_app
from bot.commands.texts import texts_command
from bot.processes.start import begin

app = typer.Typer(
    name="nightporter",
    help="Hands out door PINs: asked for in Slack, approved in chat, texted to the guest, used in time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(running.serve)
app.command()(running.web)
app.command()(running.worker)
app.command()(running.clock)
app.command("migrate")(running.migrate_command)
app.command()(looking.doctor)
app.command()(running.demo)
app.command()(running.sandbox)
app.command("plan")(plan_command)
app.command("texts")(texts_command)
looking.locks_app.command("set")(locks_set)
looking.locks_app.command("connect")(locks_connect)
app.add_typer(looking.locks_app, name="locks")
app.add_typer(looking.codes_app, name="codes")
app.add_typer(looking.audit_app, name="audit")
app.add_typer(keys.keys_app, name="keys")
app.add_typer(slack_app, name="slack")
app.add_typer(webhooks_app, name="webhooks")


def main() -> None:
    """Runs one command. Wrong usage: exit status 2 and one sentence."""
    begin()
    try:
        outcome = app(standalone_mode=False)
    except typer.Abort:
        sys.exit(130)
    except typer.TyperException as trouble:
        said = trouble.format_message() if hasattr(trouble, "format_message") else str(trouble)
        typer.echo(" ".join(said.split()), err=True)
        sys.exit(2)
    sys.exit(outcome if isinstance(outcome, int) else 0)
