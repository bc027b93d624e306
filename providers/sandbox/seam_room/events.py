"""`/events/*` and `/webhooks/*`: what happened, asked for or subscribed to. Delivery stands in `webhook_sender`."""

from providers.sandbox.asked import Json
from providers.sandbox.seam_room.room import SeamRoom
from providers.sandbox.seam_room.webhook_sender import EVERYTHING, WebhookEndpoint
from providers.sandbox.seam_room.wire import Params, invalid, matches, not_found, read_moment

EVENT_FILTERS = ("event_id", "event_type", "device_id", "access_code_id", "connected_account_id", "connect_webview_id")
UNKNOWN_HERE = ("customer_key", "acs_system_id", "acs_user_id", "access_grant_id", "access_method_id", "space_id")


def list_events(room: SeamRoom, params: Params) -> Json:
    """Either `since` or `between`, both exclusive, over `created_at`."""
    since, between = params.moment("since"), params.words("between")
    if since is None and between is None:
        raise invalid("Must specify either since or between")
    if between is not None and len(between) != 2:
        raise invalid("between must contain exactly 2 dates", "between")
    after, before = (read_moment("between", one) for one in between) if between else (since, None)
    hidden = any(params.text(name) is not None for name in UNKNOWN_HERE)
    found = [
        event
        for event in ([] if hidden else room.events)
        if matches(event, params, *EVENT_FILTERS)
        and (after is None or read_moment("created_at", event["created_at"]) > after)
        and (before is None or read_moment("created_at", event["created_at"]) < before)
    ]
    skip = params.number("unstable_offset", 0, least=0)
    return {"events": found[skip:][: params.number("limit", 500)]}


def get_event(room: SeamRoom, params: Params) -> Json:
    event_id, device_id, kind = params.uuid("event_id"), params.uuid("device_id"), params.text("event_type")
    if event_id is None and (device_id is None or kind is None):
        raise invalid("Must specify either event_id or device_id and event_type")
    for event in reversed(room.events):
        if event["event_id"] == event_id or (
            event_id is None and event.get("device_id") == device_id and event["event_type"] == kind
        ):
            return {"event": event}
    raise not_found("event_not_found", "Event not found")


def create_webhook(room: SeamRoom, params: Params) -> Json:
    url, kinds = params.required("url"), params.words("event_types")
    if not url.startswith(("http://", "https://")):
        raise invalid('Invalid url for "url"', "url")
    return {"webhook": room.webhook_sender.subscribe(url, [EVERYTHING] if kinds is None else kinds).public()}


def get_webhook(room: SeamRoom, params: Params) -> Json:
    return {"webhook": _subscription(room, params).public()}


def list_webhooks(room: SeamRoom, params: Params) -> Json:
    return {"webhooks": [one.public() for one in room.webhook_sender.subscriptions.values()]}


def update_webhook(room: SeamRoom, params: Params) -> Json:
    one, kinds = _subscription(room, params), params.words("event_types")
    if kinds is None:
        raise invalid("event_types is required", "event_types", "Required")
    one.event_types = kinds
    return {}


def delete_webhook(room: SeamRoom, params: Params) -> Json:
    del room.webhook_sender.subscriptions[_subscription(room, params).webhook_id]
    return {}


def _subscription(room: SeamRoom, params: Params) -> WebhookEndpoint:
    found = room.webhook_sender.subscriptions.get(params.required("webhook_id"))
    if found is None:
        raise not_found("webhook_not_found", "Webhook not found")
    return found
