"""The README's pictures: every state of a card comes by, and the PIN is on the phone only."""

from pathlib import Path

from bot.conversation.team.stay_words import _STATE
from bot.domain.stays.access_requests import RequestStatus
from tests.pictured.sheets import sheets
from tests.pictured.stays import lived
from tests.pictured.still_house import still_house

REQUESTS_ALONE = {RequestStatus.DENIED.value, RequestStatus.LAPSED.value, "withdrawn, no PIN ever existed"}
"""What the heading says where there is no code."""


async def test_every_state_of_the_card_is_pictured(tmp_path: Path) -> None:
    async with still_house(tmp_path) as (made, look_at_locks):
        seen = await lived(made, look_at_locks)
    headings = {card["text"].splitlines()[0].partition(": ")[2] for card in seen.cards.values()}
    assert headings == {*_STATE.values(), *REQUESTS_ALONE, "deleted at the lock"}
    pages = {sheet.name: sheet.as_module() for sheet in sheets(seen)}
    shown = "".join(pages.values())
    missing = [heading for heading in headings if f": {heading}" not in shown]
    assert missing == []
    assert "PIN number 2 for this stay" in shown
    assert "PIN in danger: Ana Sol" in shown
    assert len(seen.texts) == 3
    pin = seen.texts[0]["body"].splitlines()[1]
    for name, page in pages.items():
        assert (pin in page) == (name == "phone")
