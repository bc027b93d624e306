"""Seam's room as the official SDK sees it, and the rules of the lock as Seam refuses them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from seam import Seam, SeamHttpApiError, SeamHttpInvalidInputError, SeamHttpUnauthorizedError

from providers.sandbox.doors import CABIN, FRONT_DOOR, GARDEN_GATE, LODGE, LOFT
from tests.sandbox.outside_world import DAY, HOUR, KEY, Sandbox, eventually, hour, stay
from tests.sandbox.seam_contract import Api

# --- through the SDK -------------------------------------------------------------------------------------------------


def test_the_sdk_lists_doors(sdk: Seam) -> None:
    locks = {lock.display_name: lock for lock in sdk.locks.list()}
    assert set(locks) == {"Front door", "Garden gate", "Loft", "Lodge", "Cabin"}
    assert [name for name, lock in locks.items() if lock.can_remotely_unlock] == ["Loft"]
    assert all(lock.can_program_offline_access_codes for lock in locks.values())
    assert locks["Lodge"].location["time_zone"] == "Asia/Kathmandu"
    found = sdk.devices.list(device_ids=[FRONT_DOOR, LOFT], manufacturer="igloohome")
    assert {device.device_id for device in found} == {FRONT_DOOR, LOFT}
    assert sdk.devices.get(device_id=CABIN).display_name == "Cabin"
    assert sdk.workspaces.get().is_sandbox


def test_the_sdk_pages_through_devices(sdk: Seam) -> None:
    paginator = sdk.create_paginator(sdk.devices.list, {"limit": 2})
    assert len(list(paginator.flatten())) == 5


@pytest.mark.parametrize("device_id", [FRONT_DOOR, LODGE, CABIN])
def test_an_hourly_pin_comes_later_and_opens_its_door(sandbox: Sandbox, sdk: Seam, device_id: str) -> None:
    made = sdk.access_codes.create(**stay(sandbox, device_id, length=30 * HOUR), name="np-1")
    assert (made.code, made.is_waiting_for_code_assignment, made.is_offline_access_code) == (None, True, True)
    assert [mutation.mutation_code for mutation in made.pending_mutations] == ["creating"]

    def issued() -> Any:
        found = sdk.access_codes.get(access_code_id=made.access_code_id)
        return found if found.code else None

    code = eventually(issued)
    assert code.status == "unset"
    assert [warning.warning_code for warning in code.warnings] == ["igloo_algopin_must_be_used_within_24_hours"]
    listed = sdk.access_codes.list(device_id=device_id, search="np-1")
    assert [one.code for one in listed] == [code.code]
    assert sandbox.type(device_id, code.code) == "not_yet"
    sandbox.advance("PT2H")
    assert sandbox.type(device_id, code.code) == "opened"
    assert sdk.access_codes.get(access_code_id=made.access_code_id).status == "set"


def test_a_moved_clock_brings_the_pin_at_once(sandbox: Sandbox, sdk: Seam) -> None:
    sandbox.post("/sandbox/seam-settings", {"pin_delay_seconds": 40})
    made = sdk.access_codes.create(**stay(sandbox))
    assert sdk.access_codes.get(access_code_id=made.access_code_id).code is None
    sandbox.advance("PT40S")
    assert sdk.access_codes.get(access_code_id=made.access_code_id).code is not None


def test_a_daily_pin(sandbox: Sandbox, sdk: Seam) -> None:
    asked = stay(sandbox, length=40 * DAY)
    made = sdk.access_codes.create(**asked, max_time_rounding="1d")
    assert datetime.fromisoformat(made.ends_at) == datetime.fromisoformat(asked["ends_at"])
    pin = eventually(lambda: sdk.access_codes.get(access_code_id=made.access_code_id).code)
    sandbox.advance("PT2H")
    assert sandbox.type(FRONT_DOOR, pin) == "opened"
    sandbox.advance("P39D")
    assert sandbox.type(FRONT_DOOR, pin) == "opened"
    sandbox.advance("P2D")
    assert sandbox.type(FRONT_DOOR, pin) == "ended"
    with pytest.raises(SeamHttpApiError):
        sdk.access_codes.get(access_code_id=made.access_code_id)


def test_a_one_time_pin(sandbox: Sandbox, sdk: Seam) -> None:
    start = hour(sandbox, timedelta())
    made = sdk.access_codes.create(
        device_id=GARDEN_GATE, is_offline_access_code=True, is_one_time_use=True, starts_at=start.isoformat()
    )
    assert made.is_one_time_use
    assert datetime.fromisoformat(made.ends_at) - start == DAY
    pin = eventually(lambda: sdk.access_codes.get(access_code_id=made.access_code_id).code)
    assert sandbox.type(GARDEN_GATE, pin) == "opened"
    assert sandbox.type(GARDEN_GATE, pin) == "already_used"


def test_a_deleted_pin_still_opens(sandbox: Sandbox, sdk: Seam) -> None:
    made = sdk.access_codes.create(**stay(sandbox, ahead=timedelta()), name="gone")
    pin = eventually(lambda: sdk.access_codes.get(access_code_id=made.access_code_id).code)
    sdk.access_codes.delete(access_code_id=made.access_code_id)
    with pytest.raises(SeamHttpApiError) as caught:
        sdk.access_codes.get(access_code_id=made.access_code_id)
    assert (caught.value.status_code, caught.value.code) == (404, "not_found")
    assert sdk.access_codes.list(device_id=FRONT_DOOR) == []
    assert sandbox.type(FRONT_DOOR, pin) == "opened"
    (kept,) = sandbox.get("/sandbox/seam-codes")["codes"]
    assert (kept["name"], kept["code"], kept["device_id"]) == ("gone", pin, FRONT_DOOR)
    assert kept["deleted_at"]
    again = sdk.access_codes.create(**stay(sandbox, ahead=timedelta()))
    assert eventually(lambda: sdk.access_codes.get(access_code_id=again.access_code_id).code) != pin


def test_the_sdk_is_refused_properly(sandbox: Sandbox, sdk: Seam) -> None:
    with pytest.raises(SeamHttpInvalidInputError) as caught:
        sdk.access_codes.create(**stay(sandbox, length=680 * HOUR))
    assert caught.value.request_id
    assert "29 to 367 days" in str(caught.value)
    with pytest.raises(SeamHttpApiError) as missing:
        sdk.devices.get(device_id="00000000-0000-4000-8000-000000000000")
    assert (missing.value.status_code, missing.value.code) == (404, "device_not_found")
    with (
        Seam(api_key="seam_test_wrong", endpoint=f"{sandbox.url}/sandbox/seam") as stranger,
        pytest.raises(SeamHttpUnauthorizedError),
    ):
        stranger.locks.list()


def test_the_sdk_opens_the_bridged_door_and_no_other(sandbox: Sandbox, sdk: Seam) -> None:
    attempt = sdk.locks.unlock_door(device_id=LOFT)
    assert (attempt.status, attempt.action_type) == ("success", "UNLOCK_DOOR")
    assert sdk.locks.lock_door(device_id=LOFT).status == "success"
    with pytest.raises(SeamHttpApiError) as caught:
        sdk.locks.unlock_door(device_id=FRONT_DOOR)
    assert caught.value.status_code == 400


def test_an_online_code_is_chosen_changed_and_really_deleted(sandbox: Sandbox, sdk: Seam) -> None:
    sandbox.post("/sandbox/seam-settings", {"pin_delay_seconds": 0})
    made = sdk.access_codes.create(device_id=LOFT, code="4821", name="cleaner")
    assert (made.code, made.type) == ("4821", "ongoing")
    eventually(lambda: not sdk.access_codes.get(access_code_id=made.access_code_id).pending_mutations)
    assert sandbox.type(LOFT, "4821") == "opened"
    with pytest.raises(SeamHttpApiError) as caught:
        sdk.access_codes.create(device_id=LOFT, code="4821")
    assert (caught.value.status_code, caught.value.code) == (409, "duplicate_access_code")
    sdk.access_codes.update(access_code_id=made.access_code_id, code="9753")
    assert [sandbox.type(LOFT, pin) for pin in ("4821", "9753")] == ["unknown_pin", "opened"]
    sdk.access_codes.delete(access_code_id=made.access_code_id)
    assert sandbox.type(LOFT, "9753") == "unknown_pin"
    with pytest.raises(SeamHttpInvalidInputError):
        sdk.access_codes.create(device_id=FRONT_DOOR, code="4821")


def test_an_account_is_connected_at_the_webview(sandbox: Sandbox, sdk: Seam) -> None:
    webview = sdk.connect_webviews.create(accepted_providers=["igloohome"], custom_metadata={"team": "T1"})
    assert webview.status == "pending"
    page = sandbox.http.get(webview.url)
    assert "Sign in" in page.text
    sandbox.post(f"/sandbox/seam-connect/{webview.connect_webview_id}/complete", {})
    done = sdk.connect_webviews.get(connect_webview_id=webview.connect_webview_id)
    assert (done.status, done.selected_provider) == ("authorized", "igloohome")
    (account,) = sdk.connected_accounts.list()
    assert account.connected_account_id == done.connected_account_id
    assert len(sdk.devices.list(connect_webview_id=webview.connect_webview_id)) == 5
    assert sdk.connected_accounts.get(connected_account_id=account.connected_account_id).errors == []
    kinds = [event.event_type for event in sdk.events.list(since="2020-01-01T00:00:00Z")]
    assert kinds == ["connect_webview.login_succeeded", "connected_account.connected"]
    sdk.connect_webviews.delete(connect_webview_id=webview.connect_webview_id)
    assert sdk.connect_webviews.list() == []


# --- the rules -------------------------------------------------------------------------------------------------------


def test_lengths_and_alignment(sandbox: Sandbox, api: Api) -> None:
    def lasts(length: timedelta, status: int) -> None:
        api("/access_codes/create", status, **stay(sandbox, CABIN, ahead=length, length=length))

    for good in (HOUR, 672 * HOUR - HOUR, 29 * DAY, 367 * DAY):
        lasts(good, 200)
    for bad in (673 * HOUR, 695 * HOUR, 30 * DAY + 5 * HOUR, 368 * DAY, 90 * timedelta(minutes=1), -HOUR):
        lasts(bad, 400)
    kathmandu = stay(sandbox, LODGE)
    api("/access_codes/create", 200, **kathmandu)
    utc_hour = hour(sandbox, 2 * HOUR, FRONT_DOOR).isoformat()
    api("/access_codes/create", 400, **{**kathmandu, "starts_at": utc_hour})


def test_a_start_may_lie_in_this_hour_but_not_before_it(sandbox: Sandbox, api: Api) -> None:
    api("/access_codes/create", 200, **stay(sandbox, ahead=timedelta()))
    refused = api("/access_codes/create", 400, **stay(sandbox, ahead=-HOUR))
    assert "greater than the current time" in refused["error"]["message"]
    api("/access_codes/create", 400, **stay(sandbox, ahead=1200 * DAY))


def test_what_an_offline_code_cannot_have(sandbox: Sandbox, api: Api) -> None:
    good = stay(sandbox)
    for more in (
        {"code": "1234"},
        {"ends_at": None},
        {"starts_at": None},
        {"starts_at": "soon"},
        {"starts_at": "2027-01-01T10:00:00"},
        {"starts_at": 5},
        {"ends_at": good["starts_at"]},
        {"max_time_rounding": "1week"},
        {"is_offline_access_code": "yes"},
        {"device_id": "front-door"},
        {"device_id": None},
        {"name": {"first": "Ana"}},
        {"is_offline_access_code": False, "is_one_time_use": True},
    ):
        error = api("/access_codes/create", 400, **{**good, **more})["error"]
        assert (error["type"], "_errors" in error["validation_errors"]) == ("invalid_input", True)
    assert sandbox.get("/sandbox/seam-codes")["codes"] == []
    made = api("/access_codes/create", **good)["access_code"]
    api("/access_codes/update", 400, access_code_id=made["access_code_id"], name="other")


def test_only_so_many_pins_per_start(sandbox: Sandbox, api: Api) -> None:
    once = {"is_one_time_use": True, "ends_at": None}
    daily = stay(sandbox, length=29 * DAY)
    later = (datetime.fromisoformat(daily["starts_at"]).replace(hour=1) + DAY).isoformat()
    made: list[Any] = []
    for asked, limit in ((stay(sandbox), 3), (stay(sandbox) | once, 5), (daily, 3)):
        made += [api("/access_codes/create", **asked)["access_code"] for _ in range(limit)]
        api("/access_codes/create", 400, **asked)
        sandbox.advance("PT2M")
    api("/access_codes/create", **stay(sandbox, ahead=3 * HOUR))
    api("/access_codes/create", **{**daily, "starts_at": later, "ends_at": _plus_days(later, 30, sandbox)})
    pins = [one["code"] for one in sandbox.get("/sandbox/seam-codes")["codes"]]
    assert len(set(pins)) == len(pins) == len(made) + 2


def _plus_days(start: str, days: int, sandbox: Sandbox) -> str:
    door = sandbox.world.doors.find(FRONT_DOOR)
    assert door is not None
    return (datetime.fromisoformat(start).astimezone(door.zone) + timedelta(days=days)).isoformat()


def test_ten_a_minute_and_199_in_all(sandbox: Sandbox, api: Api) -> None:
    for n in range(199):
        if n == 10:
            answer = sandbox.http.post(
                "/sandbox/seam/access_codes/create", json=stay(sandbox, ahead=500 * HOUR), headers=KEY
            )
            assert answer.status_code == 429
            assert 1 <= int(answer.headers["retry-after"]) <= 60
        if n % 10 == 0:
            sandbox.advance("PT61S")
        api("/access_codes/create", **stay(sandbox, ahead=(n + 2) * HOUR))
    sandbox.advance("PT61S")
    refused = api("/access_codes/create", 400, **stay(sandbox, ahead=400 * HOUR))
    assert "199" in refused["error"]["message"]
    api("/access_codes/create", **stay(sandbox, GARDEN_GATE))
    sandbox.advance("PT10H")
    api("/access_codes/create", **stay(sandbox, ahead=400 * HOUR))
