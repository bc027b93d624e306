"""The bridged door through the official SDK, as one path; Seam's schema judges every request and every answer."""

import json

import httpx
import jsonschema
from seam import Seam

from providers.sandbox.doors import LOFT
from tests.sandbox.outside_world import HOUR, Sandbox, eventually, hour
from tests.sandbox.seam_contract import OPENAPI, check, needs_contract


def _judge(seen: list[str]) -> object:
    paths = json.loads(OPENAPI.read_text())["paths"]

    def judge(answer: httpx.Response) -> None:
        answer.read()
        path, verb = answer.request.url.path.removeprefix("/sandbox/seam"), answer.request.method.lower()
        check(path, verb, answer)
        if verb not in ("get", "delete"):
            schema = paths[path][verb]["requestBody"]["content"]["application/json"]["schema"]
            jsonschema.validate(json.loads(answer.request.content), {**schema, "additionalProperties": False})
        seen.append(path)

    return judge


def test_from_the_bridge_to_a_deleted_online_code(sandbox: Sandbox, sdk: Seam) -> None:
    needs_contract()
    sandbox.post("/sandbox/seam-settings", {"pin_delay_seconds": 0})
    seen: list[str] = []
    sdk.client.event_hooks = {"response": [_judge(seen)]}
    assert sdk.locks.unlock_door(device_id=LOFT).status == "success"
    assert sdk.locks.lock_door(device_id=LOFT).status == "success"
    window = {"starts_at": hour(sandbox, HOUR, LOFT).isoformat(), "ends_at": hour(sandbox, 40 * HOUR, LOFT).isoformat()}
    made = sdk.access_codes.create(device_id=LOFT, code="4821", name="cleaner", **window)
    assert (made.type, made.is_offline_access_code) == ("time_bound", False)
    sandbox.advance("PT30H")
    opened = eventually(lambda: sandbox.type(LOFT, "4821") == "opened")
    assert opened, "an online code has no activation window: its first use may come after 24 hours"
    sdk.access_codes.update(access_code_id=made.access_code_id, code="9753")
    assert [sandbox.type(LOFT, pin) for pin in ("4821", "9753")] == ["unknown_pin", "opened"]
    sdk.access_codes.delete(access_code_id=made.access_code_id)
    assert sandbox.type(LOFT, "9753") == "unknown_pin"
    assert {"/locks/unlock_door", "/locks/lock_door", "/action_attempts/get"} <= set(seen)
    assert {"/access_codes/create", "/access_codes/update", "/access_codes/delete"} <= set(seen)
