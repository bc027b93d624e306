"""What people read about workspaces: installing, being let in, the channel of approvals, a workspace that is not ours;
and about people who do not belong to the one they are in."""

from bot.conversation.team.stay_words import Facts, person
from bot.domain.messages.notice import Button, Notice
from bot.domain.messages.workspaces import CAME_FIRST, OPERATOR, OWN_TOKEN, Admission, AdmissionState

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

NOT_KNOWN = (
    "Slack does not tell us just now who you are in this workspace, so nothing was done. Please try again in a minute."
)
FOREIGN = (
    "Night Porter works for another workspace than the one that this came from, so nothing was done. "
    "Please ask somebody who is there."
)

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


def waits(workspace: str) -> str:
    """To everybody in a workspace that may do nothing, whatever they do."""
    return (
        "Night Porter does nothing in this workspace until whoever runs it admits the workspace, so nothing was done. "
        f"Please tell them its id: {workspace}."
    )


ADMIT, TURN_AWAY = "admit_workspace", "turn_workspace_away"
NOT_YOURS_TO_ADMIT = (
    "Only an approver in the house's own workspace can say whether another is admitted. Please ask one of them."
)
UNKNOWN_WORKSPACE = "Nobody has installed Night Porter in that workspace. It has to be installed there first."


def workspace_waits(facts: Facts) -> Notice:
    """Another workspace has installed the app. Who installed it is of that workspace, where alone they can be named."""
    name, team = facts["team_name"] or facts["team"], facts["team"]
    value = "It then sees every door here, asks for PINs, and falls under the approval rules."
    return Notice(
        f"A workspace waits to be admitted: {name}",
        (("Workspace", name), ("Its id", team), ("Installed by", facts["by"] or "nobody named")),
        (
            f"Until an approver here admits it, nobody there sees a door or can ask for anything. {value}",
            "Admit it only if you know whose it is.",
        ),
        (
            Button(ADMIT, "Admit", team, "primary", f"{name} ({team}) is admitted. {value}"),
            Button(TURN_AWAY, "Turn away", team, "danger"),
        ),
    )


def decided_about(said: Admission) -> str:
    """What stands on the notice in the end."""
    what = "Admitted" if said.state is AdmissionState.ADMITTED else "Turned away"
    return f"{what} by {decider(said.by)}."


def decider(by: str) -> str:
    return person(by) if by.startswith(("U", "W")) else "the operator"


def already_decided(name: str, status: str, by: str) -> str:
    what = "is admitted" if status == AdmissionState.ADMITTED.value else "was turned away"
    who = f" by {decider(by)}" if by else ""
    return (
        f"{name or 'This workspace'} {what} already{who}, so your click changed nothing. "
        "The operator can change it: nightporter slack admit or turn-away."
    )


def listed(workspace: str) -> str:
    return f"{workspace or 'It'} stands in SLACK_WORKSPACES: take it out there and restart, and it waits again."


def standing_words(said: Admission, *, admitted: bool, listed: bool, installed: bool) -> str:
    """One workspace in the operator's list."""
    who = f" by {said.by if said.by.startswith(('U', 'W')) else _BY.get(said.by, 'nobody')}" if said.by else ""
    if listed:
        state = "admitted by SLACK_WORKSPACES"
    elif admitted:
        state = f"admitted{who}"
    else:
        state = f"turned away{who}" if said.state is AdmissionState.TURNED_AWAY else "waits to be admitted"
    there = "" if installed else "; the app is not installed there"
    return f"{said.id} {said.name or '(no name yet)'}: {state}{there}"


_BY = {OPERATOR: "the operator", CAME_FIRST: "coming first", OWN_TOKEN: "the bot token"}


def installed_and_waits(workspace: str) -> str:
    return (
        f"Night Porter is installed in {workspace}, and does nothing there until whoever runs it admits the workspace. "
        "Please tell them its id, which /pin says in any channel."
    )


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
