"""The judge is no ornament: faults that the house once had, or might have, are planted in our own functions one by one,
and each is found within its histories."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.conversation.guest_texts.phrases import Phrase
from bot.domain.stays import standing as standings
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.standing import PinState, Standing, newest_of_parts
from bot.workflows import process_code, receive_lock_event
from bot.workflows import withdraw as withdrawing
from tests.judge.histories import copies, judged

pytestmark = pytest.mark.processes  # a whole bot, played for weeks

MOST_SEEDS = 40
Planting = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Fault:
    """`focus`: what happens in the histories, where the fault is rare among all that may. `seed`: one that finds it,
    tried first."""

    plant: Planting
    finds: str
    seed: int = 0
    focus: Sequence[str] = ()


def _states(**instead: PinState) -> Planting:
    """One state is taken for another."""
    right = standings.pin_state

    def wrong(code: AccessCode, evidence: Sequence[Any], now: datetime) -> PinState:
        state = right(code, evidence, now)
        return instead.get(state.name, state)

    return lambda patch: patch.setattr(standings, "pin_state", wrong)


def _newest_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "earlier", property(lambda self: ()))
    patch.setattr(Standing, "open", property(lambda self: tuple(pin for pin in self.current if pin.may_open)))


def _dropped_from_card(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "earlier", property(lambda self: ()))


def _withdraws_newest(patch: pytest.MonkeyPatch) -> None:
    right = withdrawing.standing

    def wrong(codes: Sequence[AccessCode], *more: Any) -> Standing:
        return right(list(newest_of_parts(codes).values()), *more)

    patch.setattr(withdrawing, "standing", wrong)


def _nothing_left(patch: pytest.MonkeyPatch) -> None:
    async def wrong(*_: Any) -> dict[str, str]:
        return {"status": "withdrawn"}

    patch.setattr(withdrawing, "_left", wrong)


def _early_is_thrown_away(patch: pytest.MonkeyPatch) -> None:
    right = receive_lock_event._is_news

    async def wrong(uow: Any, code: AccessCode, event: receive_lock_event.LockEvent) -> bool:
        return event.at >= code.window.starts_at and await right(uow, code, event)

    patch.setattr(receive_lock_event, "_is_news", wrong)


def _forgets_in_chain(patch: pytest.MonkeyPatch) -> None:
    right = process_code.pin_facts

    def wrong(guest: Any, doors: Any, codes: Any, link: tuple[int, int] = (1, 1)) -> dict[str, str]:
        return right(guest, doors, codes, link) | ({"replaces": "x"} if link[1] > 1 else {})

    patch.setattr(process_code, "pin_facts", wrong)


def _another_end(patch: pytest.MonkeyPatch) -> None:
    right = process_code.pin_facts

    def wrong(*about: Any) -> dict[str, str]:
        facts = right(*about)
        return facts | {"ends_at": (datetime.fromisoformat(facts["ends_at"]) + timedelta(hours=1)).isoformat()}

    patch.setattr(process_code, "pin_facts", wrong)


def _two_texts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(process_code, "companions", lambda code, codes: (code,))


def _none_was_texted(patch: pytest.MonkeyPatch) -> None:
    right = withdrawing._heard

    def wrong(texts: Any, phrase: Phrase, code: AccessCode) -> bool:
        if phrase is Phrase.PIN:
            return False
        return right(texts, Phrase.PIN, code) or right(texts, phrase, code)

    patch.setattr(withdrawing, "_heard", wrong)


_REPLACED = ("one", "passes", "opens", "replace", "withdraw")
FAULTS = {
    "standing looks at the newest code alone": Fault(_newest_alone, "has not", seed=3, focus=_REPLACED),
    "silence is called expired": Fault(
        _states(UNCONFIRMED=PinState.EXPIRED), "opens", seed=1, focus=("one", "Front door", "passes", "opens")
    ),
    "a withdrawal forgets earlier PINs": Fault(
        _withdraws_newest, "withdraw", seed=6, focus=("one", "Front door", "is late", "late", "withdraw")
    ),
    "a used one-time PIN opens": Fault(
        _states(SPENT=PinState.OPENS), "stays shut", focus=("once", "Loft", "passes", "opens", "early")
    ),
    "a PIN that people say was used is certain": Fault(
        _states(MAY_BE_SPENT=PinState.OPENS),
        "stays shut",
        seed=1,
        focus=("once", "Front door", "passes", "opens", "opened"),
    ),
    "a replaced PIN is dropped from the card": Fault(_dropped_from_card, "has not", seed=3, focus=_REPLACED),
    "an event two minutes early is thrown away": Fault(
        _early_is_thrown_away, "opens", seed=19, focus=("one", "Loft", "early", "passes")
    ),
    "the first PIN of a chain says to forget one": Fault(
        _forgets_in_chain, "replaces nothing", focus=("chain", "passes")
    ),
    "two doors are two texts": Fault(
        _two_texts, "two texts", seed=2, focus=("one", "Front door", "Garden gate", "passes")
    ),
    "a text tells another end": Fault(_another_end, "the door knows", focus=("one", "passes")),
    "what may exist never existed": Fault(
        _states(MAY_EXIST=PinState.NEVER_MADE), "opens", focus=("one", "Front door", "lost", "replace", "withdraw")
    ),
    "who was texted a PIN reads that they get none": Fault(
        _none_was_texted, "texted one before", focus=("one", "Front door", "passes", "withdraw")
    ),
    "withdrawn twice, nothing is left": Fault(_nothing_left, "refusal", seed=15, focus=("one", "withdraw", "passes")),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_is_found(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fault = FAULTS[name]
    fault.plant(monkeypatch)
    for seed in dict.fromkeys((fault.seed, *range(MOST_SEEDS))):
        url = copies(sqlite_template, tmp_path)
        broken = await judged(url, seed, shorten=False, focus=fault.focus)
        if broken is not None:
            assert any(fault.finds in line for line in broken.wrong), str(broken)
            return
    pytest.fail(f"{MOST_SEEDS} histories, and nothing was found")
