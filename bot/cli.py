"""`nightporter`: the names of the operator's commands, and a lazy door to each. What a command does stands in
`bot.commands`, and is loaded only when somebody types it.

The lines that `--help` shows stand here too, so that nothing has to be loaded to show them; a test holds them to what
the commands say of themselves.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from bot.processes.start import begin
from bot.processes.streams import fit_streams

Group = Mapping[str, tuple[str, str]]
"""By a command's name: where it is, and the line of help."""

COMMANDS: Group = {
    "serve": ("serve:serve", "Web, worker and clock in one process: all that a small team needs."),
    "web": ("serve:web", "Only the web process (PostgreSQL)."),
    "worker": ("serve:worker", "Only a worker (PostgreSQL); start as many as you like."),
    "clock": ("serve:clock", "Only the clock (PostgreSQL); a second one does no harm."),
    "migrate": ("migrate:migrate_command", "Bring the database to the newest revision. Needs DATABASE_URL only."),
    "backup": ("backup:backup", "Copy the whole database into one file, while everything runs."),
    "restore": (
        "backup:restore",
        "Put a backup in the place of the database in DATABASE_URL. Nothing may run meanwhile.",
    ),
    "move": (
        "move:move_command",
        "Copy everything into another, empty database: from SQLite to PostgreSQL, or back. Nothing may run meanwhile.",
    ),
    "doctor": (
        "doctor:doctor",
        "Check configuration, database, Slack, Twilio, the lock provider and each lock; exit 1 if anything is wrong.",
    ),
    "demo": (
        "demo:demo",
        "The bot with the sandbox around it, on this machine only. Nothing reaches a real person, lock or phone.",
    ),
    "sandbox": (
        "demo:sandbox",
        "Only the outside world: Seam, Twilio, Slack, doors and phones, for a bot in another process.",
    ),
    "plan": (
        "plan:plan_command",
        "What would the lock accept? Exit status 0 if it is granted, 3 if it is refused.",
    ),
    "texts": ("texts:texts_command", "Print every text of every language with its segments and encoding."),
}
GROUPS: Mapping[str, tuple[str, Group]] = {
    "locks": (
        "The doors we may set PINs on.",
        {
            "list": ("locks:locks_list", "The locks we know."),
            "sync": ("locks:locks_sync", "Read the provider's locks now."),
            "set": (
                "locks:locks_set",
                (
                    "Say what guests read about a lock, and how it is asked for. "
                    'An empty text ("") goes back to what was before.'
                ),
            ),
            "forget": (
                "locks:locks_forget",
                "Have a lock forgotten that its provider has no more, and on which no stay hangs.",
            ),
            "connect": (
                "locks:locks_connect",
                (
                    "Connect an igloohome account: prints a link for its owner, waits for them to sign in, "
                    "and reads the locks."
                ),
            ),
        },
    ),
    "codes": (
        "The PINs we handed out.",
        {
            "list": ("codes:codes_list", "The newest codes, newest first."),
            "show": ("codes:codes_show", "One code: everything but its digits."),
            "check": (
                "codes:codes_check",
                (
                    "What a PIN does at a lock right now. LOCK is a name; "
                    "the digits are asked for, or read from standard input."
                ),
            ),
        },
    ),
    "guests": (
        "What is known of people.",
        {
            "erase": (
                "guests:guests_erase",
                "Erase all that is known of a guest, by their number. What goes on is given up first.",
            ),
            "export": (
                "guests:guests_export",
                "All that is known of a guest, by their number, as JSON. PINs are left out.",
            ),
        },
    ),
    "audit": (
        "Who did what.",
        {
            "export": (
                "audit:audit_export",
                "The whole audit log as JSON lines, oldest first, with the hash that ties each to the one before.",
            ),
            "verify": (
                "audit:audit_verify",
                "Whether any line of the log was changed, taken out, put in or moved; exit 1 and where, if one was.",
            ),
        },
    ),
    "keys": (
        "The keys that seal PINs and phone numbers.",
        {
            "new": ("keys:new", "A fresh key, to be put in front of NIGHTPORTER_KEYS."),
            "rotate": ("keys:rotate", "Seal everything anew with the newest key; afterwards the older ones may go."),
        },
    ),
    "slack": (
        "The app at Slack.",
        {
            "manifest": (
                "slack:manifest_command",
                "Print the app's manifest: paste it at api.slack.com/apps, Create New App, From a manifest.",
            ),
            "workspaces": (
                "workspaces:workspaces_list",
                "The workspaces that have installed the app, and what was decided about each.",
            ),
            "admit": ("workspaces:workspaces_admit", "Let a workspace in: its people then see the doors and may ask."),
            "turn-away": (
                "workspaces:workspaces_turn_away",
                "Have a workspace do nothing from now on. Its stays stand, and its guests keep their PINs.",
            ),
        },
    ),
    "tokens": (
        "What lets other programs send stays and read them.",
        {
            "create": (
                "tokens:tokens_create",
                "Make a token for another program. It stands alone on the last line, and is shown this once.",
            ),
            "list": ("tokens:tokens_list", "The tokens, what each may do, and when it was last used."),
            "revoke": (
                "tokens:tokens_revoke",
                "Have a token let nobody in from now on. Stays that came by it stand.",
            ),
        },
    ),
    "feeds": (
        "The calendars of booking platforms that are read, each for a door.",
        {
            "add": (
                "feeds:feeds_add",
                "Read a platform's calendar for a door from now on: its bookings become stays.",
            ),
            "list": (
                "feeds:feeds_list",
                "The calendars that are read, when each last answered and last changed.",
            ),
            "read": ("feeds:feeds_read", "Read one calendar now, or all of them."),
            "remove": (
                "feeds:feeds_remove",
                "Read a calendar no more. Stays that came by it stand: withdraw those that are to go.",
            ),
        },
    ),
    "hooks": (
        "Programs that are called when something happens.",
        {
            "add": (
                "hooks:hooks_add",
                (
                    "Have a program called when something happens. The secret that signs it stands alone on the last "
                    "line, this once."
                ),
            ),
            "list": (
                "hooks:hooks_list",
                "The programs that are called, what they hear of, and how they took it last. Never their addresses.",
            ),
            "remove": ("hooks:hooks_remove", "Call a program no more."),
        },
    ),
    "sources": (
        "Booking systems that send their bookings.",
        {
            "add": (
                "sources:sources_add",
                (
                    "Have a booking system's bookings become stays. Prints what to enter there; "
                    "known, it gets other credentials."
                ),
            ),
            "map": (
                "sources:sources_map",
                (
                    "Say which doors a listing is. What has waited for that becomes stays; what is one already "
                    "keeps its doors until its system says anything of it."
                ),
            ),
            "list": (
                "sources:sources_list",
                "The booking systems, which doors their listings are, and how many bookings wait.",
            ),
            "contacts": (
                "sources:sources_contacts",
                "Say whom to text of stays without a number: from a list of yours, by their reservation codes.",
            ),
            "remove": (
                "sources:sources_remove",
                "Hear nothing more of a booking system. Stays that came by it stand; bookings that wait are forgotten.",
            ),
        },
    ),
    "webhooks": (
        "Where the locks' provider sends its events.",
        {
            "register": (
                "webhooks:webhooks_register",
                "Have Seam send its events to PUBLIC_URL, and print the secret they are signed with.",
            )
        },
    ),
}


