"""A manager in a process of their own: approves what stands on the input, and prints a line for every answer.

    python -m tests.workflows.manager DATABASE_URL U_BEN

Says `ready` once, then reads one line with the ids of requests, and decides several at a time.
"""

import asyncio
import sys
import warnings
from collections.abc import Iterator

import uvloop

from bot.domain.refusals import Refusal
from bot.ports import Ports
from bot.workflows.decide_request import decide_request
from tests.workflows.pending import still_house

AT_ONCE = 2


async def main(url: str, approver: str) -> None:
    async with still_house(url) as ports:
        print("ready", flush=True)
        left = iter(sys.stdin.readline().split())  # nothing else lives in this loop yet
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(_decide(ports, left, approver))


async def _decide(ports: Ports, left: Iterator[str], approver: str) -> None:
    for request_id in left:
        try:
            decided = await decide_request(ports, request_id, approver, approved=True)
            said = decided.status.value
        except Refusal as refusal:
            said = refusal.reason.value
        print(request_id, said, flush=True)


if __name__ == "__main__":
    warnings.simplefilter("error", RuntimeWarning)  # what was to be awaited and was not is said on stderr
    uvloop.run(main(*sys.argv[1:]))
