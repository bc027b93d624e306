"""The SDK's stores on our tables: the same columns, sealed tokens, keys that rotate, states that are used once."""

import asyncio
import sqlite3
import time
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import SQLAlchemyOAuthStateStore
from sqlalchemy import MetaData, text
from sqlmodel import SQLModel

from providers.slack.installations import STATE_SECONDS, Installations, States
from storage.columns import SealedText
from storage.engine import Database, open_database
from storage.exclusive import exclusive
from storage.installed import SEALED_TOKENS
from storage.rotate import rotate
from storage.seals import Seals, UnknownSeal, new_key

OLD, NEW = new_key(), new_key()
TOKEN = "xoxe.xoxb-1-" + "A" * 180


def store(database: Database, *keys: str, client_id: str = "123.456") -> Installations:
    return Installations(client_id, database.engine, SealedText(Seals(keys)))


def bot(token: str = TOKEN, team: str = "T1", days: int = 0) -> Bot:
    at = datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(days=days)
    return Bot(
        app_id="A0NIGHTPORTER",
        team_id=team,
        enterprise_id="E1",
        bot_token=token,
        bot_id="B1",
        bot_user_id="U1",
        bot_scopes="chat:write",
        bot_refresh_token="xoxe-1-" + "B" * 140,
        bot_token_expires_at=int(at.timestamp()) + 43200,
        installed_at=at.timestamp(),
    )


async def raw(database: Database) -> str:
    async with database.engine.connect() as connection:
        return str((await connection.execute(text("SELECT * FROM slack_bots"))).all())


def test_the_columns_are_the_sdks() -> None:
    sdks = MetaData()
    tables = [
        SQLAlchemyInstallationStore.build_bots_table(sdks, "slack_bots"),
        SQLAlchemyOAuthStateStore.build_oauth_states_table(sdks, "slack_oauth_states"),
    ]
    for theirs in tables:
        ours = SQLModel.metadata.tables[theirs.name]
        assert [column.name for column in ours.columns] == [column.name for column in theirs.columns]
        for column in theirs.columns:
            mine = ours.columns[column.name]
            assert (mine.nullable, mine.primary_key) == (column.nullable, column.primary_key)
            assert mine.type.python_type is column.type.python_type
            if column.name not in SEALED_TOKENS:
                assert getattr(mine.type, "length", None) == getattr(column.type, "length", None)
        assert {i.name: [c.name for c in i.columns] for i in ours.indexes} == {
            i.name: [c.name for c in i.columns] for i in theirs.indexes
        }


async def test_tokens_are_sealed_and_one_row_stays(database: Database) -> None:
    kept = store(database, NEW)
    await kept.async_save_bot(bot())
    await kept.async_save_bot(bot("xoxb-newer", days=1))
    found = await kept.bot_of("T1")
    assert found is not None
    assert (found.bot_token, found.enterprise_id, found.installed_at) == ("xoxb-newer", None, bot(days=1).installed_at)
    rows = await raw(database)
    assert rows.count("A0NIGHTPORTER") == 1
    assert "xox" not in rows
    assert await store(database, NEW, client_id="another").bot_of("T1") is None
    assert await kept.bot_of("T2") is None


async def test_a_renewal_never_brings_back_what_is_gone(database: Database) -> None:
    kept = store(database, NEW)
    await kept.async_save_bot(bot())
    assert await kept.renew(bot("xoxb-renewed"))
    found = await kept.bot_of("T1")
    assert found is not None
    assert (found.bot_token, found.bot_token_expires_at) == ("xoxb-renewed", bot().bot_token_expires_at)
    await kept.remove("T1")
    assert not await kept.renew(bot("xoxb-late"))
    await kept.async_save_bot(bot("xoxb-again", days=2))
    assert not await kept.renew(bot("xoxb-late"))
    assert (found := await kept.bot_of("T1")) is not None
    assert found.bot_token == "xoxb-again"


async def test_keys_rotate(database: Database) -> None:
    await store(database, OLD).async_save_bot(bot())
    assert await rotate(database, Seals([NEW, OLD])) == 2
    found = await store(database, NEW).bot_of("T1")
    assert found is not None
    assert found.bot_token == TOKEN
    with pytest.raises(UnknownSeal):
        await store(database, OLD).bot_of("T1")


async def test_a_rotation_does_not_overwrite_a_renewal(sqlite_url: str) -> None:
    """Between the reading of a row and its writing, Slack gave a new token: the old one is worth nothing any more."""
    database = open_database(sqlite_url)
    await store(database, OLD).async_save_bot(bot())
    file, sealed = sqlite_url.partition("///")[2], Seals([OLD]).seal("xoxb-renewed").decode()

    class Meanwhile(Seals):
        def open(self, sealed_before: bytes) -> str:
            with sqlite3.connect(file) as other:
                other.execute("UPDATE slack_bots SET bot_token = ?", [sealed])
            other.close()
            return super().open(sealed_before)

    assert await rotate(database, Meanwhile([NEW, OLD])) == 1
    found = await store(database, NEW, OLD).bot_of("T1")
    assert found is not None
    assert found.bot_token == "xoxb-renewed"
    await database.engine.dispose()


async def test_a_state_is_used_once_however_many_come(database: Database) -> None:
    states = States(database.engine, "secret", exclusive(database))
    state = await states.async_issue()
    async with database.engine.connect() as connection:
        kept = await connection.execute(text("SELECT count(*) FROM slack_oauth_states"))
    assert kept.scalar_one() == 0, "for whoever asks nothing is written"
    assert sorted(await asyncio.gather(*(states.async_consume(state) for _ in range(8)))) == [False] * 7 + [True]
    others = States(database.engine, "another secret", exclusive(database))
    for none_of_ours in ("never-issued", "", "é", f"{state}A", f"x{state[1:]}", await others.async_issue()):
        assert not await states.async_consume(none_of_ours)


async def test_a_state_grows_old(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds one in a history or a log begins nothing with it."""
    states, real = States(database.engine, "secret", exclusive(database)), time.time
    state = await states.async_issue()
    monkeypatch.setattr(time, "time", lambda: real() + STATE_SECONDS + 2)
    assert not await states.async_consume(state)
    monkeypatch.setattr(time, "time", lambda: real() + STATE_SECONDS - 20)
    assert await states.async_consume(state)


async def test_one_turn_at_a_time_and_after_an_error_the_next(database: Database) -> None:
    turn, inside, most = exclusive(database), 0, 0

    async def one(number: int) -> None:
        nonlocal inside, most
        async with turn("slack token T1"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1
            if number % 3 == 0:
                raise RuntimeError

    await asyncio.gather(*(one(n) for n in range(6)), return_exceptions=True)
    waiting = asyncio.create_task(one(1))
    async with turn("slack token T1"):
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(5):
        await one(1)
    assert most == 1
