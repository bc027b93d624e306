"""Shows a request's card as it is now: posted once, then updated, whoever changed what it tells."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.conversation.team.drafts import raise_unseen
from bot.conversation.team.notices import Story, card
from bot.conversation.team.settled import settling
from bot.domain.approvals.advance_request import backup_called
from bot.domain.approvals.policy import Groups, deciders_of_all
from bot.domain.messages.card import Card, rests
from bot.domain.messages.message import MessageStatus
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.rate_limits import Bucket
from bot.domain.stays.access_requests import AccessRequest
from bot.ports import (
    Gone,
    Misconfigured,
    NotInstalled,
    OutcomeUnknown,
    Ports,
    ProviderError,
    Rejected,
    Subject,
    Unavailable,
    UnitOfWork,
)
from bot.ports.doors_left import doors_left
from bot.ports.errors import seconds_to_wait
from bot.ports.house import workspace_name
from bot.ports.source_channel import channel_of
from bot.ports.stale import retry_if_stale


@dataclass(frozen=True, slots=True)
class _CardClaim:
    """A card in our hands, as it was before, and what it is to show. `probes`: the chat failed before, and has to hear
    that it answers now."""

    card: Card
    words: Notice
    workspace: str
    probes: bool


async def show_card(ports: Ports, request_id: str) -> None:
    """One attempt; a vendor's trouble only moves the next look."""
    claimed = await _claim(ports, request_id)
    if claimed is None:
        return
    try:
        posted = await _show_somewhere(ports, claimed.card, claimed.words, claimed.workspace)
    except ProviderError as error:
        await _record_error(ports, claimed.card, claimed.workspace, error)
    else:
        await _record(ports, claimed, posted)


@retry_if_stale
async def _claim(ports: Ports, request_id: str) -> _CardClaim | None:
    # Groups before the transaction: they may have to be asked for at the chat.
    now, wall, groups = ports.clock.now(), ports.clock.wall(), await ports.groups()
    async with ports.store() as uow:
        request, found = await uow.requests.get(request_id, for_update=True), await uow.cards.get(request_id)
        # One that rests stays due as it is: the sweep comes back to it.
        if (
            request is None
            or found is None
            or found.shown >= found.wanted
            or rests(found, wall, ports.options.card_pause)
        ):
            return None
        # What changes a card may be all that somebody was called for; before the turn, which may be a while away.
        await _look_at_alerts(uow, request_id, now)
        lease = ports.options.lease
        if not await uow.cards.claim(found, wall, wall + lease, now + lease, now):
            return None
        story = await _story(ports, uow, request, groups)
        if story is None:
            return None
        words = card(story)
        if found.ts is None:
            found = replace(found, channel=await channel_of(ports, uow, request))
        elif found.digest == words.digest:
            await _settle(ports, uow, story)
            posted = Posted(found.channel, found.ts)
            if await uow.cards.shown(request_id, posted, found.wanted, found.digest):
                await uow.cards.postpone(request_id, now)  # wanted anew before we had the row
            return None
        bucket = _bucket(ports, found, request.workspace)
        # Behind the claim, which holds the stay: buckets, which all cards share, come last in the one order of rows.
        turn = await uow.rate_limits.take(bucket, _post_id(request_id), wall)
        if turn.at > wall:
            # `found` is the card before its claim: nothing was tried, so the first post needs no search later.
            await uow.cards.release(found, now + (turn.at - wall))
            return None
        await _settle(ports, uow, story)
        return _CardClaim(replace(found, digest=""), words, request.workspace, turn.probes)


async def _settle(ports: Ports, uow: UnitOfWork, story: Story) -> None:
    for answered in settling(story, ports.new_id, story.now):
        await uow.enqueue(answered)


async def _look_at_alerts(uow: UnitOfWork, request_id: str, now: datetime) -> None:
    for alert in await uow.alerts.open_of(request_id):
        await uow.alerts.save(replace(alert, due_at=now))
        uow.nudge(Subject.ALERT, alert.id)


async def _story(ports: Ports, uow: UnitOfWork, request: AccessRequest, groups: Groups) -> Story | None:
    locks, guest = await uow.locks.of_stay(request), await uow.guests.of_stay(request.id)
    if not locks or guest is None:
        return None
    codes = await uow.codes.of_request(request.id)
    evidence = await uow.codes.evidence_of([code.id for code in codes])
    now = ports.clock.now()
    called = backup_called(request, now, ports.rules.reminders)
    who = deciders_of_all(ports.rules, request, [one.known_as for one in locks], groups, backup_called=called)
    messages, left = await uow.messages.of_request(request.id), await doors_left(uow, request, codes)
    where = await workspace_name(ports, uow, request.workspace)
    series = await uow.series.get(request.series_id) if request.series_id else None
    return Story(request, locks, guest, now, codes, messages, evidence, who, left, where, series)


