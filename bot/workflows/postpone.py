"""Pushes a row ahead after a bug, so that it does not come back at once and keep others waiting."""

from dataclasses import replace
from datetime import timedelta

from bot.ports import Ports, Subject
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def put_off(ports: Ports, subject: Subject, row_id: str, by: timedelta) -> None:
    due = ports.clock.now() + by
    async with ports.store() as work:
        if subject in (Subject.CODE, Subject.MINT, Subject.REPLACE) and (
            code := await work.codes.get(row_id, hold=True)
        ):
            await work.codes.save(replace(code, due_at=due))
        elif subject in (Subject.MESSAGE, Subject.REPORT) and (message := await work.messages.get(row_id, hold=True)):
            await work.messages.save(replace(message, due_at=due))
        elif subject is Subject.REQUEST and (request := await work.requests.get(row_id)):
            await work.requests.save(replace(request, due_at=due))
        elif subject is Subject.REVEAL and (reveal := await work.reveals.get(row_id)):
            await work.reveals.save(replace(reveal, due_at=due))
        elif subject is Subject.REMOTE and (order := await work.remotes.get(row_id)):
            await work.remotes.save(replace(order, due_at=due))
        elif subject is Subject.ONLINE and (online := await work.online.get(row_id)):
            await work.online.save(replace(online, due_at=due))
        elif subject is Subject.LINK and (link := await work.links.get(row_id)):
            await work.links.save(replace(link, due_at=due))
        elif subject is Subject.CARD:
            await work.cards.push(row_id, due)
