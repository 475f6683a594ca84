"""The parts of a bill by organization and product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.organizations import Organization
from billing.altostrat.resources.workspaces import Workspace
from billing.services.costs import division
from billing.services.costs.division import Part, divide_bill, divide_bills
from billing.services.invoices.comparison import Bill, bill_of
from billing.services.workspaces.paid_usage import PaidUsage, paid_usage

pytestmark = pytest.mark.sqlite_only

PRICES = {"price_u": "users", "price_l": "locations"}


def usage(*used: Mapping[str, int] | None, mode: str = "pooled") -> PaidUsage:
    """Return the use of the organizations org_0, org_1 and so on."""
    rows = [
        Organization.from_json({"id": f"org_{number}", "name": f"Org {number}", "usage": {"usage": one}})
        for number, one in enumerate(used)
    ]
    return paid_usage(Workspace(billing_mode=mode), "cus_1", Listing(tuple(rows)))


def bill(*lines: tuple[str, int], **fields: Any) -> Bill:
    """Return a bill with lines of a price and an amount, whose sums are right unless `fields` says otherwise."""
    rows = [{"price_id": price, "product_name": price, "amount": amount} for price, amount in lines]
    subtotal = sum(amount for _, amount in lines)
    total = subtotal - abs(fields.get("discount_amount", 0)) + fields.get("tax", 0)
    sums = {"currency": "usd", "subtotal": subtotal, "total": total, "amount_due": total}
    found = bill_of(Invoice.from_json({**sums, "lines": rows, **fields}))
    assert found is not None
    return found


def amounts(parts: tuple[Part, ...], name: str = "due") -> dict[str, int]:
    return {
        f"{one.organization.name if one.organization else 'Not assigned'}, {one.product or one.name}": getattr(
            one, name
        )
        for one in parts
    }


def test_products_are_divided_by_their_own_use() -> None:
    found = divide_bill(
        bill(("price_u", 9999), ("price_l", 1003)),
        usage({"users": 75, "locations": 49}, {"users": 25, "locations": 51}),
        PRICES,
    )

    assert amounts(found) == {
        "Org 0, users": 7499,
        "Org 1, users": 2500,
        "Org 0, locations": 491,
        "Org 1, locations": 512,
    }


def test_discount_and_tax_are_divided_in_proportion_and_credit_last() -> None:
    found = divide_bill(
        bill(("price_u", 10000), discount_amount=1000, tax=1800, amount_due=5800),
        usage({"users": 3}, {"users": 1}),
        PRICES,
    )

    assert amounts(found, "charges") == {"Org 0, users": 7500, "Org 1, users": 2500}
    assert amounts(found, "net") == {"Org 0, users": 6750, "Org 1, users": 2250}
    assert amounts(found, "tax") == {"Org 0, users": 1350, "Org 1, users": 450}
    assert amounts(found, "total") == {"Org 0, users": 8100, "Org 1, users": 2700}
    assert amounts(found, "credit") == {"Org 0, users": -3750, "Org 1, users": -1250}
    assert amounts(found) == {"Org 0, users": 4350, "Org 1, users": 1450}


def test_lines_of_a_product_are_divided_once() -> None:
    """The credit of a proration reduces the charges of its product."""
    found = divide_bill(
        bill(("price_u", 100), ("price_u", -99)), usage({"users": 1}, {"users": 1}, {"users": 1}), PRICES
    )

    assert amounts(found) == {"Org 0, users": 1, "Org 1, users": 0, "Org 2, users": 0}


@pytest.mark.parametrize(
    ("used", "reason"),
    [
        ([{"users": 0}, {"users": 0}], division.NOT_USED),
        ([{"locations": 3}, {}], "No organization reports use of this product."),
        ([{"users": 3}, None], "1 of 2 organizations do not report their use."),
    ],
)
def test_charges_without_known_use_are_not_assigned(
    used: list[Mapping[str, int] | None], reason: str
) -> None:
    (part,) = divide_bill(bill(("price_u", 1000), tax=200), usage(*used), PRICES)

    assert (part.organization, part.due, part.reason) == (None, 1200, reason)


def test_line_of_an_unknown_product_is_not_assigned() -> None:
    found = divide_bill(bill(("price_u", 1000), ("Setup fee", 500), tax=300), usage({"users": 1}), PRICES)

    assert amounts(found) == {"Org 0, users": 1200, "Not assigned, Setup fee": 600}
    assert found[0].reason == division.UNNAMED_LINE


def test_product_name_stands_in_for_the_price() -> None:
    assert amounts(divide_bill(bill(("Users", 5)), usage({"users": 1}), {})) == {"Org 0, users": 5}


def test_amounts_that_do_not_add_up_are_not_assigned() -> None:
    found = divide_bill(bill(("price_u", 1000), total=1300, amount_due=1300), usage({"users": 1}), PRICES)

    assert amounts(found) == {"Org 0, users": 1000, "Not assigned, Amounts that do not add up": 300}


def test_credit_on_nothing_is_not_assigned() -> None:
    found = divide_bill(bill(lines=[], total=0, amount_due=-500), usage({"users": 1}), PRICES)

    assert amounts(found) == {"Not assigned, Credit": -500}
    assert found[0].currency == "usd"


@pytest.mark.parametrize("currency", ["jpy", "kwd"])
def test_bills_of_a_month_are_added_per_currency(currency: str) -> None:
    bills = [bill(("price_u", 100)), bill(("price_u", 50)), bill(("price_u", 7), currency=currency)]
    found = divide_bills(bills, usage({"users": 1}), PRICES)

    assert sorted((one.currency, one.due) for one in found) == sorted([("usd", 150), (currency, 7)])


def test_assigned_account_pays_for_its_own_organizations_and_those_below() -> None:
    rows = [
        {"id": "org_1", "billing_account_id": "cus_1", "usage": {"usage": {"users": 1}}},
        {"id": "org_2", "billing_account_id": "cus_2", "usage": {"usage": {"users": 9}}},
        {"id": "org_3", "parent_org_id": "org_1", "usage": {"usage": {"users": 2}}},
    ]
    organizations = Listing(tuple(map(Organization.from_json, rows)))
    paid = paid_usage(Workspace(billing_mode="assigned"), "cus_1", organizations)

    assert paid.of("users").by_organization == {"org_1": 1, "org_3": 2}
    part = divide_bill(bill(("price_u", 100)), paid, PRICES)
    assert [(one.organization and one.organization.id, one.due) for one in part] == [
        ("org_1", 33),
        ("org_3", 67),
    ]


@pytest.mark.parametrize(
    ("mode", "rows", "has_more", "doubt"),
    [
        ("new", [{"id": "org_1"}], False, "billing mode of the workspace is unknown"),
        ("pooled", [{"id": "org_1"}], True, "more organizations than it sent"),
        (
            "assigned",
            [{"id": "org_1", "parent_org_id": "org_9"}],
            False,
            "not known who pays for 1 of 1",
        ),
        ("single", [{"id": "org_1"}, {"id": "org_1"}], False, "the same ID"),
    ],
)
def test_nothing_follows_from_organizations_that_are_not_all_known(
    mode: str, rows: list[dict[str, Any]], has_more: bool, doubt: str
) -> None:
    full = [{"usage": {"usage": {"users": 1}}, **one} for one in rows]
    listing = Listing(tuple(map(Organization.from_json, full)), has_more)
    use = paid_usage(Workspace(billing_mode=mode), "cus_1", listing).of("users")

    assert use.by_organization is None
    assert doubt in use.doubt


def test_use_that_does_not_add_up_to_the_totals_is_not_known() -> None:
    rows = [
        {"id": "org_1", "usage": {"usage": {"users": 1}, "subtree_usage": {"users": 4}}},
        {"id": "org_2", "parent_org_id": "org_1", "usage": {"usage": {"users": 2}}},
    ]
    listing = Listing(tuple(map(Organization.from_json, rows)))

    use = paid_usage(Workspace(billing_mode="single"), "cus_1", listing).of("users")
    assert use.doubt == "Altostrat reports 4 for organizations whose use adds up to 3."


LINES = st.lists(
    st.tuples(st.sampled_from(["price_u", "price_l", "Setup fee", "sso"]), st.integers(-(10**9), 10**9)),
    min_size=1,
    max_size=8,
)
USED = st.lists(
    st.none() | st.dictionaries(st.sampled_from(["users", "locations", "sso"]), st.integers(0, 1000)),
    max_size=8,
)
ANY = st.integers(-(10**9), 10**9)


@given(LINES, USED, st.integers(0, 10**9), ANY, ANY, ANY, st.sampled_from(["usd", "jpy", "kwd", "xqz"]))
def test_parts_always_sum_to_the_bill(
    lines: list[tuple[str, int]],
    used: list[Mapping[str, int] | None],
    discount: int,
    tax: int,
    off: int,
    credit: int,
    currency: str,
) -> None:
    total = sum(amount for _, amount in lines) - discount + tax + off
    given_bill = bill(
        *lines,
        discount_amount=discount,
        tax=tax,
        total=total,
        amount_due=total - credit,
        currency=currency,
    )
    parts = divide_bill(given_bill, usage(*used), PRICES)

    assert sum(part.charges for part in parts) == given_bill.lines
    assert sum(part.discount for part in parts) == given_bill.discount
    assert sum(part.tax for part in parts) == given_bill.tax
    assert sum(part.total for part in parts) == total
    assert sum(part.credit for part in parts) == -credit
    assert sum(part.due for part in parts) == total - credit
    assert all(part.organization or part.reason for part in parts)
