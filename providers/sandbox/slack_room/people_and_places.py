"""Who is in the sandbox's workspaces, and where they talk: people, channels, messages. Nothing here calls anybody.

Everybody and everything belongs to the first workspace but for those of the second, which an app may be installed in.
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEAM_ID = "T_SANDBOX"
SECOND_TEAM = "T_SECOND"
ELSEWHERE = "T_ELSEWHERE"
"""Where strangers are of, who share a channel with us."""

TEAMS = {TEAM_ID: "Sandbox", SECOND_TEAM: "Second House"}
APP_ID = "A_NIGHTPORTER"
BOT_USER = "U_NIGHTPORTER"
BOT_ID = "B_NIGHTPORTER"
APPROVERS = "S_APPROVERS"
SECOND_APPROVERS = "S_SECOND"


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    real_name: str
    team: str = TEAM_ID

    def brief(self) -> Json:
        """As interactive payloads name somebody."""
        return {"id": self.id, "username": self.name, "name": self.name, "team_id": self.team}


PEOPLE = {
    person.id: person
    for person in (
        Person("U_ADA", "ada", "Ada Requester"),
        Person("U_BEN", "ben", "Ben Approver"),
        Person("U_MALLORY", "mallory", "Mallory Stranger"),
        Person("U_DAN", "dan", "Dan Second", SECOND_TEAM),
        Person("U_EVE", "eve", "Eve Second", SECOND_TEAM),
        Person(BOT_USER, "nightporter", "Night Porter"),
    )
}
HUMANS = tuple(person for person in PEOPLE if person != BOT_USER)
USER_GROUPS = {APPROVERS: ["U_BEN"], SECOND_APPROVERS: ["U_EVE"]}
TEAM_OF_GROUP = {APPROVERS: TEAM_ID, SECOND_APPROVERS: SECOND_TEAM}


@dataclass(slots=True)
class SlackMessage:
    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    ephemeral_for: str | None = None
    edited: Json | None = None
    typed: dict[tuple[str, str], Json] = field(default_factory=dict)
    before: list[Json] = field(default_factory=list)
    """The blocks of versions that were replaced, newest first: what may still be on a screen that is behind."""

    @property
    def from_bot(self) -> bool:
        return self.user == BOT_USER

    def wire(self, with_metadata: bool = False) -> Json:
        """As Slack's API and payloads show it."""
        said: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": TEAM_ID}
        if self.from_bot:
            said |= {"bot_id": BOT_ID, "app_id": APP_ID}
        if self.blocks:
            said["blocks"] = self.blocks
        for name in ("thread_ts", "edited"):
            if getattr(self, name) is not None:
                said[name] = getattr(self, name)
        if with_metadata and self.metadata is not None:
            said["metadata"] = self.metadata
        return said

    def seen(self) -> Json:
        """As the sandbox's own pages and tests read it."""
        said: Json = {"ts": self.ts, "user": self.user, "text": self.text, "blocks": self.blocks}
        said["thread_ts"] = self.thread_ts
        for name in ("ephemeral_for", "edited"):
            if getattr(self, name) is not None:
                said[name] = getattr(self, name)
        return said


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    members: tuple[str, ...]
    im_with: str | None = None
    team: str = TEAM_ID
    archived: bool = False
    messages: dict[str, SlackMessage] = field(default_factory=dict)

    def wire(self) -> Json:
        """As conversations.info shows it."""
        said: Json = {"id": self.id, "is_im": self.im_with is not None, "is_archived": self.archived}
        if self.im_with is not None:
            return said | {"user": self.im_with}
        return said | {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": True,
            "is_member": BOT_USER in self.members,
        }

    def brief(self) -> Json:
        """As payloads name it; Slack calls every direct message `directmessage`."""
        return {"id": self.id, "name": "directmessage" if self.im_with else self.name}


def open_channels(approvals: str) -> dict[str, Channel]:
    """The workspaces' channels and everybody's direct messages with the bot. Mallory is not among the approvers; nobody
    has invited the bot to `C_QUIET` and `C_SECOND_QUIET`."""
    first, second = _of(TEAM_ID), _of(SECOND_TEAM)
    channels = [
        Channel(approvals, "approvals", ("U_ADA", "U_BEN", BOT_USER)),
        Channel("C_FRONTDESK", "front-desk", (*first, BOT_USER)),
        Channel("C_QUIET", "quiet", first),
        Channel("C_SECOND_DESK", "second-desk", (*second, BOT_USER), team=SECOND_TEAM),
        Channel("C_SECOND_APPROVALS", "second-approvals", (*second, BOT_USER), team=SECOND_TEAM),
        Channel("C_SECOND_QUIET", "second-quiet", second, team=SECOND_TEAM),
        *(_direct(user) for user in HUMANS),
    ]
    return {channel.id: channel for channel in channels}


def _direct(user: str) -> Channel:
    person = PEOPLE[user]
    return Channel(f"D_{user}", f"{person.name} and Night Porter", (user, BOT_USER), user, person.team)


def _of(team: str) -> tuple[str, ...]:
    return tuple(user for user in HUMANS if PEOPLE[user].team == team)
