"""What is asked at every ask and approval is read by an index, however much has ended."""

from tests.benchmarks.ledger import behind, check_plans, plans


async def test_what_a_lock_holds_is_read_by_indexes_alone(database_url: str) -> None:
    async with behind(database_url, 3_000) as past:
        found = await plans(past)
    assert len(found) == 1
    check_plans(found)
