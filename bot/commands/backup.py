"""`nightporter backup` and `nightporter restore`: the whole database in one file, and back. They need DATABASE_URL and,
for the key, NIGHTPORTER_KEYS; whatever else may be missing or wrong."""

import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.terminal.opening import noted, run_until_done, said_of_database
from bot.commands.terminal.stopping import put, stop_with
from bot.processes.start import settled
from bot.sealing_keys import checked_keys, database_file, key_file, keys_for, keys_in
from bot.settings import Settings, SettingsProblem, read_settings_in_part
from storage.backup import BackupProblem, Fits, back_up_sqlite, made_whole, restore_sqlite
from storage.engine import open_database
from storage.migrate import newest_revision
from storage.postgresql_backup import back_up_postgresql, restore_postgresql
from storage.seals import Seals, UnknownSeal
from storage.seals_fit import check_opens

File = Annotated[Path, typer.Argument(help="The backup: one file, whatever the database.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def backup(
    file: File,
    with_key: Annotated[
        bool, typer.Option("--with-key/--without-key", help="Copy the keys, too, to FILE.key beside it.")
    ] = False,
    force: Force = False,
) -> None:
    """Copy the whole database into one file, while everything runs.

    Without its key nobody reads the PINs and numbers in it, you neither: keep a copy of the key elsewhere.

    Example: nightporter backup nightporter.backup --with-key
    """
    settings = _settings()
    keys_file = Path(f"{file}.key")
    _check_apart(settings, file)
    for each in (file, keys_file) if with_key else (file,):
        if each.exists() and not force:
            raise stop_with([f"{each} is there already: name another, or give --force to replace it."])
    run_until_done(_back_up(settings, file, keys_file if with_key else None))


async def _back_up(settings: Settings, file: Path, keys_file: Path | None) -> None:
    settled()
    database = open_database(settings.database_url.get_secret_value(), existing=True)
    try:
        keys = _keys_there(settings) if keys_file else []
        if settings.is_postgresql:
            revision = await back_up_postgresql(database, file, Seals(keys) if keys else None)
        else:
            revision = back_up_sqlite(database_file(settings), file, Seals(keys) if keys else None)
        if keys_file:
            _write_keys(keys_file, keys)
        if revision == newest_revision():
            await noted(database, "backup", keys="copied" if keys_file else "not copied")
    except (BackupProblem, SettingsProblem, UnknownSeal) as error:
        raise stop_with([str(error)]) from None
    except sqlite3.Error as error:
        raise stop_with([said_of_database(error)]) from None
    finally:
        await database.engine.dispose()
    put(f"{file} holds the whole database, at revision {revision}.")
    if keys_file:
        put(f"{keys_file} holds the keys that open it: keep the two apart. Together they are every PIN and number.")
    else:
        put(f"It opens only with the key, which is not in it and stands in {_where_keys_are(settings)}: keep a copy.")


def restore(
    file: File,
    from_keys: Annotated[
        Path | None, typer.Option("--key-file", help="The keys it was sealed with, such as FILE.key.")
    ] = None,
    force: Force = False,
) -> None:
    """Put a backup in the place of the database in DATABASE_URL. Nothing may run meanwhile.

    What stands in the way is said, and nothing is changed then. Afterwards `nightporter doctor` verifies what is there.

    Example: nightporter restore nightporter.backup --key-file nightporter.backup.key
    """
    settings = _settings()
    _check_apart(settings, file)
    run_until_done(_restore(settings, file, from_keys, force=force))


async def _restore(settings: Settings, file: Path, from_keys: Path | None, *, force: bool) -> None:
    settled()
    try:
        _check_kind(settings, file)
        given = checked_keys(keys_in(from_keys), str(from_keys)) if from_keys else []
        keys = _keys_afterwards(settings, given)
        fits = _fits(settings, file, keys, given)
        if settings.is_postgresql:
            database = open_database(settings.database_url.get_secret_value())
            try:
                revision = await restore_postgresql(file, database, fits, force=force)
            finally:
                await database.engine.dispose()
        else:
            beside = key_file(settings)

            def put_keys() -> None:
                if given and not settings.nightporter_keys:
                    _write_keys(beside, keys)

            revision = restore_sqlite(file, database_file(settings), fits, put_keys, force=force)
    except (BackupProblem, SettingsProblem) as error:
        raise stop_with([str(error)]) from None
    except sqlite3.Error as error:
        raise stop_with([said_of_database(error)]) from None
    put(f"Restored, at revision {revision}.")
    if revision == newest_revision():
        await _note_restored(settings)
    else:
        put("That is of an earlier version: the next start brings it to the newest, as does `nightporter migrate`.")
    put("Now let `nightporter doctor` verify it; what happened after the backup, this database does not know.")


async def _note_restored(settings: Settings) -> None:
    database = open_database(settings.database_url.get_secret_value())
    try:
        await noted(database, "restore")
    finally:
        await database.engine.dispose()


def _settings() -> Settings:
    try:
        return read_settings_in_part("DATABASE_URL", "NIGHTPORTER_KEYS")
    except SettingsProblem as error:
        raise stop_with(error.problems, 2) from None


def _check_apart(settings: Settings, file: Path) -> None:
    """A backup in the place of the database itself, or of its key, would be the end of both."""
    if not settings.is_postgresql:
        database = database_file(settings)
        ours = (database, key_file(settings), *(Path(f"{database}{ending}") for ending in ("-wal", "-shm", "-journal")))
        if file.resolve() in [one.resolve() for one in ours]:
            raise stop_with([f"{file} is the database's own: name another."], 2)


def _check_kind(settings: Settings, file: Path) -> None:
    """What the file is, by its first letters. Raises BackupProblem."""
    try:
        if not file.is_file():
            raise BackupProblem(f"There is no file {file}.")
        with file.open("rb") as opened:
            first = opened.read(15)
    except OSError as error:
        raise BackupProblem(f"{file} cannot be read: {error.strerror or type(error).__name__}.") from None
    of_postgresql, of_sqlite = first.startswith(b"PGDMP"), first == b"SQLite format 3"
    if not (of_postgresql or of_sqlite):
        raise BackupProblem(f"{file} is no backup of Night Porter's: nothing was changed.")
    if of_postgresql != settings.is_postgresql:
        made, named = ("PostgreSQL", "SQLite") if of_postgresql else ("SQLite", "PostgreSQL")
        raise BackupProblem(f"{file} was made from {made}, and DATABASE_URL names {named}: nothing was changed.")


def _keys_there(settings: Settings) -> list[str]:
    """Raises SettingsProblem, also where there are none."""
    if not settings.nightporter_keys and not key_file(settings).exists():
        raise SettingsProblem([f"There is no key: neither {key_file(settings)} nor NIGHTPORTER_KEYS."])
    return keys_for(settings, only_look=True)


def _keys_afterwards(settings: Settings, given: list[str]) -> list[str]:
    """What a start will know then. What lies beside the database stays behind what is given: nothing is lost by it."""
    if settings.nightporter_keys:
        return keys_for(settings)
    beside = key_file(settings)
    there = checked_keys(keys_in(beside), str(beside)) if beside.exists() else []
    return [*given, *(key for key in there if key not in given)]


def _fits(settings: Settings, file: Path, keys: list[str], given: list[str]) -> Fits:
    def check(sealed: list[bytes]) -> None:
        try:
            check_opens(Seals(keys) if keys else None, sealed)
        except UnknownSeal:
            raise BackupProblem(_does_not_fit(settings, file, given)) from None

    return check


def _does_not_fit(settings: Settings, file: Path, given: list[str]) -> str:
    if settings.nightporter_keys and given:
        cure = "NIGHTPORTER_KEYS is set, and counts: put what stands in the key file into it"
    elif settings.nightporter_keys:
        cure = "put the key that it was sealed with into NIGHTPORTER_KEYS"
    else:
        beside = Path(f"{file}.key")
        cure = f"give the file with the key that it was sealed with: --key-file {beside if beside.exists() else 'FILE'}"
    return f"The key does not open {file}: {cure}. Nothing was changed."


def _write_keys(file: Path, keys: list[str]) -> None:
    with made_whole(file) as new:
        new.write_text("".join(f"{key}\n" for key in keys), encoding="ascii")


def _where_keys_are(settings: Settings) -> str:
    return "NIGHTPORTER_KEYS" if settings.nightporter_keys else str(key_file(settings))
