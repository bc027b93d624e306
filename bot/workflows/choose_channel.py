"""Somebody chooses the channel where their workspace decides. We post there first: nothing else proves that we can."""

from bot.conversation.team.workspace_words import channel_chosen
from bot.domain.messages.workspaces import Workspace
from bot.domain.refusals import Reason, Refusal
from bot.ports import Misconfigured, Ports, ProviderError, Rejected, Subject
from bot.ports.stale import retry_if_stale

AT_ONCE = 500


async def choose_channel(ports: Ports, workspace: str, channel: str, person: str, delivery: str) -> None:
    """Raises a Refusal when this person may not, or we cannot post there. `delivery` is the vendor's id of this ask."""
    approvers = await ports.approvers()
    known = await _known(ports, workspace)
    if person not in approvers and (known is None or person != known.installed_by):
        raise Refusal(Reason.NOT_YOUR_CHANNEL)
    try:
        await ports.chat.post(channel, channel_chosen(person), post_id=f"approvals-{delivery}", workspace=workspace)
    except (Misconfigured, Rejected):
        raise Refusal(Reason.CANNOT_POST_HERE) from None
    except ProviderError:
        raise Refusal(Reason.CHAT_DOES_NOT_ANSWER) from None
    await _keep(ports, workspace, channel, person)


@retry_if_stale
async def _known(ports: Ports, workspace: str) -> Workspace | None:
    async with ports.store() as uow:
        return await uow.workspaces.get(workspace)


@retry_if_stale
async def _keep(ports: Ports, workspace: str, channel: str, person: str) -> None:
    """Cards that had nowhere to go go out at once."""
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.workspaces.name_channel(workspace, channel)
        unshown = await uow.workspaces.unshown(workspace, AT_ONCE)
        # All stays at once, by id: taken one by one with their cards, they could cross another transaction.
        await uow.requests.for_update(unshown)
        for request_id in unshown:
            await uow.cards.postpone(request_id, now)
            uow.nudge(Subject.CARD, request_id)
        await uow.audit.note(now, person, "approvals_channel", workspace, channel=channel)
