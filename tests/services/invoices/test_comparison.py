"""The parts of the difference between two invoices."""

from __future__ import annotations

from typing import Any

import pytest

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.comparison import ON_BASE, ON_RATE, compare

pytestmark = pytest.mark.sqlite_only


def _line(
    amount: int, quantity: int | None = None, price: str | None = "price_users", **fields: Any
) -> dict[str, Any]:
    """Return a line of one unit amount, unless it is set to another."""
    unit = amount // quantity if quantity and amount % quantity == 0 else None
    names = {"product_name": (price or "").removeprefix("price_").title() or None}
    return {"amount": amount, "quantity": quantity, "unit_amount": unit, "price_id": price, **names, **fields}


def _invoice(*lines: dict[str, Any], credit: int = 0, **fields: Any) -> Invoice:
    """Return an invoice whose amounts add up, unless `fields` say something else."""
    subtotal = sum(line["amount"] or 0 for line in lines)
    total = subtotal - fields.get("discount_amount", 0) + fields.get("tax", 0)
    sums = {"subtotal": subtotal, "total": total, "amount_due": fields.get("total", total) - credit}
    return Invoice.from_json({"currency": "usd", "lines": list(lines), **sums, **fields})


def _off(amount: int, *names: str) -> dict[str, Any]:
    return {"discount_amount": amount, "discount_names": list(names)}


def _parts(old: Invoice, new: Invoice) -> list[tuple[str, str, int]]:
    comparison = compare(old, new)
    assert comparison is not None
    assert sum(part.amount for part in comparison.parts) == comparison.difference
    return [(part.cause.value, part.item, part.amount) for part in comparison.parts]


@pytest.mark.parametrize(
    ("old", "new", "quantity", "price"),
    [
        (_line(10000, 10), _line(9600, 8), -2000, 1600),
        (_line(3000, 3), _line(4004, 4), 1000, 4),
        (_line(520, 52), _line(576, 48), -40, 96),  # a volume tier
        (_line(5000, 5), _line(5000, 5), 0, 0),
        (_line(0, 5), _line(5000, 5), 0, 5000),  # after a trial
        (_line(0, 0), _line(5000, 5), 5000, 0),  # the old price is not known
        (_line(1250, 12, unit_amount=100), _line(1350, 14, unit_amount=100), 208, -108),  # graduated tiers
        (_line(2, 3), _line(2, 4), 0, 0),  # a price of 0.5, rounded
        (_line(500, 1001), _line(750, 1500), 250, 0),  # a price of 0.5
    ],
)
def test_quantity_at_the_old_price_then_the_price_at_the_new_quantity(
    old: dict[str, Any], new: dict[str, Any], quantity: int, price: int
) -> None:
    expected = [("Quantity", "Users", quantity), ("Price", "Users", price)]

    assert _parts(_invoice(old), _invoice(new)) == [part for part in expected if part[2]]


def test_prorations_arrive_and_go() -> None:
    unused = _line(-3333, 5, description="Unused time on Users after 11 Nov 2026")
    more = _line(5333, 8, proration=True)
    before = _invoice(_line(5000, 5))
    changed = _invoice(_line(8000, 8), unused, more)
    after = _invoice(_line(8000, 8))

    assert _parts(before, changed) == [("Quantity", "Users", 3000), ("Proration", "Users", 2000)]
    assert _parts(changed, after) == [("Proration", "Users", -2000)]


def test_tax_of_the_base_at_the_old_rate_then_the_rate() -> None:
    old = _invoice(_line(10000, 10), tax=2000)
    new = _invoice(_line(12000, 12), tax=1200)

    assert _parts(old, new)[1:] == [("Tax", ON_BASE, 400), ("Tax", ON_RATE, -1200)]


def test_rounded_tax_at_the_same_rate_is_no_change_of_the_rate() -> None:
    old = _invoice(_line(333, 1), tax=67)  # 20 %
    new = _invoice(_line(1000, 1), tax=200)

    assert _parts(old, new)[1:] == [("Tax", ON_BASE, 133)]


