"""How far the quantities of an account can be reduced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.organizations import Organization
from billing.altostrat.resources.subscriptions import Subscription
from billing.altostrat.resources.workspaces import Workspace
from billing.services.savings import rules
from billing.services.savings.rules import Rule
from billing.services.savings.suggestions import Seat, bought_by, suggest
from billing.services.workspaces.paid_usage import PaidUsage, paid_usage

pytestmark = pytest.mark.sqlite_only

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def subscription(number: int, bought: Mapping[str, int | None], **fields: Any) -> Subscription:
    items = {product: {"quantity": quantity} for product, quantity in bought.items()}
    return Subscription.from_json(
        {"id": f"sub_{number}", "status": "active", "product_quantities": items, **fields}
    )


def usage(*used: Mapping[str, int]) -> PaidUsage:
    rows = [{"id": f"org_{number}", "usage": {"usage": one}} for number, one in enumerate(used)]
    listing = Listing(tuple(map(Organization.from_json, rows)))
    return paid_usage(Workspace(billing_mode="single"), "cus_1", listing)


def suggested(
    subscriptions: list[Subscription], used: PaidUsage, spare: int = 0, pool: Mapping[str, int] | None = None
) -> tuple[Seat, ...]:
    return suggest(subscriptions, used, pool or bought_by(subscriptions, NOW), {}, spare=spare, now=NOW)


@pytest.mark.parametrize(
    ("bought", "used", "spare", "target"),
    [(50, 42, 0, 42), (50, 42, 3, 45), (50, 50, 0, None), (50, 42, 8, None), (50, 0, 0, 1), (1, 0, 0, None)],
)
def test_quantity_is_reduced_to_use_and_spare_seats(
    bought: int, used: int, spare: int, target: int | None
) -> None:
    (seat,) = suggested([subscription(1, {"users": bought})], usage({"users": used}), spare)

    assert seat.target == target
    assert seat.rule in {None, rules.ALL_USED, rules.ONE_STAYS}


def test_pool_of_organizations_counts_once() -> None:
    (seat,) = suggested(
        [subscription(1, {"users": 60})], usage({"users": 40}, {"users": 55}), pool={"users": 100}
    )

    assert (seat.bought, seat.used, seat.unused, seat.target) == (100, 95, 5, 55)


def test_largest_quantity_is_reduced_first() -> None:
    seats = suggested([subscription(1, {"users": 5}), subscription(2, {"users": 20})], usage({"users": 3}))

    assert [(seat.target, seat.rule) for seat in seats] == [(2, None), (1, None)]


def test_more_used_than_bought_is_no_saving() -> None:
    (seat,) = suggested([subscription(1, {"users": 5})], usage({"users": 7}))

    assert seat.rule == Rule("Present use", "More is used (7) than bought (5).")


@pytest.mark.parametrize("quantity", [None, 5])
def test_missing_quantity_makes_everything_unknown(quantity: int | None) -> None:
    seats = suggested(
        [subscription(1, {"users": quantity}), subscription(2, {"users": None})], usage({"users": 1})
    )

    assert {seat.doubt for seat in seats} == {"Altostrat does not provide all bought quantities."}
    assert {seat.target for seat in seats} == {None}


def test_subscriptions_that_have_ended_are_left_out() -> None:
    assert suggested([subscription(1, {"users": 5}, status="canceled")], usage({"users": 1})) == ()


@pytest.mark.parametrize("name", ["test_clock", "block_reason", "terms_of_service", "determined_at"])
def test_other_fields_are_no_rule(name: str) -> None:
    assert rules.of_subscription(subscription(1, {"users": 5}, **{name: "x"}), NOW) is None


@pytest.mark.parametrize("name", ["minimum_quantity", "min_seats", "committed_until", "read_only", "locked"])
def test_undocumented_limit_is_a_rule(name: str) -> None:
    rule = rules.of_subscription(subscription(1, {"users": 5}, **{name: True}), NOW)

    assert rule is not None
    assert name in rule.sentence


QUANTITIES = st.dictionaries(st.sampled_from(["users", "locations", "sso"]), st.integers(1, 200), max_size=3)


@given(
    st.lists(QUANTITIES, max_size=4),
    st.lists(st.dictionaries(st.sampled_from(["users", "locations", "sso"]), st.integers(0, 99)), max_size=4),
    st.integers(0, 50),
)
def test_what_is_used_or_spare_always_stays(
    bought: list[dict[str, int]], used: list[dict[str, int]], spare: int
) -> None:
    subscriptions = [subscription(number, one) for number, one in enumerate(bought)]
    seats = suggested(subscriptions, usage(*used), spare)

    for product in {seat.product for seat in seats}:
        own = [seat for seat in seats if seat.product == product]
        before = sum(seat.quantity or 0 for seat in own)
        after = before - sum(seat.fewer for seat in own)
        assert before >= after >= min(before, sum(one.get(product, 0) for one in used) + spare)
    for one in subscriptions:
        own = [seat for seat in seats if seat.subscription is one]
        assert not own or any(seat.quantity if seat.target is None else seat.target for seat in own)
        assert all(seat.target is not None or seat.rule or seat.doubt for seat in own)
