"""Key rotation: every sealed value opened with whichever key fits and sealed again with the newest. One that the newest
has sealed is left, so that what was interrupted goes on where it was."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.domain.stays.guests import NOBODYS
from storage.booking_tables import BookingRow, BookingSourceRow
from storage.engine import Database
from storage.installed import SEALED_TOKENS, SlackBotRow
from storage.processes import check_all_know
from storage.programs import FeedRow, HookRow, SourceStayRow
from storage.seals import Seals
from storage.tables import (
    AccessCodeRow,
    AccessRequestRow,
    GuestPageRow,
    GuestRow,
    InboxRow,
    MessageRow,
    OnlinePinRow,
    SealedWordsRow,
    SmsCodeRow,
)

BATCH = 500


Report = Callable[[str, int], None]
"""Called after each batch with what it was and how many of it are done."""


async def rotate(database: Database, seals: Seals, said: Report = lambda _what, _count: None) -> int:
    """Seals everything anew; returns how many values. Safe to interrupt and to run again. Raises UnknownSeal, and
    OlderKeys while a process lives that would go on with the old ones."""
    await check_all_know(database, seals)
    done = 0
    for what, row, value, mark in SEALED:
        done += await _rotate(database, seals, row, value, mark, partial(said, what))
    done += await _rotate_inbox(database, seals) + await _rotate_tokens(database, seals)
    # One that started meanwhile may have written with the old keys what was passed already.
    await check_all_know(database, seals)
    return done


_Row = (
    type[GuestRow]
    | type[AccessCodeRow]
    | type[OnlinePinRow]
    | type[SealedWordsRow]
    | type[SmsCodeRow]
    | type[SourceStayRow]
    | type[GuestPageRow]
    | type[FeedRow]
    | type[HookRow]
    | type[BookingSourceRow]
    | type[BookingRow]
)
SEALED: tuple[tuple[str, _Row, str, str | None], ...] = (
    ("guests", GuestRow, "phone", "phone_mark"),
    ("texts", SealedWordsRow, "words", None),
    ("PINs", AccessCodeRow, "pin", "pin_mark"),
    ("approvers' codes", SmsCodeRow, "code", "mark"),
    ("online PINs", OnlinePinRow, "pin", "pin_mark"),
    ("changes of online PINs", OnlinePinRow, "next_pin", "next_mark"),
    ("external ids", SourceStayRow, "external_id", "external_mark"),
    ("stays as their sources say them", SourceStayRow, "said", None),
    ("links of stays without a number", SourceStayRow, "link", "link_mark"),
    ("addresses of guests' pages", GuestPageRow, "token", "mark"),
    ("addresses of hooks", HookRow, "address", None),
    ("secrets of hooks", HookRow, "secret", None),
    ("addresses of calendars", FeedRow, "address", None),
    ("bookings of calendars", FeedRow, "known", None),
    ("credentials of booking systems", BookingSourceRow, "credentials", None),
    ("tokens of booking systems", BookingSourceRow, "token", None),
    ("ids of bookings", BookingRow, "external_id", "external_mark"),
    ("bookings that wait", BookingRow, "words", None),
)


async def _rotate(
    database: Database,
    seals: Seals,
    row: "_Row",
    value: str,
    mark: str | None,
    said: Callable[[int], None],
) -> int:
    """`mark`: where the fingerprint stands, for a value that has one."""
    done, after = 0, ""
    while True:
        async with database.engine.begin() as connection:
            sealed = getattr(row, value)
            found = (
                await connection.execute(
                    # By id, as a running bot takes a stay's codes, and in batches, for which it waits little.
                    select(col(row.id), sealed)
                    .where(col(row.id) > after, col(sealed).is_not(None))
                    .order_by(col(row.id))
                    .limit(BATCH)
                )
            ).all()
            for row_id, old in found:
                done += await _reseal(connection, seals, row, row_id, old, value, mark)
        if not found:
            return done
        after = found[-1][0]
        said(done)


async def _reseal(
    connection: AsyncConnection, seals: Seals, row: "_Row", row_id: str, read: bytes, value: str, mark: str | None
) -> bool:
    """Whether there was anything to do. Only what is still as it was read: a running bot may have given the row another
    value meanwhile, which then is sealed anew in its stead."""
    column: Any = col(getattr(row, value))
    old: bytes | None = read
    while old is not None and not seals.is_newest(old):
        text = seals.open(old)
        # Numbers that were erased are all the same one, and no two of them the same guest.
        erased = row is GuestRow and text == NOBODYS.e164
        if row is GuestRow and not erased:
            await _merge(connection, row_id, seals.fingerprint(text))
        new: dict[str, object] = {value: seals.seal(text)}
        known = mark and await _known_anew(connection, row, row_id, seals.fingerprint(text))
        new |= {mark: seals.fingerprint(text)} if mark and not erased and not known else {}
        mine = col(row.id) == row_id, column == old
        if (await connection.execute(update(row).where(*mine).values(**new))).rowcount:
            return True
        old = await connection.scalar(select(column).where(col(row.id) == row_id))
    return False


_MARKED_IN_SOURCE: dict[Any, tuple[Any, Any, Any]] = {
    SourceStayRow: (SourceStayRow.id, SourceStayRow.source, SourceStayRow.external_mark),
    BookingRow: (BookingRow.id, BookingRow.source_id, BookingRow.external_mark),
}
"""What has a mark of its own in each source: its id, its source, its mark."""


async def _known_anew(connection: AsyncConnection, row: "_Row", row_id: str, mark: str) -> bool:
    """A process with other keys has found this stay under no mark that it knew, and its source has said it anew: that
    one is the stay's from now on, and this one keeps a mark that nobody looks for."""
    if row not in _MARKED_IN_SOURCE:
        return False
    ids, of, marks = map(col, _MARKED_IN_SOURCE[row])
    source = select(of).where(ids == row_id).scalar_subquery()
    same = select(ids).where(of == source, marks == mark)
    return await connection.scalar(same) not in (None, row_id)


