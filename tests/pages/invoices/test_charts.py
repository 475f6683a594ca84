"""The geometry of a column chart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pages.rendering.charts import SHAPES, column_chart

_amounts = st.integers(-(10**40), 10**40) | st.integers(-1000, 1000)
_rows = st.lists(st.fixed_dictionaries({"paid": _amounts, "open": _amounts}), max_size=130)


@given(_rows, st.sampled_from(sorted(SHAPES)), st.sampled_from(["usd", "jpy", "kwd", "xqz", ""]))
def test_everything_is_inside_the_chart(rows: list[dict[str, int]], shape: str, currency: str) -> None:
    chart = column_chart("key", shape, [("Mar", row) for row in rows], currency)

    assert len(chart.parts) == sum(1 for row in rows for amount in row.values() if amount)
    for part in chart.parts:
        assert chart.left - 1 <= part.x
        assert part.x + part.width <= chart.width
        assert part.y >= 0
        assert part.y + part.height <= chart.height
    assert 1 <= len(chart.ticks) <= 7
    assert all(0 <= tick.at <= chart.height for tick in chart.ticks)


@pytest.mark.parametrize(
    ("amount", "currency", "highest"),
    [
        (0, "usd", "1"),
        (27_000, "usd", "300"),
        (4_500, "jpy", "6,000"),
        (10**11, "usd", "1bn"),
        (10**30, "usd", "1e28"),
    ],
)
def test_lines_have_short_labels(amount: int, currency: str, highest: str) -> None:
    ticks = column_chart("key", "wide", [("Mar", {"paid": amount})], currency).ticks

    assert max(len(tick.text) for tick in ticks) <= 7
    if amount:
        assert ticks[-1].text == highest
