"""Whole parts of an amount."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.services.costs.largest_remainder import divide

pytestmark = pytest.mark.sqlite_only

AMOUNTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=12)
LINES = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (9999, (75, 25), (7499, 2500)),
        (1003, (49, 51), (491, 512)),
        (-100, (1, 1, 1), (-34, -33, -33)),
        (100, (1, 1, 1), (34, 33, 33)),
        (5, (0, 2, 0), (0, 5, 0)),
        (0, (0, 0), (0, 0)),
        (0, (), ()),
        (1, (3, 1, 3), (1, 0, 0)),
        # Lines of which one is a credit: 20% of tax on each.
        (100, (1000, -500), (200, -100)),
        (-100, (-1000, 500), (-200, 100)),
    ],
)
def test_parts(amount: int, weights: tuple[int, ...], parts: tuple[int, ...]) -> None:
    assert divide(amount, weights) == parts


@pytest.mark.parametrize("weights", [(), (0, 0), (7, -7)])
def test_weights_without_a_sum_divide_nothing(weights: tuple[int, ...]) -> None:
    assert divide(1, weights) is None


@given(AMOUNTS, LINES)
def test_parts_sum_to_the_amount(amount: int, weights: list[int]) -> None:
    parts = divide(amount, weights)

    assert parts is None if not sum(weights) and amount else parts is not None and sum(parts) == amount


@given(AMOUNTS, WEIGHTS)
def test_each_part_is_within_one_unit_of_its_proportion(amount: int, weights: list[int]) -> None:
    total = sum(weights)
    for part, weight in zip(divide(amount, weights) or (), weights, strict=False):
        assert abs(part * total - amount * weight) < max(total, 1)
        assert weight or not part


@given(AMOUNTS, LINES)
def test_a_credit_is_divided_like_a_charge(amount: int, weights: list[int]) -> None:
    parts = divide(amount, weights)

    assert divide(-amount, weights) == (None if parts is None else tuple(-part for part in parts))