class LazyCommand(TyperCommand):
    """A command of which only name and line of help are known until somebody goes through."""

    leads_to: Callable[[], Callable[..., Any]]

    def opened(self) -> Any:
        """The command itself, with all its arguments and its whole help."""
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(self.name)(type(self).leads_to())
        return typer.main.get_command(alone)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Where Typer begins with a command that was typed; everything after belongs to the real one."""
        return self.opened().make_context(info_name, args, parent, **extra)


def _door(place: str) -> type[LazyCommand]:
    module, _, name = place.partition(":")

    def leads_to() -> Callable[..., Any]:
        found: Callable[..., Any] = getattr(import_module(f"bot.commands.{module}"), name)
        return found

    return type("Door", (LazyCommand,), {"leads_to": staticmethod(leads_to)})


def _closed() -> None:
    """Stands where a function has to stand until the door is opened."""


def _add(group: typer.Typer, commands: Group) -> None:
    for name, (place, line) in commands.items():
        group.command(name, cls=_door(place), help=line)(_closed)


_BY_THEMSELVES = ("demo", "sandbox")
"""Nothing real is near them: a house's `.env` that happens to lie there is not theirs."""


def _before(
    asked: typer.Context,
    env_file: Annotated[
        Path | None,
        typer.Option(
            envvar="NIGHTPORTER_ENV_FILE",
            help="A file with settings, a NAME=value on each line; without it .env, where there is one. "
            "The environment itself counts more.",
        ),
    ] = None,
) -> None:
    beside = Path(".env")
    file = env_file or (beside if asked.invoked_subcommand not in _BY_THEMSELVES and beside.is_file() else None)
    if file is None:
        return
    from bot.commands.terminal.stopping import stop_with
    from bot.settings import SettingsProblem, load_env_file

    try:
        load_env_file(file)
    except SettingsProblem as error:
        raise stop_with(error.problems, 2) from None


def _built() -> typer.Typer:
    made = typer.Typer(
        name="nightporter",
        help="Hands out door PINs: asked for in Slack, approved in chat, texted to the guest, used in time.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    made.callback()(_before)
    _add(made, COMMANDS)
    for name, (line, commands) in GROUPS.items():
        group = typer.Typer(help=line, no_args_is_help=True)
        group.callback()(_closed)
        _add(group, commands)
        made.add_typer(group, name=name, help=line)
    return made


app = _built()


def main() -> None:
    """Runs the command that was typed, in a process that is all its own."""
    begin()
    fit_streams()
    sys.exit(typed(sys.argv[1:]))


def typed(words: Sequence[str]) -> int:
    """Runs one command and gives its exit status. Wrong usage: 2 and one sentence."""
    try:
        # A terminal of another encoding: such a word could neither be kept nor be said again.
        outcome = app([word.encode(errors="replace").decode() for word in words], standalone_mode=False)
    except typer.Abort:
        return 130
    except typer.TyperException as error:
        said = error.format_message() if hasattr(error, "format_message") else str(error)
        typer.echo(" ".join(said.split()), err=True)
        return 2
    return outcome if isinstance(outcome, int) else 0
