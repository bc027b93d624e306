"""SeamLockProvider over the wire: what is asked, what is made of the answers, and what each failure is called."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import jsonschema
import pytest

from bot.domain.locks.health import LockHealth
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import (
    LockInfo,
    Minted,
    MintOrder,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Unavailable,
)
from providers.seam.errors import HOPELESS
from providers.seam.lock import SeamLockProvider
from tests.providers.recorded import openapi
from tests.providers.seam_stub import SeamStub, code, error, ok, raises
from tests.providers.silence import NAME, PIN, assert_silent

START = datetime(2026, 12, 4, 14, tzinfo=UTC)
WINDOW = AccessWindow(START, START + timedelta(hours=44))
ORDER = MintOrder("lock-1", "NP-1", PinKind.HOURLY, WINDOW, 0, "Europe/Paris")
ONCE = replace(ORDER, kind=PinKind.ONE_TIME)
DAILY = replace(ORDER, kind=PinKind.DAILY, window=AccessWindow(START, START + timedelta(days=30)))
LEAK = f"{NAME} has {PIN}"


class TestMint:
    async def test_an_hourly_pin(self) -> None:
        seam = SeamStub(ok(access_code=code(starts_at="2026-12-04T14:00:00.000Z", ends_at="2026-12-06T10:00:00.000Z")))
        assert await seam.provider().mint(ORDER) == Minted("ac1", None, WINDOW)
        assert seam.asked == [
            (
                "/access_codes/create",
                {
                    "device_id": "lock-1",
                    "name": "NP-1",
                    "is_offline_access_code": True,
                    "starts_at": "2026-12-04T14:00:00Z",
                    "ends_at": "2026-12-06T10:00:00Z",
                    "max_time_rounding": "1h",
                },
            )
        ]
        assert seam.requests[0].headers["authorization"] == "Bearer seam_test_key"
        assert seam.requests[0].method == "POST"

    async def test_a_daily_pin_may_be_rounded_by_a_day(self) -> None:
        seam = SeamStub(ok(access_code=code()))
        await seam.provider().mint(DAILY)
        assert seam.asked[0][1]["max_time_rounding"] == "1d"
        assert seam.asked[0][1]["ends_at"] == "2027-01-03T14:00:00Z"

    async def test_a_one_time_pin_has_no_end(self) -> None:
        seam = SeamStub(ok(access_code=code(starts_at="2026-12-04T14:00:00Z", code=PIN)))
        assert await seam.provider().mint(ONCE) == Minted("ac1", Pin(PIN), None)
        asked = seam.asked[0][1]
        assert asked["is_one_time_use"] is True
        assert "ends_at" not in asked
        assert "max_time_rounding" not in asked

    async def test_another_window_is_only_reported(self) -> None:
        seam = SeamStub(ok(access_code=code(starts_at="2026-12-04T15:00:00+01:00", ends_at="2026-12-06T12:00:00Z")))
        minted = await seam.provider().mint(ORDER)
        assert minted.window == AccessWindow(START, START + timedelta(hours=46))

    @pytest.mark.parametrize("order", [ORDER, DAILY, ONCE], ids=lambda order: str(order.kind))
    async def test_what_we_ask_fits_seams_specification(self, order: MintOrder) -> None:
        paths = openapi()["paths"]
        seam = SeamStub(ok(access_code=code(), access_codes=[]))
        provider = seam.provider()
        await provider.mint(order)
        await provider.find(order)
        await provider.fetch("ac1")
        for path, body in seam.asked:
            schema = paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
            jsonschema.validate(body, {**schema, "additionalProperties": False})

    @pytest.mark.parametrize("kind", sorted(HOPELESS))
    async def test_a_code_that_will_never_have_a_pin(self, kind: str) -> None:
        seam = SeamStub(ok(access_code=code(errors=[{"error_code": kind, "message": LEAK}])))
        with pytest.raises(Rejected) as raised:
            await seam.provider().mint(ORDER)
        assert raised.value.code == kind
        assert_silent(raised.value)

    @pytest.mark.parametrize("kind", ["provider_issue", "device_disconnected", "yet_to_be_invented", None, 7])
    async def test_a_code_with_an_error_that_may_pass(self, kind: object) -> None:
        seam = SeamStub(ok(access_code=code(errors=[{"error_code": kind}, "odd"])))
        assert (await seam.provider().mint(ORDER)).pin is None

    async def test_a_pin_in_hand_opens_whatever_the_errors_say(self) -> None:
        seam = SeamStub(ok(access_code=code(code=PIN, errors=[{"error_code": "failed_to_set_on_device"}])))
        assert (await seam.provider().mint(ORDER)).pin == Pin(PIN)

    @pytest.mark.parametrize(
        "reply",
        [
            httpx.Response(200, content=b"<html>"),
            httpx.Response(200, json=[]),
            ok(),
            ok(access_code={"name": "NP-1"}),
            ok(access_code=code(code="12")),
            ok(access_code=code(code="123456789012")),
        ],
    )
    async def test_an_answer_that_cannot_be_read(self, reply: httpx.Response) -> None:
        seam = SeamStub(reply)
        with pytest.raises(OutcomeUnknown) as raised:
            await seam.provider().mint(ORDER)
        assert len(seam.asked) == 1
        assert_silent(raised.value)


FAILURES = [
    (error(400, "invalid_input", LEAK), Rejected, Rejected),
    (error(400, "mismatched_page_parameters"), Rejected, Rejected),
    (error(404, "device_not_found", LEAK), Rejected, Rejected),
    (error(409, "duplicate_access_code", LEAK), Rejected, Rejected),
    (httpx.Response(400, content=b"Invalid JSON"), Rejected, Rejected),
    (error(401, "unauthorized"), Misconfigured, Misconfigured),
    (error(403, "forbidden"), Misconfigured, Misconfigured),
    (httpx.Response(404, content=b"404"), Misconfigured, Misconfigured),
    (httpx.Response(405, content=b""), Misconfigured, Misconfigured),
    (httpx.Response(302, headers={"location": "https://example.org"}), Misconfigured, Misconfigured),
    (error(429, "rate_limited", headers={"Retry-After": "0"}), Unavailable, Unavailable),
    (error(500, "internal_server_error", LEAK), OutcomeUnknown, Unavailable),
    (httpx.Response(503, content=b""), OutcomeUnknown, Unavailable),
    (raises(httpx.ConnectError(LEAK)), Unavailable, Unavailable),
    (raises(httpx.ConnectTimeout(LEAK)), Unavailable, Unavailable),
    (raises(httpx.ReadTimeout(LEAK)), OutcomeUnknown, Unavailable),
    (raises(httpx.RemoteProtocolError(LEAK)), OutcomeUnknown, Unavailable),
]


class TestFailures:
    @pytest.mark.parametrize(("reply", "on_mint", "on_read"), FAILURES)
    async def test_each_is_called_by_its_name(
        self, reply: httpx.Response, on_mint: type[ProviderError], on_read: type[ProviderError]
    ) -> None:
        provider = SeamStub(reply).provider()
        for call, kind in ((provider.mint(ORDER), on_mint), (provider.fetch("ac1"), on_read)):
            with pytest.raises(ProviderError) as raised:
                await call
            assert type(raised.value) is kind
            assert_silent(raised.value)

    async def test_a_creation_is_never_repeated(self) -> None:
        for reply in (error(503, "x"), error(429, "x", headers={"Retry-After": "0"}), raises(httpx.ConnectError("x"))):
            seam = SeamStub(reply)
            with pytest.raises(ProviderError):
                await seam.provider().mint(ORDER)
            assert len(seam.asked) == 1

    async def test_a_read_is_repeated(self) -> None:
        seam = SeamStub(raises(httpx.ReadError("x")), error(503, "x"), ok(access_code=code(code=PIN)))
        assert (await seam.provider().fetch("ac1")).pin == Pin(PIN)
        assert len(seam.asked) == 3

    async def test_the_limit_of_creations_names_its_wait(self) -> None:
        seam = SeamStub(error(429, "rate_limited", headers={"Retry-After": "42"}))
        with pytest.raises(Unavailable) as raised:
            await seam.provider().mint(ORDER)
        assert raised.value.retry_after == 42

    async def test_the_request_id_is_kept_for_seams_support(self) -> None:
        seam = SeamStub(error(400, "invalid_input", headers={"seam-request-id": "5f2b-1"}))
        with pytest.raises(Rejected, match=r"invalid_input.*request 5f2b-1"):
            await seam.provider().mint(ORDER)

    async def test_odd_types_and_ids_are_not_repeated(self) -> None:
        seam = SeamStub(error(400, LEAK, headers={"seam-request-id": PIN + " ?"}))
        with pytest.raises(Rejected) as raised:
            await seam.provider().mint(ORDER)
        assert raised.value.code == "400"
        assert_silent(raised.value)


class TestFind:
    async def test_by_name_and_lock_among_others(self) -> None:
        others = [code("ac0", name="NP-10"), code("ac2", device_id="lock-2"), code("ac3", name=None)]
        seam = SeamStub(ok(access_codes=[*others, code(code=PIN)]))
        assert await seam.provider().find(ORDER) == Minted("ac1", Pin(PIN), None)

    async def test_nothing(self) -> None:
        assert await SeamStub(ok(access_codes=[code(name="NP-2")])).provider().find(ORDER) is None

    async def test_on_a_later_page_with_the_same_parameters(self) -> None:
        seam = SeamStub(
            ok(access_codes=[], pagination={"next_page_cursor": "c1", "has_next_page": True}),
            ok(access_codes=[code()], pagination={"next_page_cursor": None, "has_next_page": False}),
        )
        found = await seam.provider().find(ORDER)
        assert found is not None
        (_, first), (_, second) = seam.asked
        assert first["device_id"] == "lock-1"
        assert second == {**first, "page_cursor": "c1"}

    async def test_the_oldest_of_several_that_can_still_have_a_pin(self) -> None:
        dead = [{"error_code": "failed_to_issue"}]
        seam = SeamStub(
            ok(
                access_codes=[
                    code("young", created_at="2026-12-03T09:00:09.000Z"),
                    code("undated"),
                    code("old", created_at="2026-12-03T09:00:01.000Z"),
                    code("dead", created_at="2026-12-03T09:00:00.000Z", errors=dead),
                ]
            )
        )
        found = await seam.provider().find(ORDER)
        assert found is not None
        assert found.ref == "old"

    async def test_only_a_dead_one(self) -> None:
        seam = SeamStub(ok(access_codes=[code(errors=[{"error_code": "failed_to_issue"}])]))
        with pytest.raises(Rejected):
            await seam.provider().find(ORDER)

    @pytest.mark.parametrize(
        "reply",
        [ok(), ok(access_codes={}), ok(access_codes=[{"name": "NP-1"}]), ok(access_codes=["ac1"])],
    )
    async def test_what_cannot_be_read_is_never_nothing(self, reply: httpx.Response) -> None:
        with pytest.raises(Unavailable):
            await SeamStub(reply).provider().find(ORDER)

    @pytest.mark.parametrize("odd", [code(name="Cleaner", code="123456789012"), {"name": "Cleaner"}])
    async def test_what_is_said_of_another_code_costs_nothing(self, odd: dict[str, object]) -> None:
        found = await SeamStub(ok(access_codes=[odd, code("ours")])).provider().find(ORDER)
        assert found is not None
        assert found.ref == "ours"

    async def test_a_list_without_an_end_is_never_nothing(self) -> None:
        seam = SeamStub(ok(access_codes=[], pagination={"next_page_cursor": "again"}))
        with pytest.raises(Unavailable):
            await seam.provider().find(ORDER)


def device(**fields: object) -> dict[str, object]:
    return {
        "device_id": "lock-1",
        "device_type": "igloohome_lock",
        "display_name": "Front gate",
        "can_program_offline_access_codes": True,
        "location": {"time_zone": "Europe/Madrid"},
        "properties": {"online": False},
        **fields,
    }


async def seen(**fields: object) -> LockInfo:
    (lock,) = await SeamStub(ok(devices=[device(**fields)])).provider().locks()
    return lock


class TestLocks:
    async def test_a_lock_without_a_bridge(self) -> None:
        assert await seen() == LockInfo("lock-1", "Front gate", "Europe/Madrid", True, False, LockHealth(online=False))

    async def test_a_lock_with_a_bridge(self) -> None:
        assert (await seen(properties={"igloohome_metadata": {"bridge_id": "EB1"}})).has_bridge
        assert (await seen(can_remotely_unlock=True)).has_bridge

    @pytest.mark.parametrize(
        "location", [None, {}, {"time_zone": None}, {"time_zone": "Mars/Base"}, {"time_zone": "/"}]
    )
    async def test_a_lock_without_a_zone_we_know(self, location: object) -> None:
        assert (await seen(location=location)).zone is None

    async def test_a_lock_that_makes_no_offline_pins(self) -> None:
        assert not (await seen(can_program_offline_access_codes=False)).makes_offline_pins
        assert not (await seen(can_program_offline_access_codes=None)).makes_offline_pins

    async def test_the_property_before_the_flag(self) -> None:
        old = await seen(can_program_offline_access_codes=None, properties={"offline_access_codes_enabled": True})
        assert old.makes_offline_pins

    async def test_names(self) -> None:
        assert (await seen(display_name=None, nickname="Gate")).name == "Gate"
        assert (await seen(display_name="", properties={"appearance": {"name": "Door"}})).name == "Door"
        assert (await seen(display_name=None, properties={})).name == "lock-1"

    async def test_other_brands_are_left_out(self) -> None:
        others = [device(device_type="august_lock"), device(device_type="igloo_lock"), {"device_id": "thermostat"}]
        assert await SeamStub(ok(devices=others)).provider().locks() == []

    @pytest.mark.parametrize(
        "odd",
        [
            {"device_type": "igloohome_lock"},
            device(device_id="lock\x00"),
            device(device_id="\ud83d"),
            device(device_id="x" * 3000),
            device(device_id=7),
            None,
            "lock",
            ["lock"],
        ],
    )
    async def test_one_that_cannot_be_read_costs_none_of_the_others(self, odd: object) -> None:
        listed = {"devices": [device(), odd, device(device_id="lock-2")]}
        found = await SeamStub(httpx.Response(200, content=json.dumps({"ok": True, **listed}))).provider().locks()
        assert [lock.provider_ref for lock in found] == ["lock-1", "lock-2"]

    async def test_a_list_of_another_shape_is_never_nothing(self) -> None:
        with pytest.raises(Unavailable):
            await SeamStub(ok(devices=[{"device_type": "igloohome_lock"}, None])).provider().locks()

    @pytest.mark.parametrize(
        ("said", "name"),
        [
            ("Door \ud83d", "Door �"),
            ("Do\x00or", "Do�or"),
            ("\x1b[2JDoor", "�[2JDoor"),
            ("Flat 3\nApproved", "Flat 3 Approved"),
            ("Flat\u20283", "Flat 3"),
            ("\u202eroo\u202cD", "rooD"),
            ("Tür 🚪 שער", "Tür 🚪 שער"),
            (" \n ", "lock-1"),
        ],
    )
    async def test_a_name_is_one_line_of_signs_that_can_be_kept(self, said: str, name: str) -> None:
        content = json.dumps({"ok": True, "devices": [device(display_name=said)]})
        (lock,) = await SeamStub(httpx.Response(200, content=content)).provider().locks()
        assert lock.name == name


class TestCheck:
    async def test_whom_we_reached(self) -> None:
        seam = SeamStub(ok(workspace={"workspace_id": "w", "name": "Hotel", "is_sandbox": True}))
        assert await seam.provider().check() == "Seam: workspace Hotel (sandbox)"

    async def test_a_key_that_is_none(self) -> None:
        with pytest.raises(Misconfigured):
            await SeamStub(error(401, "unauthorized")).provider().check()


async def test_closing() -> None:
    provider: SeamLockProvider = SeamStub(ok(workspace={})).provider()
    await provider.check()
    await provider.close()
