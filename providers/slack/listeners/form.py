"""The form behind `/pin`: how it is drawn, and what a submission says. Pure functions over Slack's view payloads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.locks import Lock
from bot.domain.windows import AccessWindow

ASK = "ask"
DENY = "deny"
MOST_OPTIONS = 100
Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What is already understood; the form asks for the rest."""

    lock_id: str | None = None
    guest: str | None = None
    phone: str | None = None
    window: AccessWindow | None = None
    note: str | None = None
    remarks: tuple[str, ...] = ()


def ask_view(locks: Sequence[Lock], known: Known) -> dict[str, Any]:
    """The form, prefilled with what is known."""
    chosen = next((lock for lock in locks if lock.id == known.lock_id), None)
    zone = chosen.zoneinfo if chosen else None
    remarks = [_section("\n".join(known.remarks)[:2900])] if known.remarks else []
    return {
        "type": "modal",
        "callback_id": ASK,
        "title": _plain("Ask for a PIN"),
        "submit": _plain("Ask"),
        "close": _plain("Not now"),
        "blocks": [
            *remarks,
            _input("lock", "Door", _select(locks, chosen)),
            _input("guest", "Guest", _text("guest", known.guest, "Ana")),
            _input("phone", "Mobile number, with country code", _text("phone", known.phone, "+33 6 39 98 12 34")),
            *_moment_inputs("from", "From", known.window.starts_at if known.window else None, zone),
            *_moment_inputs("to", "Until", known.window.ends_at if known.window else None, zone),
            _section("Times are the clock at the door. The lock knows whole hours; we round outwards."),
            _input("note", "What for? The approver reads it", _text("note", known.note, ""), optional=True),
        ],
    }


def done_view(words: str) -> dict[str, Any]:
    """What the form turns into once the request stands."""
    return {
        "type": "modal",
        "callback_id": "asked",
        "title": _plain("Asked"),
        "close": _plain("Close"),
        "blocks": [_section(words)],
    }


def deny_view(request_id: str, title: str) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": DENY,
        "private_metadata": request_id,
        "title": _plain(title),
        "submit": _plain("Deny"),
        "close": _plain("Back"),
        "blocks": [_input("reason", "Reason, for the one who asked", _text("reason", None, ""), optional=True)],
    }


@dataclass(frozen=True, slots=True)
class Filled:
    """A submission as it stands; times are clock times at the door."""

    lock_id: str
    guest: str
    phone: str
    starts: datetime
    ends: datetime
    note: str | None

    def window(self, zone: ZoneInfo) -> AccessWindow:
        return AccessWindow(self.starts.replace(tzinfo=zone), self.ends.replace(tzinfo=zone))


def read_form(view: Mapping[str, Any]) -> Filled:
    """Raises KeyError, TypeError or ValueError for what our form cannot have sent."""
    return Filled(
        lock_id=str(_value(view, "lock")["selected_option"]["value"]),
        guest=" ".join(str(_value(view, "guest").get("value") or "").split())[:60],
        phone=str(_value(view, "phone").get("value") or ""),
        starts=_moment(view, "from"),
        ends=_moment(view, "to"),
        note=read_text(view, "note"),
    )


def read_window(value: str) -> AccessWindow | None:
    """A window as our own buttons carry it, `starts/ends`; None for anything else."""
    starts, _, ends = value.partition("/")
    try:
        return AccessWindow(datetime.fromisoformat(starts), datetime.fromisoformat(ends))
    except ValueError:
        return None


def read_text(view: Mapping[str, Any], name: str) -> str | None:
    words = _value(view, name).get("value")
    return str(words).strip()[:500] or None if words else None


def _value(view: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = view["state"]["values"][name][name]
    if not isinstance(found, Mapping):
        raise TypeError(name)
    return found


def _moment(view: Mapping[str, Any], name: str) -> datetime:
    day = _value(view, f"{name}_date")["selected_date"]
    clock = _value(view, f"{name}_time")["selected_time"]
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))


def _moment_inputs(name: str, label: str, at: datetime | None, zone: ZoneInfo | None) -> list[Block]:
    local = at.astimezone(zone) if at and zone else None
    day: Block = {"type": "datepicker", "action_id": f"{name}_date"}
    clock: Block = {"type": "timepicker", "action_id": f"{name}_time"}
    if local:
        day["initial_date"], clock["initial_time"] = local.strftime("%Y-%m-%d"), local.strftime("%H:%M")
    return [_input(f"{name}_date", f"{label}, day", day), _input(f"{name}_time", f"{label}, time", clock)]


def _select(locks: Sequence[Lock], chosen: Lock | None) -> Block:
    element: Block = {
        "type": "static_select",
        "action_id": "lock",
        "options": [_option(lock) for lock in locks[:MOST_OPTIONS]],
    }
    return element | ({"initial_option": _option(chosen)} if chosen else {})


def _option(lock: Lock) -> Block:
    words = f"{lock.name} ({lock.zone})"
    return {"text": _plain(words if len(words) <= 75 else words[:74] + "…"), "value": lock.id}


def _input(block_id: str, label: str, element: Block, *, optional: bool = False) -> Block:
    return {"type": "input", "block_id": block_id, "label": _plain(label), "element": element, "optional": optional}


def _text(action_id: str, initial: str | None, placeholder: str) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": 500}
    element |= {"placeholder": _plain(placeholder)} if placeholder else {}
    return element | ({"initial_value": initial} if initial else {})


def _section(words: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def _plain(words: str) -> Block:
    return {"type": "plain_text", "text": words}
