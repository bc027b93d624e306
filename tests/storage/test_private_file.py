"""The file of the database is its owner's alone: names, windows and the mark of every number stand in it."""

from pathlib import Path

import pytest

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
