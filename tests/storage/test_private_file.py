"""The file of the database is its owner's alone: names, windows and the mark of every number stand in it."""

import os
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from storage.engine import open_database
from storage.migrate import migrate


@pytest.mark.parametrize("before", [None, 0o644, 0o666, 0o600])
async def test_nobody_else_reads_it(tmp_path: Path, before: int | None) -> None:
    file = tmp_path / "var" / "nightporter.db"
    kept = [file, Path(f"{file}-wal"), Path(f"{file}-shm")]
    if before is not None:
        file.parent.mkdir()
        for each in kept[:2]:
            each.touch()
            each.chmod(before)
    database = open_database(f"sqlite+aiosqlite:///{file}")
    await migrate(database)
    try:
        assert [oct(each.stat().st_mode & 0o777) for each in kept if each.exists()] == ["0o600"] * 3
    finally:
        await database.engine.dispose()


async def test_what_is_no_file_keeps_its_rights(tmp_path: Path) -> None:
    """DATABASE_URL may name a folder or a device by mistake."""
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    for each in (folder, Path("/dev/null"), pipe):
        before = each.stat().st_mode
        database = open_database(f"sqlite+aiosqlite:///{each}")
        try:
            if not each.is_fifo():  # SQLite would wait for somebody to write
                with pytest.raises(OperationalError):
                    await migrate(database)
            assert each.stat().st_mode == before, each
        finally:
            each.chmod(before & 0o777)
            await database.engine.dispose()
