"""The app was installed in a workspace, and somebody says whether it may do anything there: by the settings, by the
operator's word, or by an approver of the house's own workspace. What waits for a workspace goes out once it may."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.conversation.team.settled import settling_key
from bot.conversation.team.workspace_words import decided_about
from bot.domain.messages.workspaces import (
    CAME_FIRST,
    OPERATOR,
    Admission,
    AdmissionState,
    Workspace,
    is_admitted,
)
from bot.domain.refusals import Reason, Refusal
from bot.ports import Ports, Subject, UnitOfWork
from bot.ports.house import DECIDING, house
from bot.ports.stale import retry_if_stale

AT_ONCE = 500
MOST_TOLD = 20
"""So many wait and are told of in the channel; more of them `doctor` and the operator's list name."""


@retry_if_stale
async def register_workspace(ports: Ports, workspace: Workspace) -> bool:
    """Whether it may do anything there. One that was here before finds what was decided."""
    now, listed = ports.clock.now(), ports.options.workspaces
    async with ports.store() as uow:
        await uow.limits.for_update(DECIDING, now)
        known = await uow.workspaces.admissions()
        said = next((replace(one, name=workspace.name) for one in known if one.id == workspace.id), None)
        if said is None:
            first = not listed and not known
            state, by = (AdmissionState.ADMITTED, CAME_FIRST) if first else (AdmissionState.WAITING, "")
            said = Admission(workspace.id, workspace.name, state, now, by)
        await uow.workspaces.keep(said)
        await uow.workspaces.register(workspace)
        may = is_admitted(workspace.id, said, listed)
        if may:
            await _let_in(ports, uow, workspace.id)
        elif said.state is AdmissionState.WAITING:
            await _tell_house(ports, uow, [said])
        facts = {"name": workspace.name, "admitted": "yes" if may else "no"}
        await uow.audit.note(now, workspace.installed_by, "installed", workspace.id, **facts)
    return may


@retry_if_stale
async def decide_about_workspace(
    ports: Ports, workspace_id: str, person: str, workspace: str, *, admit: bool
) -> Admission:
    """An approver of the house's own workspace, where they press the button. Raises a Refusal for anybody else, and for
    whoever comes second; who has said it already may press again: the same click is delivered twice now and then."""
    approvers = await ports.approvers()
    async with ports.store() as uow:
        await uow.limits.for_update(DECIDING, ports.clock.now())
        own = next(iter(await house(ports, uow)), None)
        if own is None or own.id != workspace or person not in approvers:
            raise Refusal(Reason.NOT_YOURS_TO_ADMIT)
        said = await uow.workspaces.admission(workspace_id)
        if said is None:
            raise Refusal(Reason.UNKNOWN_WORKSPACE)
        state = AdmissionState.ADMITTED if admit else AdmissionState.TURNED_AWAY
        if (said.state, said.by) == (state, person):
            return said
        may = is_admitted(said.id, said, ports.options.workspaces)
        if may or said.state is not AdmissionState.WAITING:
            became = AdmissionState.ADMITTED if may else said.state
            raise Refusal(Reason.WORKSPACE_DECIDED, {"name": said.name, "status": became.value, "who": said.by})
        return await _decide(ports, uow, replace(said, state=state, by=person))


@retry_if_stale
async def set_admission(ports: Ports, workspace_id: str, *, admit: bool) -> Admission:
    """The operator's word, at any time; also about a workspace in which nobody has installed the app yet. Raises a
    Refusal for turning away what the settings let in."""
    async with ports.store() as uow:
        await uow.limits.for_update(DECIDING, ports.clock.now())
        if not admit and workspace_id in ports.options.workspaces:
            raise Refusal(Reason.WORKSPACE_LISTED, {"workspace": workspace_id})
        known = await uow.workspaces.admission(workspace_id)
        state = AdmissionState.ADMITTED if admit else AdmissionState.TURNED_AWAY
        said = known or Admission(workspace_id, "", state, ports.clock.now())
        return await _decide(ports, uow, replace(said, state=state, by=OPERATOR))


async def _decide(ports: Ports, uow: UnitOfWork, said: Admission) -> Admission:
    now = ports.clock.now()
    said = replace(said, at=now)
    await uow.workspaces.keep(said)
    if said.state is AdmissionState.ADMITTED and await uow.workspaces.get(said.id) is not None:
        await _let_in(ports, uow, said.id)
    await uow.audit.note(now, said.by, f"workspace_{said.state.value}", said.id, name=said.name)
    asked = await uow.messages.by_key(_key(said.id))
    if asked is not None:
        facts = {"of": asked.id, "answer": decided_about(said), "workspace": asked.facts["workspace"]}
        key = settling_key(asked.id)
        await uow.enqueue(note_to(ports.new_id(), key, NoticeKind.SETTLED, asked.recipient, facts, None, None, now))
    return said


async def _let_in(ports: Ports, uow: UnitOfWork, workspace_id: str) -> None:
    """Its cards go out. The house's own takes over what was asked before there were several, and hears who waits."""
    now, own = ports.clock.now(), (await house(ports, uow))[0].id
    if own == workspace_id:
        await uow.workspaces.take_over(workspace_id)
    # After that: the cards of what it took over wait as well.
    unshown = await uow.workspaces.unshown(workspace_id, AT_ONCE)
    await uow.requests.for_update(unshown)
    for request_id in unshown:
        await uow.cards.postpone(request_id, now)
        uow.nudge(Subject.CARD, request_id)
    if own == workspace_id:
        await _tell_house(ports, uow, await uow.workspaces.admissions())


async def _tell_house(ports: Ports, uow: UnitOfWork, those: Sequence[Admission]) -> None:
    """Once of each that waits, in the channel of the house's own workspace; nowhere while there is none."""
    own = next(iter(await house(ports, uow)), None)
    every, listed = await uow.workspaces.admissions(), ports.options.workspaces
    waiting = [a.id for a in every if a.state is AdmissionState.WAITING and not is_admitted(a.id, a, listed)]
    for said in those if own else ():
        there = await uow.workspaces.get(said.id)
        if own is None or there is None or said.id not in waiting[:MOST_TOLD]:
            continue
        facts = {"team": said.id, "team_name": said.name, "by": there.installed_by, "workspace": own.id}
        now, channel, kind = ports.clock.now(), ports.options.approvals_channel, NoticeKind.WORKSPACE_WAITS
        await uow.enqueue(note_to(ports.new_id(), _key(said.id), kind, channel, facts, None, None, now))


def _key(workspace_id: str) -> str:
    return f"workspace_waits:{workspace_id}"
