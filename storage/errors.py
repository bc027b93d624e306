"""What a database means by its errors: a transaction that it undid, a database that is away, anything else."""

from sqlalchemy.exc import DBAPIError

_UNDONE = frozenset({"40001", "40P01"})
"""serialization_failure and deadlock_detected: others go on, and this transaction can simply be run once more."""

_AWAY = ("08", "28", "3D", "57P")
"""No connection, no entrance, no such database, and a server that starts or stops."""

_SQLITE_AWAY = ("SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_PERM")


def sqlstate(trouble: BaseException) -> str:
    """PostgreSQL's five letters, SQLite's name of the error, or nothing: neither tells anything of what was written."""
    cause = (trouble.orig or trouble) if isinstance(trouble, DBAPIError) else trouble
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or "")


def is_undone(trouble: BaseException) -> bool:
    return sqlstate(trouble) in _UNDONE


def is_full(trouble: BaseException) -> bool:
    """too_many_connections: the server is there, and takes nobody else just now."""
    return sqlstate(trouble) == "53300"


def is_away(trouble: BaseException) -> bool:
    """True where the address, the server or the way to it is what has to be looked at."""
    code = sqlstate(trouble)
    if not code:
        return isinstance(trouble, OSError) or (isinstance(trouble, DBAPIError) and trouble.connection_invalidated)
    return code.startswith((*_AWAY, *_SQLITE_AWAY))


def kind(trouble: BaseException) -> str:
    """Which error it is, for the operator; no statement and no values."""
    if isinstance(trouble.__cause__, DBAPIError):  # said plainly by the unit of work
        trouble = trouble.__cause__
    cause = trouble.orig if isinstance(trouble, DBAPIError) and trouble.orig else trouble
    told = cause.__cause__ if sqlstate(trouble) and cause.__cause__ is not None else cause  # under the driver's adapter
    return ", ".join(filter(None, (type(told).__name__, sqlstate(trouble))))
