"""Every no as `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from bot.conversation.refusals.sentences import sentence
from bot.domain.refusals import Offer, Reason, Refusal
from bot.domain.signs import unturned
from providers.stays_api import models

MEDIA_TYPE = "application/problem+json"
_MOST, _LONGEST = 20, 100
_TITLES = {
    400: "This is no JSON",
    401: "A token is needed",
    403: "The token may not do that",
    404: "There is no such thing",
    405: "This cannot be done here",
    409: "A rule says no",
    413: "Too large",
    422: "Something in it is wrong",
    429: "Too much at once",
    500: "A fault of ours",
    503: "Not just now",
}


def problem(
    status: int,
    reason: str,
    detail: str,
    offers: Sequence[models.ApiOffer] = (),
    errors: Sequence[models.FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    said = models.ApiProblem(
        type=f"urn:nightporter:refusals#{reason}",
        title=_TITLES.get(status, "No"),
        status=status,
        detail=detail,
        reason=reason,
        offers=list(offers),
        errors=list(errors),
    )
    return Response(said.model_dump_json(), status, headers, MEDIA_TYPE)


def refused(refusal: Refusal, now: datetime) -> Response:
    """A rule's no. A limit says when to come again."""
    zone = refusal.zone or ZoneInfo("UTC")
    offers = [_offer(one, zone) for one in refusal.offers]
    if refusal.reason is Reason.UNKNOWN_STAY:
        return problem(404, refusal.reason.value, "We know no stay under this name of its source.")
    if refusal.reason is not Reason.TOO_MANY:
        return problem(409, refusal.reason.value, sentence(refusal), offers)
    again = refusal.facts.get("at")
    wait = max(1, int((again - now).total_seconds())) if isinstance(again, datetime) else 60
    return problem(429, refusal.reason.value, sentence(refusal), headers={"Retry-After": str(wait)})


def _offer(offer: Offer, zone: ZoneInfo) -> models.ApiOffer:
    return models.ApiOffer(
        kind=offer.kind.value,
        starts_at=local(offer.starts_at, zone),
        ends_at=local(offer.ends_at, zone),
        then=[_offer(one, zone) for one in offer.then],
    )


def local(moment: datetime, zone: ZoneInfo) -> str:
    """On the door's clock, with its offset."""
    return moment.astimezone(UTC).astimezone(zone).isoformat()


def not_valid(invalid: ValidationError, model: type[BaseModel]) -> Response:
    """What is wrong with the fields, one sentence for each; no value that was sent is said again."""
    wrong = invalid.errors(include_url=False, include_context=False, include_input=False)[:_MOST]
    found = [_field(error["loc"], error["type"], error["msg"], model) for error in wrong]
    return problem(422, "invalid", f"{found[0].field} {found[0].detail}.", errors=found)


def _field(place: tuple[int | str, ...], kind: str, said: str, model: type[BaseModel]) -> models.FieldError:
    name = unturned(".".join(map(str, place)))[:_LONGEST] or "The body"
    said = said.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        beside = models.ApiGuest if place[:-1] == ("guest",) else model
        said = f"is no field: there are {', '.join(beside.model_fields)}"
    elif kind == "missing":
        said = "is missing"
    elif not said.startswith(("is ", "holds ")):
        said = f"is wrong: {said[:1].lower()}{said[1:]}"
    return models.FieldError(field=name, detail=said)
