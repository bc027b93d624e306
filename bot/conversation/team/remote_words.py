"""What is said around unlocking and locking from afar: the question, the answers, and what came of it."""

from bot.conversation.team.stay_words import Facts, person
from bot.domain.locks.lock import Lock
from bot.domain.locks.remote_commands import Action, RemoteStatus
from bot.domain.messages.notice import Notice

TITLE = {Action.UNLOCK: "Unlock a door", Action.LOCK: "Lock a door"}
SUBMIT = {Action.UNLOCK: "Unlock now", Action.LOCK: "Lock now"}
ORDERED = "From afar"
WHICH = "Which door? Write it like /pin {action} front-door."
NOT_OPENED = "The question did not open in time, so nothing was done. Please type it again."
UNREADABLE = "This form cannot be read, so nothing was done."

_QUESTION = {
    Action.UNLOCK: "Unlock *{lock}* now? It opens for whoever stands before it, and locks itself again after a moment.",
    Action.LOCK: "Lock *{lock}* now? Whoever is inside can still open it by hand.",
}
_GOING = {
    Action.UNLOCK: "Unlocking {lock}. What comes of it follows as a message to you.",
    Action.LOCK: "Locking {lock}. What comes of it follows as a message to you.",
}
MAY_NOT_UNLOCK = "You cannot unlock doors from Slack. Ask an approver."


def question(action: Action, lock: Lock) -> str:
    return _QUESTION[action].format(lock=lock.name)


def going(action: Action, lock: Lock) -> str:
    return _GOING[action].format(lock=lock.name)


def no_bridge(lock: str) -> str:
    door = lock or "This door"
    return (
        f"{door} has no bridge, so nothing reaches it from afar: it can only be opened at its keypad. Ask for a PIN "
        "instead."
    )


def too_many(lock: str, most: str) -> str:
    return f"{lock or 'This lock'} takes {most or 'only so many'} orders a minute from afar. Please wait a moment."


_OUTCOMES = {
    (Action.UNLOCK, RemoteStatus.DONE): "{door} is unlocked. It locks itself again after a moment.",
    (Action.LOCK, RemoteStatus.DONE): "{door} is locked.",
    (Action.UNLOCK, RemoteStatus.FAILED): "{door} was NOT unlocked. {problem}",
    (Action.LOCK, RemoteStatus.FAILED): "{door} was NOT locked. {problem}",
    (
        Action.UNLOCK,
        RemoteStatus.UNKNOWN,
    ): "Nobody knows whether {door} was unlocked: its bridge did not say.",
    (Action.LOCK, RemoteStatus.UNKNOWN): "Nobody knows whether {door} was locked: its bridge did not say.",
    (Action.UNLOCK, RemoteStatus.TOO_LATE): "{door} was NOT unlocked: it could not be reached at once, and not later.",
    (Action.LOCK, RemoteStatus.TOO_LATE): "{door} was NOT locked: it could not be reached at once, and not later.",
}


def outcome(facts: Facts) -> Notice:
    """To the one who asked; a log line of who did what is kept besides."""
    said = _OUTCOMES[Action(facts["deed"]), RemoteStatus(facts["status"])]
    heading = said.format(door=facts["door"], problem=facts.get("problem", "")).strip()
    return Notice(heading, remarks=(f"Asked by {person(facts['by'])}.",))
