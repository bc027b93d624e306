"""The whole path that an integrator of igloohome locks walks with Seam's official SDK, in one piece."""

from datetime import timedelta
from typing import Any

import pytest
from seam import Seam, SeamHttpInvalidInputError, SeamWebhook

from providers.sandbox.doors import FRONT_DOOR, GARDEN_GATE, LOFT
from tests.sandbox.outside_world import DAY, HOUR, Bot, Sandbox, eventually, hour, stay


def digits(sdk: Seam, made: Any) -> str:
    pin: str = eventually(lambda: sdk.access_codes.get(access_code_id=made.access_code_id).code)
    return pin


def test_from_the_webview_to_signed_events(sandbox: Sandbox, sdk: Seam, bot: Bot) -> None:
    webview = sdk.connect_webviews.create(accepted_providers=["igloohome"], wait_for_device_creation=True)
    assert sandbox.http.post(f"{webview.url}/complete").status_code == 200
    done = sdk.connect_webviews.get(connect_webview_id=webview.connect_webview_id)
    assert done.status == "authorized"
    assert [one.connected_account_id for one in sdk.connected_accounts.list()] == [done.connected_account_id]

    locks = {lock.device_id: lock for lock in sdk.devices.list(connected_account_id=done.connected_account_id)}
    assert all(lock.can_program_offline_access_codes for lock in locks.values())
    assert [ref for ref, lock in locks.items() if lock.can_program_online_access_codes] == [LOFT]

    hourly = sdk.access_codes.create(**stay(sandbox, FRONT_DOOR, ahead=timedelta(), length=30 * HOUR), name="hourly")
    daily = sdk.access_codes.create(**stay(sandbox, length=40 * DAY, ahead=timedelta()), max_time_rounding="1d")
    once = sdk.access_codes.create(
        device_id=GARDEN_GATE,
        is_offline_access_code=True,
        is_one_time_use=True,
        starts_at=hour(sandbox, timedelta()).isoformat(),
    )
    for made, door in ((hourly, FRONT_DOOR), (daily, FRONT_DOOR), (once, GARDEN_GATE)):
        assert sandbox.type(door, digits(sdk, made)) == "opened"
    for refused in (
        stay(sandbox, length=28 * DAY + 5 * HOUR),
        stay(sandbox, length=368 * DAY),
        {**stay(sandbox), "code": "4821"},
        stay(sandbox, ahead=timedelta(hours=-5)),
    ):
        with pytest.raises(SeamHttpInvalidInputError):
            sdk.access_codes.create(**refused)

    assert sdk.locks.unlock_door(device_id=LOFT).status == "success"
    assert sdk.locks.lock_door(device_id=LOFT).status == "success"
    online = sdk.access_codes.create(device_id=LOFT, code="4821", name="cleaner")
    eventually(lambda: not sdk.access_codes.get(access_code_id=online.access_code_id).pending_mutations)
    assert sandbox.type(LOFT, "4821") == "opened"
    sdk.access_codes.delete(access_code_id=online.access_code_id)
    assert sandbox.type(LOFT, "4821") == "unknown_pin"

    kinds = {event.event_type for event in sdk.events.list(since="2020-01-01T00:00:00Z")}
    assert {"connect_webview.login_succeeded", "access_code.created", "access_code.set_on_device"} <= kinds
    assert {"lock.unlocked", "lock.locked", "lock.access_denied", "access_code.deleted"} <= kinds

    def signed() -> set[str]:
        secret = sandbox.world.settings.seam_webhook_secret
        return {SeamWebhook(secret).verify(body, headers).event_type for headers, body in list(bot.heard)}

    assert eventually(lambda: kinds <= signed()), "every event came here, too, with a signature that the SDK accepts"
