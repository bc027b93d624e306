"""Looks whether the provider can still use every account. One that it has lost is told of in the channel of approvals,
once for every time it is lost: no PIN can be made for its locks until somebody signs in again."""

from collections.abc import Sequence

from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.accounts import Account
from bot.ports import Ports
from bot.ports.stale import retry_if_stale


async def watch_accounts(ports: Ports) -> None:
    """Raises ProviderError."""
    if ports.accounts is None:
        return
    await _keep(ports, await ports.accounts.accounts())


@retry_if_stale
async def _keep(ports: Ports, seen: Sequence[Account]) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        for account in await uow.accounts.keep(seen):
            await uow.audit.note(now, "provider", "account_lost", account.ref)
            key, channel = f"account:{account.ref}:{account.lost_at}", ports.options.approvals_channel
            facts = {"account": account.name}
            await uow.enqueue(note_to(ports.new_id(), key, NoticeKind.ACCOUNT_LOST, channel, facts, None, None, now))
