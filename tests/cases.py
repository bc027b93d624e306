"""Cases that differ by a word are one test: it runs all of them and reports every one that fails.

`every` is written like `pytest.mark.parametrize` and may be stacked, too. A case of its own costs pytest some
milliseconds; ten thousand of them were half a minute of nothing.
"""

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

import pytest

MOST_SHOWN = 12
Case = TypeVar("Case")

DEEP = os.environ.get("PORTER_DEEP") == "1"
"""`make deep`: the long judges, and many more examples for every property."""


def examples(many: int) -> int:
    """How many examples a property is tried with: so many in every run, and fifty times as many where it is deep."""
    return many * 50 if DEEP else many


def one_in(many: int, cases: Iterable[Case]) -> Iterator[Case]:
    """Every `many`th of them in every run; all of them where it is deep. Of what is combined from several lists, `many`
    shares no divisor with the lengths of these, so that each part of each list still has its turn."""
    return islice(cases, 0, None, 1 if DEEP else many)


class CasesFailed(AssertionError):
    """Which cases failed, and how: a line each, so that stacked ones become one list."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        more = [f"… and {len(self.lines) - MOST_SHOWN} more"] if len(self.lines) > MOST_SHOWN else []
        super().__init__("\n".join([f"{len(self.lines)} failed:", *self.lines[:MOST_SHOWN], *more]))


@contextmanager
def _noted(lines: list[str], label: str) -> Iterator[None]:
    """A case that fails must not hide the next; nor may one that is skipped hide those that failed."""
    try:
        yield
    except CasesFailed as several:
        lines += [f"{label} · {line}" for line in several.lines]
    except (Exception, pytest.fail.Exception, pytest.skip.Exception) as wrong:
        if "from pytest-timeout" in str(wrong):  # the alarm rings once in a test: the next case would have none
            raise
        lines.append(f"{label}: {type(wrong).__name__}: {wrong}")


def _report(lines: Sequence[str], table: Sequence[object]) -> None:
    assert table, "a test without a case shows nothing"
    if lines:
        raise CasesFailed(lines)


def every(
    names: str | Sequence[str], cases: Iterable[Any], ids: Iterable[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Runs the test once for each of `cases`, which are as in `pytest.mark.parametrize`."""
    named = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    labels = iter(ids)
    table = [_values(case, len(named), next(labels, None)) for case in cases]

    def wrap(test: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(test):

            @functools.wraps(test)
            async def run_all(**given: Any) -> None:
                lines: list[str] = []
                for label, values in table:
                    with _noted(lines, label):
                        await test(**given, **dict(zip(named, values, strict=True)))
                _report(lines, table)
        else:

            @functools.wraps(test)
            def run_all(**given: Any) -> None:
                lines: list[str] = []
                for label, values in table:
                    with _noted(lines, label):
                        test(**given, **dict(zip(named, values, strict=True)))
                _report(lines, table)

        signature = inspect.signature(test)
        left = [parameter for name, parameter in signature.parameters.items() if name not in named]
        run_all.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        del run_all.__wrapped__  # type: ignore[attr-defined]
        return run_all

    return wrap


def _values(case: Any, many: int, label: str | None) -> tuple[str, tuple[Any, ...]]:
    """A case's label and its values."""
    values = case
    if hasattr(case, "values") and hasattr(case, "marks"):  # pytest.param
        assert not case.marks, "a marked case needs a test of its own"
        label, values = case.id, case.values if many > 1 else case.values[0]
    values = tuple(values) if many > 1 else (values,)
    return label or ", ".join(map(_short, values)), values


def _short(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 80 else f"{said[:77]}…"
