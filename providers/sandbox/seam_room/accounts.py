"""`/workspaces/*`, `/connect_webviews/*` and `/connected_accounts/*`: how an igloohome account gets connected.

There is one account, the owner of all doors. A webview is completed by a person at its `url`, or by the sandbox's route
for that; both end in `complete`.
"""

from typing import Any
from uuid import uuid4

from providers.sandbox.asked import Json
from providers.sandbox.seam_room.room import ACCOUNT, WORKSPACE, SeamRoom
from providers.sandbox.seam_room.wire import Params, invalid, moment, not_found, page

OWNER = "owner@example.com"
CAPABILITIES = ("lock", "thermostat", "noise_sensor", "access_control", "camera")
UNKNOWN_HERE = ("customer_key", "user_identifier_key", "space_id")


def get_workspace(room: SeamRoom, params: Params) -> Json:
    workspace = {
        "workspace_id": WORKSPACE,
        "name": "Night Porter sandbox",
        "company_name": "Night Porter",
        "is_sandbox": True,
        "connect_webview_customization": {},
        "is_suspended": False,
        "connect_partner_name": None,
        "is_publishable_key_auth_enabled": False,
        "organization_id": None,
    }
    return {"workspace": workspace}


def create_webview(room: SeamRoom, params: Params) -> Json:
    webview_id = str(uuid4())
    providers = params.words("accepted_providers") or []
    manages = params.flag("automatically_manage_new_devices")
    webview: Json = {
        "connect_webview_id": webview_id,
        "workspace_id": WORKSPACE,
        "created_at": moment(room.now()),
        "connected_account_id": None,
        "url": f"{room.world.settings.base_url}/sandbox/seam-connect/{webview_id}",
        "device_selection_mode": "none",
        "accepted_providers": providers,
        "accepted_capabilities": _capabilities(params),
        "accepted_devices": [],
        "any_device_allowed": False,
        "any_provider_allowed": not providers,
        "login_successful": False,
        "status": "pending",
        "custom_redirect_url": _url(params, "custom_redirect_url"),
        "custom_redirect_failure_url": _url(params, "custom_redirect_failure_url"),
        "custom_metadata": _metadata(params),
        "automatically_manage_new_devices": True if manages is None else manages,
        "wait_for_device_creation": bool(params.flag("wait_for_device_creation")),
        "authorized_at": None,
        "selected_provider": None,
    }
    room.webviews[webview_id] = webview
    return {"connect_webview": webview}


def _capabilities(params: Params) -> list[str]:
    asked = params.words("accepted_capabilities")
    if asked is not None and not set(asked) <= set(CAPABILITIES):
        raise invalid('Invalid enum value for "accepted_capabilities"', "accepted_capabilities")
    return asked if asked is not None else ["lock"]


def _url(params: Params, name: str) -> str | None:
    url = params.text(name)
    if url is not None and not url.startswith(("http://", "https://")):
        raise invalid(f'Invalid url for "{name}"', name)
    return url


def _metadata(params: Params) -> dict[str, Any]:
    """Seam takes up to 50 pairs, keys up to 40 characters without a dot, values up to 500."""
    given = params.record("custom_metadata")
    fits = len(given) <= 50 and all(
        len(key) <= 40
        and "." not in key
        and (isinstance(value, bool) or (isinstance(value, str) and len(value) <= 500))
        for key, value in given.items()
    )
    if not fits:
        raise invalid('Invalid metadata for "custom_metadata"', "custom_metadata")
    return given


def get_webview(room: SeamRoom, params: Params) -> Json:
    return {"connect_webview": find_webview(room, params.required_uuid("connect_webview_id"))}


def list_webviews(room: SeamRoom, params: Params) -> Json:
    wanted = params.record("custom_metadata_has")
    found = [one for one in room.webviews.values() if wanted.items() <= one["custom_metadata"].items()]
    return page("connect_webviews", [] if _asks_for_others(params) else found, params)


def delete_webview(room: SeamRoom, params: Params) -> Json:
    webview = find_webview(room, params.required_uuid("connect_webview_id"))
    del room.webviews[webview["connect_webview_id"]]
    return {}


def find_webview(room: SeamRoom, webview_id: str) -> Json:
    """Raises SeamError (404 connect_webview_not_found)."""
    if webview_id not in room.webviews:
        raise not_found("connect_webview_not_found", "Connect Webview not found")
    return room.webviews[webview_id]


def complete(room: SeamRoom, webview: Json) -> None:
    """The owner has signed in. A second time changes nothing; an account that was lost is connected again."""
    if webview["status"] != "pending":
        return
    webview.update(
        connected_account_id=ACCOUNT,
        status="authorized",
        login_successful=True,
        authorized_at=moment(room.now()),
        selected_provider="igloohome",
    )
    both = {"connected_account_id": ACCOUNT, "connect_webview_id": webview["connect_webview_id"]}
    room.emit("connect_webview.login_succeeded", **both)
    room.emit("connected_account.connected", **both)
    find(room)


def find(room: SeamRoom) -> None:
    """A lost account works again."""
    if room.account_lost_at is not None:
        room.account_lost_at = None
        kind = "connected_account.completed_first_sync_after_reconnection"
        room.emit(kind, connected_account_id=ACCOUNT, connected_account_custom_metadata={})


def fail(room: SeamRoom, webview: Json) -> None:
    """The owner gave a wrong password, and Seam has given up."""
    if webview["status"] == "pending":
        webview.update(status="failed")
        room.emit("connect_webview.login_failed", connect_webview_id=webview["connect_webview_id"])


def lose(room: SeamRoom) -> None:
    """The owner has changed their password: Seam cannot use the account any more. A second time changes nothing."""
    if room.account_lost_at is None:
        room.account_lost_at = room.now()
        said = {"connected_account_id": ACCOUNT, "connected_account_custom_metadata": {}}
        room.emit("connected_account.disconnected", error_code="account_disconnected", **said)


def list_accounts(room: SeamRoom, params: Params) -> Json:
    search = (params.text("search") or "").lower()
    hidden = _asks_for_others(params) or params.record("custom_metadata_has") or search not in OWNER
    return page("connected_accounts", [] if hidden else [_account(room)], params, default_limit=11_000)


def get_account(room: SeamRoom, params: Params) -> Json:
    account_id, email = params.uuid("connected_account_id"), params.text("email")
    if account_id is None and email is None:
        raise invalid("Must specify either connected_account_id or email")
    if account_id not in (None, ACCOUNT) or email not in (None, OWNER):
        raise not_found("connected_account_not_found", "Connected Account not found")
    return {"connected_account": _account(room)}


def _asks_for_others(params: Params) -> bool:
    """Nothing here was ever filed under a customer, a user or a space."""
    return any(params.text(name) is not None for name in UNKNOWN_HERE)


def lost(room: SeamRoom) -> list[Json]:
    """What stands among the errors of a lost account."""
    if room.account_lost_at is None:
        return []
    return [
        {
            "error_code": "account_disconnected",
            "message": "The account has to be signed in to again.",
            "is_connected_account_error": True,
            "created_at": moment(room.account_lost_at),
        }
    ]


def _account(room: SeamRoom) -> Json:
    return {
        "connected_account_id": ACCOUNT,
        "account_type": "igloohome",
        "account_type_display_name": "igloohome",
        "display_name": OWNER,
        "image_url": f"{room.world.settings.base_url}/sandbox/seam-connect/igloohome.png",
        "created_at": moment(room.opened_at),
        "errors": lost(room),
        "warnings": [],
        "custom_metadata": {},
        "automatically_manage_new_devices": True,
        "accepted_capabilities": ["lock"],
    }
