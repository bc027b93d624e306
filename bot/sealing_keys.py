"""Where the sealing keys are: in the settings, or in a file beside an embedded SQLite database."""

import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.settings import Settings, SettingsProblem, read_bytes
from storage.seals import check_key, new_key
from storage.seals_fit import holds_sealed


def keys_for(settings: Settings, *, only_look: bool = False) -> list[str]:
    """The sealing keys, newest first; an embedded SQLite database gets one of its own beside it, but where somebody
    has `only_look`ed.

    Raises SettingsProblem for a key that is none, or is gone while the database holds what it sealed.
    """
    if settings.nightporter_keys:
        return checked_keys([key.get_secret_value() for key in settings.nightporter_keys], "NIGHTPORTER_KEYS")
    return checked_keys(_keys_beside(settings, only_look=only_look), str(key_file(settings)))


def checked_keys(keys: list[str], where: str) -> list[str]:
    """Raises SettingsProblem for a key that is none."""
    try:
        for key in keys:
            check_key(key)
    except ValueError:
        raise SettingsProblem([f"{where} holds a key that is none: make one with `nightporter keys new`"]) from None
    return keys


KEY_IS_GONE = (
    "{file} is gone, and the database holds PINs and numbers that only this key opens: put it back from your copy, "
    "beside the database or in NIGHTPORTER_KEYS. A new key opens none of them"
)


def key_file(settings: Settings) -> Path:
    return database_file(settings).with_suffix(".key")


def database_file(settings: Settings) -> Path:
    return Path(make_url(settings.database_url.get_secret_value()).database or "var/nightporter.db")


def _keys_beside(settings: Settings, *, only_look: bool) -> list[str]:
    file = key_file(settings)
    try:
        if not file.exists():
            if holds_sealed(database_file(settings)):
                raise SettingsProblem([KEY_IS_GONE.format(file=file)])
            if only_look:
                return [new_key()]
        _make_key(file)
        if file.is_file() and file.stat().st_mode & 0o077:  # as of the database: copied here, it is anybody's to read
            with suppress(PermissionError):
                file.chmod(0o600)
    except OSError as error:
        raise SettingsProblem([f"{file} cannot be made: {error.strerror or type(error).__name__}"]) from None
    return keys_in(file) or [""]


def keys_in(file: Path) -> list[str]:
    """One a line, or with commas between them, newest first. Raises SettingsProblem."""
    return read_bytes(str(file), file).decode("ascii", "replace").replace(",", " ").split()


def _make_key(file: Path) -> None:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        # Whole before it has its name, and out of others' reach before there is anything in it: a start that is cut off
        # leaves no empty file, and of two starts at once both take the key of the first.
        made = file.with_name(f"{file.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(new_key() + "\n")
        with suppress(FileExistsError):
            os.link(made, file)
        made.unlink()
