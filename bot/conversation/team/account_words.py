"""What people read about connecting an account of igloohome: the steps before it, the link, what came of it."""

from collections.abc import Sequence

from bot.conversation.team.stay_words import Facts
from bot.domain.locks.lock import MOST_ON_A_BRIDGE, Lock
from bot.domain.messages.notice import Button, Notice

OPEN_LINK = "open_link"
"""The action of a button that only opens an address."""

STEPS = (
    "1. In the igloohome app, sign in with the account that shall own the locks, and pair every lock there.",
    "2. Only for opening from afar, and for PINs of your own choice: pair a bridge there too, one for up to 5 locks.",
    "3. Open the link and sign in with the very same account. Its owner may do it on any device.",
)
WHO_MAY = "Only an approver can connect an account, because its locks become doors here. Please ask one of them."
NOTHING_TO_CONNECT = (
    "There is nothing to connect: the operator's keys are the account. Pair locks in the igloohome app; they show up "
    "here within 15 minutes."
)
ON_ITS_WAY = "The link to sign in comes as a message to you, and nobody else gets it."

_ONCE_CONNECTED = "There is nothing more to do: what we find is shown here."
_OPEN_ON_WHAT = "Whoever has this link can connect an account for us, so do not pass it on to strangers."


def before_connecting() -> str:
    """Read by whoever asked for a link."""
    return "\n".join(["*Connect an igloohome account*", *STEPS, ON_ITS_WAY])


def link_notice(facts: Facts) -> Notice:
    """The link, to the one who asked for it."""
    remarks = (*STEPS, f"{_OPEN_ON_WHAT} It is followed for a day. {_ONCE_CONNECTED}")
    button = Button(OPEN_LINK, "Sign in", "", "primary", url=facts["url"])
    return Notice("Connect an igloohome account", (), remarks, (button,))


def connected_notice(facts: Facts) -> Notice:
    """To the one who asked for the link: what was found."""
    return Notice("The igloohome account is connected", (), (facts["found"], after_connecting(facts["found"])))


def after_connecting(found: str) -> str:
    """What comes next, `found` being what was said of the locks."""
    if found == NO_LOCKS:
        return "Pair a lock with this account in the igloohome app; /pin locks shows it within a quarter of an hour."
    return "PINs can be asked for at once: /pin. What texts say of each keypad is set with `nightporter locks set`."


NO_LOCKS = "It holds no lock yet."
_MOST_NAMED = 30


def found_words(locks: Sequence[Lock]) -> str:
    """`2 locks: Front door; Loft (with a bridge).`"""
    if not locks:
        return NO_LOCKS
    named = [f"{lock.name}{_how(lock)}" for lock in locks[:_MOST_NAMED]]
    rest = [f"and {len(locks) - _MOST_NAMED} more"] if len(locks) > _MOST_NAMED else []
    return f"{len(locks)} lock{'s' if len(locks) != 1 else ''}: {'; '.join([*named, *rest])}."


def _how(lock: Lock) -> str:
    if not lock.makes_offline_pins:
        return " (makes no offline PINs)"
    return " (with a bridge)" if lock.has_bridge else ""


_WHY_NOT = {
    "failed": "Signing in to igloohome failed. Check e-mail and password in the igloohome app, then type /pin connect.",
    "lapsed": "Nobody has signed in within a day, so the link is given up. For a new one type /pin connect.",
}


def not_connected_notice(facts: Facts) -> Notice:
    return Notice("No igloohome account was connected", (), (_WHY_NOT[facts["status"]],))


def account_lost(facts: Facts) -> Notice:
    """To the channel of approvals."""
    return Notice(
        f"The igloohome account {facts['account']} is disconnected",
        (),
        (
            "No new PIN can be made for its locks until somebody signs in again. PINs that exist open as always.",
            "An approver types /pin connect and signs in with the same account.",
        ),
    )


def bridge_crowded(facts: Facts) -> Notice:
    """To the channel of approvals."""
    limit = f"igloohome supports {MOST_ON_A_BRIDGE} locks on one: opening from afar and online PINs may fail."
    return Notice(
        f"{facts['count']} locks are on one bridge",
        (),
        (
            f"{limit} Offline PINs work as always.",
            f"On it: {facts['locks']}. Pair some of them with another bridge in the igloohome app.",
        ),
    )
