"""How calendars and booking systems are, without anything that lies under a seal."""

from sqlalchemy import and_, func, select

from bot.domain.sources.feeds import FeedProblem, Platform
from bot.domain.sources.health import FeedHealth, SourcesHealth, SystemHealth
from storage.booking_tables import BookingRow, BookingSourceRow
from storage.programs import FeedRow
from storage.repository import table
from storage.transaction import Transaction

_F, _S, _B = table(FeedRow).c, table(BookingSourceRow).c, table(BookingRow).c
_FEEDS = select(_F.lock_id, _F.platform, _F.unit, _F.added_at, _F.good_at, _F.problem).order_by(_F.id)
_WAITS = and_(_B.source_id == _S.id, _B.words.is_not(None))
_SYSTEMS = (
    select(_S.name, _S.heard_at, func.count(_B.id).label("waiting"))
    .select_from(table(BookingSourceRow).outerjoin(table(BookingRow), _WAITS))
    .group_by(_S.name, _S.heard_at)
    .order_by(_S.name)
)


async def sources_health(transaction: Transaction) -> SourcesHealth:
    feeds = [
        FeedHealth(
            row.lock_id,
            Platform(row.platform),
            row.unit,
            row.added_at,
            row.good_at,
            FeedProblem(row.problem) if row.problem else None,
        )
        for row in await transaction.rows(_FEEDS)
    ]
    return SourcesHealth(feeds, [SystemHealth(*row) for row in await transaction.rows(_SYSTEMS)])
