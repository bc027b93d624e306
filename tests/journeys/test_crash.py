"""Workers die at the worst moments and vendors lose answers: every stay still ends minted and texted, once.

Real PostgreSQL, real processes, `kill -9`; the judge is what the vendors themselves have.
"""

import asyncio
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.processes import VENDOR_TIMEOUT, Town, fault, town

LOCKS = ("front-door", "garden-gate", "loft", "cabin")
AN_HOUR_HOLDS = 3 * len(LOCKS)


def asked_for(number: int) -> str:
    """A stay whose PIN is made at once; a lock takes three that start in the same hour."""
    later = number // AN_HOUR_HOLDS
    starts = f"in {later} hours" if later else "now"
    return f"{LOCKS[number % len(LOCKS)]} for Guest{number} +3363998{number:04d} {starts} for {number % 9 + 26}h"


async def ask_and_approve(made: Town, number: int) -> None:
    words = asked_for(number)
    answer = await made.post("/sandbox/slack/command", user="U_ADA", text=words, channel="C_FRONTDESK")
    assert answer["status"] == 200, answer

    async def card() -> Any:
        messages = (await made.get("/sandbox/slack/channels/C_APPROVALS"))["messages"]
        return [m for m in messages if m["text"].startswith(f"Guest{number} at ") and "to decide" in m["text"]]

    found = await made.until(f"the card for Guest{number}", card)
    await made.post(
        "/sandbox/slack/click", user="U_BEN", channel="C_APPROVALS", ts=found[-1]["ts"], action_id="approve"
    )


@pytest.mark.parametrize("stays", [8, pytest.param(60, marks=[pytest.mark.deep, pytest.mark.timeout(900)])])
async def test_killed_workers_and_lost_answers_leave_one_pin_and_one_text_each(
    stays: int, postgresql_url: str, tmp_path: Path
) -> None:
    async with town(postgresql_url, tmp_path / "town.log") as made:
        first, second = await made.start("worker"), await made.start("worker")

        async def locks_known() -> bool:
            answer = await made.post("/sandbox/slack/command", user="U_ADA", text="locks", channel="C_FRONTDESK")
            return any("Front door" in str(shown) for shown in answer["shown"])

        await made.until("the locks are known", locks_known)
        await fault(made, "seam", "timeout_after_commit", 0.3, path="/access_codes/create")
        await fault(made, "twilio", "timeout_after_commit", 0.3)
        await fault(made, "seam", "http_500", 0.1)

        for number in range(stays):
            await ask_and_approve(made, number)
            if number == stays // 3:
                await made.until("a worker is minting", made.codes)
                first.send_signal(signal.SIGKILL)
                first = await made.start("worker")
            if number == 2 * stays // 3:
                await made.until("a worker is sending", made.pin_texts)
                second.send_signal(signal.SIGKILL)
                second = await made.start("worker")
        for _ in range(1 + stays // 20):
            before = len(await made.pin_texts())

            async def moved(before: int = before) -> bool:
                return len(await made.pin_texts()) > before or before == stays

            await made.until("another text goes out", moved, 90)
            first.send_signal(signal.SIGKILL)
            first = await made.start("worker")
        await made.http.delete("/sandbox/faults")

        async def everybody_texted() -> bool:
            return len({t["to"] for t in await made.pin_texts()}) == stays

        await made.until("every guest is texted", everybody_texted, 120)
        await asyncio.sleep(8 * VENDOR_TIMEOUT)  # longer than any claim: whatever would come twice has come

        by_name = Counter(code["name"] for code in await made.codes())
        assert len(by_name) == stays
        assert set(by_name.values()) == {1}
        by_guest = Counter(text["to"] for text in await made.pin_texts())
        assert len(by_guest) == stays
        assert set(by_guest.values()) == {1}
        assert first.poll() is None
        assert second.poll() is None
