"""Which of how many PINs a text is about, whether they are one stay's or a stay comes for each; and what repeats."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.domain.planning.visits import Visits
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.alerts import Alert, AlertKind
from bot.domain.stays.companions import link_of
from bot.domain.windows import AccessWindow
from bot.ports.unit_of_work import UnitOfWork


async def link_in_text(
    uow: UnitOfWork, code: AccessCode, codes: Sequence[AccessCode], request: AccessRequest | None = None
) -> tuple[int, int]:
    """Counted from 1, as `link_of`; of a wish that repeats and goes on its visits, for each of which a text comes.
    `codes`: the stay's, and `request` it, where it is at hand."""
    request = request or await uow.requests.get(code.request_id)
    series = await uow.series.get(request.series_id) if request and request.series_id else None
    if request is None or series is None or series.ended_at is not None:
        return link_of(code, codes)
    return request.visit, len(series.visits.days)


async def visit_of_alert(uow: UnitOfWork, alert: Alert, zone: ZoneInfo) -> tuple[AccessWindow, bool] | None:
    """When the visit is that an alert is about, and whether it still waits for a place; None of another alert."""
    if alert.kind is not AlertKind.VISIT:
        return None
    series_id, _, number = alert.about.partition(".")
    series = await uow.series.get(series_id)
    if series is None:
        return None
    return series.visits.window(int(number), zone), series.goes_on and series.done == int(number)


async def visits_of(uow: UnitOfWork, request: AccessRequest) -> Visits | None:
    """All that are decided with this request, where it repeats."""
    series = await uow.series.get(request.series_id) if request.series_id else None
    return series.visits if series else None
