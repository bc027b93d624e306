"""On SQLite transactions come one after the other; what somebody waits for goes before what nobody waits for."""

import asyncio

from bot.domain.pins import Phone
from bot.ports import Store
from storage.engine import open_database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store
from tests.moments import START


async def at_once() -> None:
    """Nobody waits for anything."""


async def test_who_is_waited_for_has_at_most_one_patient_transaction_before_them(sqlite_url: str) -> None:
    database, order, free = open_database(sqlite_url), list[str](), asyncio.Event()
    seals, queue = Seals([new_key()]), Queue.in_memory()
    urgent = open_store(database, seals, queue)
    patient = open_store(database, seals, queue, quiet=at_once)

    async def one(store: Store, name: str) -> None:
        async with store() as uow:
            await uow.locks.all()
            order.append(name)
            await free.wait()

    tasks = []
    for store, name in ((urgent, "first"), *((patient, f"patient {n}") for n in range(5)), (urgent, "urgent")):
        tasks.append(asyncio.create_task(one(store, name)))
        await asyncio.sleep(0.02)
    free.set()
    await asyncio.gather(*tasks)
    assert order[0] == "first"
    assert order.index("urgent") <= 2, order
    assert sorted(order[1:]) == sorted(["urgent", *(f"patient {n}" for n in range(5))])
    await database.engine.dispose()


async def test_what_a_failing_transaction_wrote_is_gone_and_the_door_is_open_again(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    store = open_store(database, Seals([new_key()]), Queue.in_memory(), quiet=at_once)
    for _ in range(2):
        try:
            async with store() as uow:
                await uow.guests.get_or_create("Cleo", Phone("+33639981234"), START)
                raise RuntimeError
        except RuntimeError:
            pass
    async with store() as uow:
        assert await uow.guests.by_phone(Phone("+33639981234")) is None
        await uow.guests.get_or_create("Cleo", Phone("+33639981234"), START)
    async with store() as uow:
        assert (await uow.guests.by_phone(Phone("+33639981234"))) is not None
    await database.engine.dispose()
