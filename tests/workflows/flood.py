"""One process of a flood: one hostile person who asks as often as they can, and honest ones who each ask now and then,
all on one database and at one moment. Prints how often each was granted, and how often refused.

    python -m tests.workflows.flood URL SEED HOSTILE_ASKS NAME,NAME,…
"""

import asyncio
import json
import random
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from bot.domain.approvals.policy import Rule, Rules
from bot.domain.approvals.sms_approvers import SmsApprover
from bot.domain.pins import Phone
from bot.domain.refusals import Refusal
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from tests.benchmarks.ports import installation

HOSTILE = "U_MALLORY"
ASKS_OF_THE_HONEST = 4
EVA = SmsApprover("Eva", Phone("+447700900123"))
RULES = Rules(Rule(("U_BEN", "sms:Eva")), sms_approvers=(EVA,))


async def ask(ports: Ports, rng: random.Random, person: str, number: int, count: Counter[str]) -> None:
    async with ports.store() as uow:
        lock = rng.choice(list(await uow.locks.all()))
    starts = ports.clock.now() + timedelta(days=2, hours=rng.randrange(600))
    window = AccessWindow(starts, starts + timedelta(hours=rng.randrange(2, 20)))
    phone = Phone(f"+3363998{rng.randrange(10_000):04d}")
    wanted = PinRequest(person, (lock.id,), f"Guest {number}", phone, window, ports.new_id())
    try:
        await ask_for_pin(ports, wanted)
    except Refusal as refusal:
        count[f"{person} {refusal.reason.value} {refusal.facts.get('what', '')}".strip()] += 1
    else:
        count[person] += 1


async def flood(url: str, seed: str, hostile: int, honest: list[str]) -> Counter[str]:
    rng, count = random.Random(seed), Counter[str]()
    who = [HOSTILE] * hostile + [person for person in honest for _ in range(ASKS_OF_THE_HONEST)]
    rng.shuffle(who)
    async with installation(url) as (made, _queue, _texter):
        ports = replace(made, rules=RULES)
        for first in range(0, len(who), 8):
            together = who[first : first + 8]
            await asyncio.gather(*(ask(ports, rng, one, first + n, count) for n, one in enumerate(together)))
    return count


if __name__ == "__main__":
    _, given_url, given_seed, asks, names = sys.argv
    print(json.dumps(asyncio.run(flood(given_url, given_seed, int(asks), [n for n in names.split(",") if n]))))
