"""A database knows whether it is a house's or the sandbox's, and the other kind does not open it."""

import asyncio

import pytest

from storage.engine import open_database
from storage.purpose import OtherPurpose, Purpose, claim


async def test_whoever_comes_first_says_what_it_is_for(database_url: str) -> None:
    database = open_database(database_url)
    for _ in range(2):
        await claim(database, Purpose.SANDBOX)
    with pytest.raises(OtherPurpose, match="filled by the sandbox"):
        await claim(database, Purpose.HOUSE)
    await claim(database, Purpose.SANDBOX)
    await database.engine.dispose()


async def test_of_many_at_once_only_one_kind_gets_in(database_url: str) -> None:
    database = open_database(database_url)
    kinds = [Purpose.HOUSE, Purpose.SANDBOX] * 4
    came = await asyncio.gather(*(claim(database, kind) for kind in kinds), return_exceptions=True)
    let_in = {kind for kind, outcome in zip(kinds, came, strict=True) if outcome is None}
    assert len(let_in) == 1
    assert all(isinstance(outcome, OtherPurpose) for outcome in came if outcome is not None)
    await database.engine.dispose()
