"""What people read about workspaces: installing, the channel of approvals, a workspace that is not ours any more."""

from bot.conversation.team.stay_words import person
from bot.domain.messages.notice import Notice

HERE = "here"
"""`/pin approvals here`: the word after `approvals` that names the channel it is typed in."""

NO_CHANNEL_YET = (
    "Nobody can decide yet, because no channel is set for approvals: an approver, or whoever installed Night Porter, "
    "types `/pin approvals here` in the channel where cards should go. Your request waits until then; nothing is lost."
)
NOT_INSTALLED = (
    "Night Porter is not installed in this workspace any more, so nothing was done. "
    "Whoever runs it can install it again."
)
NOT_NOW = "Slack does not let us work in this workspace just now, so nothing was done. Please try again in a minute."

OTHER_WORKSPACE = "This was asked for in another workspace, so nothing was done. It can only be changed there."
NOT_YOUR_CHANNEL = (
    "Only an approver, or whoever installed Night Porter here, can choose this channel. Please ask one of them."
)
CANNOT_POST_HERE = (
    "We cannot post in this channel, so it was not chosen. Type /invite @Night Porter here, then the same once more."
)
CHAT_DOES_NOT_ANSWER = "Slack did not answer in time, so nothing was changed. Please type it again."


def channel_chosen(who: str) -> Notice:
    """Posted in the channel itself: that it can be read there is the proof that cards can."""
    return Notice("Approvals come here", remarks=(f"{person(who)} chose this channel for requests to decide.",))


CHOSEN = "From now on, requests to decide come to this channel."


def installed_in(workspace: str) -> str:
    return (
        f"Night Porter is installed in {workspace}. Now type /pin approvals here in the channel where requests "
        "should be decided, unless your operator has set one."
    )


def not_installed_because(reason: str, again: str) -> str:
    """`reason` in Slack's or Bolt's word; `again` is where to start anew."""
    why = _WHY.get(reason, "Slack did not confirm the installation.")
    return f"Night Porter was not installed: {why} Start again at {again}"


_OLD_LINK = "this link is too old, was used already, or was opened in another browser."
_WHY = {
    "access_denied": "it was cancelled.",
    "invalid_browser": _OLD_LINK,
    "invalid_state": _OLD_LINK,
    "missing_code": "this is not the address that Slack sends people to.",
    "org_wide": "it cannot be installed in a whole organisation at once; choose one workspace.",
    "not_kept": "it could not be written down.",
}
