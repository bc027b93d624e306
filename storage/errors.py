"""What a database means by its errors: a transaction that it undid, a database that is away, anything else."""

from sqlalchemy.exc import DBAPIError

_UNDONE = frozenset({"40001", "40P01"})
"""serialization_failure and deadlock_detected: others go on, and this transaction can simply be run once more."""

_AWAY = ("08", "28", "3D", "57P")
"""No connection, no entrance, no such database, and a server that starts or stops."""

_SQLITE_AWAY = ("SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_PERM")


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's five letters, SQLite's name of the error, or nothing: neither tells anything of what was written."""
    cause = (error.orig or error) if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or "")


_MADE_TWICE = frozenset({"locks_provider_ref_key", "guests_phone_mark_key"})
"""Two read a lock for the first time at the same moment, or welcome a guest: whoever comes second looks again, and
finds it."""


_OLD_PLAN = frozenset({"InvalidCachedStatementError", "OutdatedSchemaCacheError"})
"""Somebody has changed a table since the driver prepared the statement; it prepares it anew next time."""


def is_undone(error: BaseException) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if type(cause).__name__ in _OLD_PLAN:
        return True
    return sqlstate(error) in _UNDONE or (sqlstate(error) == "23505" and _constraint(error) in _MADE_TWICE)


def _constraint(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    driver = getattr(cause, "__cause__", None) or cause  # under SQLAlchemy's adapter
    return str(getattr(driver, "constraint_name", None) or "")


def is_full(error: BaseException) -> bool:
    """too_many_connections: the server is there, and takes nobody else just now."""
    return sqlstate(error) == "53300"


_NO_ROOM = ("53100", "SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_FSYNC")
"""disk_full; SQLite says write errors, too, where a file may grow no further."""


def has_no_room(error: BaseException) -> bool:
    """The disk under the database is full. It can still be read."""
    return sqlstate(error).startswith(_NO_ROOM)


def is_away(error: BaseException) -> bool:
    """True where the address, the server or the way to it is what has to be looked at."""
    code = sqlstate(error)
    if not code:
        return isinstance(error, OSError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    return code.startswith((*_AWAY, *_SQLITE_AWAY))


_NO_TABLE = frozenset({"42P01", "42703"})
"""undefined_table and undefined_column; SQLite has words for them alone."""


def is_behind(error: BaseException) -> bool:
    """The tables are not there, or those of an earlier program: it has to be migrated."""
    cause = (error.orig or error) if isinstance(error, DBAPIError) else error
    return sqlstate(error) in _NO_TABLE or str(cause).startswith(("no such table", "no such column"))


def of_sqlite(error: BaseException) -> str:
    """SQLite's own name of the error; empty for any other database's."""
    code = sqlstate(error)
    return code if code.startswith("SQLITE_") else ""


def behind_it(error: BaseException) -> BaseException:
    """The database's error, where the unit of work has said it plainly."""
    return error.__cause__ if isinstance(error.__cause__, DBAPIError) else error


def kind(error: BaseException) -> str:
    """Which error it is, for the operator; no statement and no values."""
    error = behind_it(error)
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    said = cause.__cause__ if sqlstate(error) and cause.__cause__ is not None else cause  # under the driver's adapter
    return ", ".join(filter(None, (type(said).__name__, sqlstate(error))))