_OF_GUESTS = ((AccessRequestRow, "guest_id"), (AccessCodeRow, "guest_id"), (MessageRow, "recipient"))
"""Where a guest is named by id."""


async def _merge(connection: AsyncConnection, guest_id: str, mark: str) -> None:
    """A process with other keys has found the number under no mark that it knew, and taken it for a new one: what was
    written about the other becomes this one's. Whoever wants no more texts wants none from either."""
    other = (
        await connection.execute(
            select(col(GuestRow.id), col(GuestRow.opted_out_at)).where(
                col(GuestRow.phone_mark) == mark, col(GuestRow.id) != guest_id
            )
        )
    ).one_or_none()
    if other is None:
        return
    for row, name in _OF_GUESTS:
        about = col(getattr(row, name))
        await connection.execute(update(row).where(about == other.id).values({name: guest_id}))
    if other.opted_out_at is not None:
        await connection.execute(
            update(GuestRow)
            .where(col(GuestRow.id) == guest_id, col(GuestRow.opted_out_at).is_(None))
            .values(opted_out_at=other.opted_out_at)
        )
    await connection.execute(delete(GuestRow).where(col(GuestRow.id) == other.id))


async def _rotate_inbox(database: Database, seals: Seals) -> int:
    """What waits for its answer, as long as it is still as it was read."""
    done = 0
    async with database.engine.connect() as connection:
        rows = (await connection.execute(select(col(InboxRow.id), col(InboxRow.command), col(InboxRow.answer)))).all()
    for row_id, command, answer in rows:
        for column, old in ((col(InboxRow.command), command), (col(InboxRow.answer), answer)):
            if old is None or seals.is_newest(old):
                continue
            anew = seals.seal(seals.open(old))
            async with database.engine.begin() as connection:
                mine = col(InboxRow.id) == row_id, column == old
                done += (await connection.execute(update(InboxRow).where(*mine).values({column: anew}))).rowcount
    return done


async def _rotate_tokens(database: Database, seals: Seals) -> int:
    """One value at a time, and only if it is still the one that was read: a token may be renewed meanwhile."""
    done = 0
    async with database.engine.connect() as connection:
        rows = (await connection.execute(select(SlackBotRow.__table__))).mappings().all()  # type: ignore[attr-defined]
    for row in rows:
        for name in SEALED_TOKENS:
            column = col(getattr(SlackBotRow, name))
            if row[name] is None or seals.is_newest(row[name].encode("ascii")):
                continue
            anew = seals.seal(seals.open(row[name].encode("ascii"))).decode("ascii")
            async with database.engine.begin() as connection:
                mine = col(SlackBotRow.id) == row["id"], column == row[name]
                done += (await connection.execute(update(SlackBotRow).where(*mine).values({name: anew}))).rowcount
    return done
