"""Every workflow's test watches over the order of rows as well."""

from collections.abc import Iterator

import pytest

from tests.workflows.row_order import RowOrder, watched


@pytest.fixture(autouse=True)
def row_order() -> Iterator[RowOrder]:
    with watched() as order:
        yield order
    assert order.faults == []
