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


_MADE_TWICE = frozenset({"locks_provider_ref_key"})
"""Two processes read a lock for the first time at the same moment: whoever comes second looks again, and finds it."""


def is_undone(error: BaseException) -> bool:
    return sqlstate(error) in _UNDONE or (sqlstate(error) == "23505" and _constraint(error) in _MADE_TWICE)


def _constraint(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    driver = getattr(cause, "__cause__", None) or cause  # under SQLAlchemy's adapter
    return str(getattr(driver, "constraint_name", None) or "")


def is_full(error: BaseException) -> bool:
    """too_many_connections: the server is there, and takes nobody else just now."""
    return sqlstate(error) == "53300"


def is_away(error: BaseException) -> bool:
    """True where the address, the server or the way to it is what has to be looked at."""
    code = sqlstate(error)
    if not code:
        return isinstance(error, OSError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    return code.startswith((*_AWAY, *_SQLITE_AWAY))


def kind(error: BaseException) -> str:
    """Which error it is, for the operator; no statement and no values."""
    if isinstance(error.__cause__, DBAPIError):  # said plainly by the unit of work
        error = error.__cause__
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    said = cause.__cause__ if sqlstate(error) and cause.__cause__ is not None else cause  # under the driver's adapter
    return ", ".join(filter(None, (type(said).__name__, sqlstate(error))))