@retry_if_stale
async def _record(ports: Ports, claimed: _CardClaim, posted: Posted) -> None:
    shown, digest = claimed.card, claimed.words.digest
    async with ports.store() as uow:
        # The `wanted` that was drawn: what changed during the post still counts as unshown.
        updated_at = ports.clock.wall() if shown.ts is not None else None
        more_wanted = await uow.cards.shown(shown.request_id, posted, shown.wanted, digest, updated_at)
        # What changed while we were posting is shown as soon as may be; and a first post lets the replies under it go.
        now, pause = ports.clock.now(), ports.options.card_pause if updated_at else timedelta()
        if more_wanted:
            await uow.cards.postpone(shown.request_id, now + pause)
            if not pause:
                uow.nudge(Subject.CARD, shown.request_id)
        if shown.ts is None:
            await _look_at_alerts(uow, shown.request_id, now)
            following = await uow.messages.next_in_thread(shown.request_id)
            if following is not None and following.status is MessageStatus.QUEUED:
                await uow.messages.save(replace(following, due_at=now))
                uow.nudge(Subject.MESSAGE, following.id)
        if claimed.probes:
            await uow.rate_limits.answered(_bucket(ports, shown, claimed.workspace))


@retry_if_stale
async def _record_error(ports: Ports, shown: Card, workspace: str, error: ProviderError) -> None:
    async with ports.store() as uow:
        await _postpone(ports, uow, shown, error)
        if isinstance(error, Misconfigured) and shown.ts is None:
            await raise_unseen(ports, uow, shown.request_id, str(error))
        bucket = _bucket(ports, shown, workspace)
        if isinstance(error, Unavailable | OutcomeUnknown):
            await uow.rate_limits.failed(bucket, ports.clock.wall(), getattr(error, "retry_after", None))
        else:
            await uow.rate_limits.answered(bucket)


async def _show_somewhere(ports: Ports, shown: Card, words: Notice, workspace: str) -> Posted:
    """In the channel of approvals, where the one that the rules name takes nothing: nobody loses a stay."""
    home = ports.options.approvals_channel
    try:
        return await _show(ports, shown, words, workspace)
    except Misconfigured:
        if shown.ts is not None or shown.channel == home:
            raise
        return await _show(ports, replace(shown, channel=home), words, workspace)


async def _show(ports: Ports, shown: Card, words: Notice, workspace: str) -> Posted:
    post_id = _post_id(shown.request_id)
    if shown.ts is not None:
        posted = Posted(shown.channel, shown.ts)
        await ports.chat.update(posted, words, post_id=post_id, workspace=workspace)
        return posted
    # From before this claim: an earlier try may have left a post.
    if shown.tried_at is not None:
        found = await ports.chat.find(shown.channel, post_id=post_id, since=shown.tried_at, workspace=workspace)
        if found is not None:
            # What was found shows what was true then.
            await ports.chat.update(found, words, post_id=post_id, workspace=workspace)
            return found
    return await ports.chat.post(shown.channel, words, post_id=post_id, workspace=workspace)


def _post_id(request_id: str) -> str:
    return f"card-{request_id}"


def _bucket(ports: Ports, shown: Card, workspace: str) -> Bucket:
    return ports.chat.bucket(shown.channel, update=shown.ts is not None, workspace=workspace)


async def _postpone(ports: Ports, uow: UnitOfWork, shown: Card, error: ProviderError) -> None:
    now = ports.clock.now()
    # Tried every five minutes for as long as it takes to mend: said once.
    if not isinstance(error, Misconfigured) or shown.tried_at is None:
        await uow.audit.note(now, "vendor", type(error).__name__, shown.request_id, said=str(error))
    if isinstance(error, Rejected) and await _is_erased(uow, shown.request_id):
        # Nobody waits for the card of nobody's: it is neither posted anew nor tried for ever.
        await uow.cards.shown(shown.request_id, Posted(shown.channel, shown.ts or ""), shown.wanted)
        return
    if isinstance(error, OutcomeUnknown):
        # The claim runs out by itself, and the next look finds what was posted.
        await uow.cards.unsure(shown.request_id)
        return
    if isinstance(error, Gone):
        await uow.cards.forget(shown.request_id, now)
        return
    if isinstance(error, NotInstalled):
        await uow.cards.postpone(shown.request_id, None)  # held: installing the app again lets it go
        return
    wait = 300.0 if isinstance(error, Misconfigured | Rejected) else seconds_to_wait(error, 5.0)
    await uow.cards.release(shown, now + timedelta(seconds=wait))


async def _is_erased(uow: UnitOfWork, request_id: str) -> bool:
    request = await uow.requests.get(request_id)
    return request is not None and request.erased_at is not None