@pytest.mark.parametrize(("old_tax", "new_tax"), [(0, 2400), (2000, 0)])
def test_tax_begins_or_ends(old_tax: int, new_tax: int) -> None:
    rows = _parts(_invoice(_line(10000, 10), tax=old_tax), _invoice(_line(12000, 12), tax=new_tax))

    assert sum(amount for cause, _, amount in rows if cause == "Tax") == new_tax - old_tax
    assert ("Tax", ON_RATE, new_tax - old_tax * 12 // 10) in rows


def test_tax_that_the_lines_include_is_no_part_of_its_own() -> None:
    old = _invoice(_line(12000, 10), tax=2000, total=12000)
    new = _invoice(_line(14400, 12), tax=2400, total=14400)

    assert _parts(old, new) == [("Quantity", "Users", 2400)]


def test_credit_of_the_earlier_invoice_only() -> None:
    assert _parts(_invoice(_line(10000, 10), credit=3000), _invoice(_line(10000, 10))) == [
        ("Credit", "Credit", 3000)
    ]


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        (_off(0), _off(100, "A"), [("A", -100)]),
        (_off(100, "A"), _off(0), [("A", 100)]),
        (_off(100, "A"), _off(300, "B"), [("B", -300), ("A", 100)]),
        (_off(100, "A"), _off(300, "A", "B"), [("A, B", -200)]),
        (_off(100), _off(300), [("Discount", -200)]),
    ],
)
def test_discounts_begin_end_and_change(
    old: dict[str, Any], new: dict[str, Any], parts: list[tuple[str, int]]
) -> None:
    rows = _parts(_invoice(_line(10000, 10), **old), _invoice(_line(10000, 10), **new))

    assert rows == [("Discount", *part) for part in parts]


def test_lines_are_matched_by_price_not_by_text() -> None:
    old = _invoice(_line(1000, 1, "price_a", description="Seats", product_name="Seats"))
    renamed = _invoice(_line(1000, 1, "price_a", description="Users", product_name="Users"))
    other = _invoice(_line(1000, 1, "price_b", description="Seats", product_name="Seats"))

    assert _parts(old, renamed) == []
    assert _parts(old, other) == [("Added", "Seats", 1000), ("Removed", "Seats", -1000)]


@pytest.mark.parametrize(
    "item",
    [
        {"subscription_item": "si_1"},
        {"parent": {"subscription_item_details": {"subscription_item": "si_1"}}},
    ],
)
def test_another_price_of_the_same_item_is_a_change_of_the_price(item: dict[str, Any]) -> None:
    old, new = _line(10000, 10, "price_a", **item), _line(9600, 8, "price_b", **item)

    assert _parts(_invoice(old), _invoice(new)) == [("Quantity", "B", -2000), ("Price", "B", 1600)]


def test_the_same_price_of_two_items_is_not_matched() -> None:
    old, new = _line(1000, 1, subscription_item="si_1"), _line(1000, 1, subscription_item="si_2")

    assert _parts(_invoice(old), _invoice(new)) == [("Added", "Users", 1000), ("Removed", "Users", -1000)]


def test_lines_without_a_price_are_added_and_removed() -> None:
    line = _line(1000, 1, None, description="Setup")

    assert _parts(_invoice(line, id="in_1"), _invoice(line, id="in_2")) == [
        ("Added", "Setup", 1000),
        ("Removed", "Setup", -1000),
    ]


@pytest.mark.parametrize("quantities", [(None, 5), (5, None), (None, None)])
def test_a_line_without_quantity_is_unexplained(quantities: tuple[int | None, int | None]) -> None:
    old, new = (_invoice(_line(amount, one)) for amount, one in zip((500, 700), quantities, strict=True))

    assert _parts(old, new) == [("Unexplained", "Users", 200)]


def test_what_does_not_add_up_is_not_spread() -> None:
    rows = _parts(_invoice(_line(1000, 1)), _invoice(_line(2000, 2), total=2345))

    assert rows == [("Quantity", "Users", 1000), ("Unexplained", "Amounts that do not add up", 345)]


@pytest.mark.parametrize(
    "fields",
    [
        {"currency": "eur"},
        {"currency": None},
        {"total": None, "amount_due": 1000},
        {"amount_due": None},
        {"lines": None},
        {"lines": []},
        {"lines": [{"amount": None}]},
        {"lines": [{"amount": 1000, "currency": "eur"}]},
    ],
)
def test_other_currencies_and_incomplete_lines_are_not_compared(fields: dict[str, Any]) -> None:
    whole, other = (
        _invoice(_line(1000, 1)),
        Invoice.from_json(
            {"currency": "usd", "total": 1000, "amount_due": 1000, "lines": [_line(1000, 1)], **fields}
        ),
    )

    assert compare(whole, other) is None
    assert compare(other, whole) is None


def test_an_empty_invoice_of_nothing_is_compared() -> None:
    assert _parts(_invoice(), _invoice(_line(1000, 1))) == [("Added", "Users", 1000)]
