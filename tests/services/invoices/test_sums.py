"""Checks of the amounts of an invoice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice, InvoiceLine
from billing.services.invoices.sums import differences, sum_of_lines

pytestmark = pytest.mark.sqlite_only

amounts = st.integers(-(10**30), 10**30)


def _invoice(lines: int, subtotal: int, total: int, discount: int | None, tax: int | None) -> Invoice:
    return Invoice(
        lines=(InvoiceLine(amount=lines),), subtotal=subtotal, total=total, discount_amount=discount, tax=tax
    )


included = st.tuples(st.booleans(), st.booleans())


@given(amounts, st.integers(0, 10**30), amounts, included, included, st.integers(1, 10**6))
def test_every_convention_is_accepted_and_one_unit_off_is_not(
    total: int,
    discount: int,
    tax: int,
    lines_include: tuple[bool, bool],
    subtotal_includes: tuple[bool, bool],
    off: int,
) -> None:
    """The lines and the subtotal each include the discount or not, and the tax or not."""

    def before(includes: tuple[bool, bool]) -> int:
        return total + (0 if includes[0] else discount) - (0 if includes[1] else tax)

    lines, subtotal = before(lines_include), before(subtotal_includes)
    all_conventions = {before((first, second)) for first in (True, False) for second in (True, False)}

    assert differences(_invoice(lines, subtotal, total, discount, tax)) == ()
    wrong_lines = differences(_invoice(lines + off, subtotal, total, discount, tax))
    wrong_subtotal = differences(_invoice(lines, subtotal + off, total, discount, tax))
    assert bool(wrong_lines) is (lines + off not in all_conventions)
    assert bool(wrong_subtotal) is (subtotal + off not in all_conventions)


@given(amounts, amounts, amounts, st.none() | amounts)
def test_nothing_is_judged_without_the_discount_or_the_tax(
    lines: int, subtotal: int, total: int, known: int | None
) -> None:
    assert differences(_invoice(lines, subtotal, total, known, None)) == ()
    assert differences(_invoice(lines, subtotal, total, None, known)) == ()


@pytest.mark.parametrize(
    ("lines", "subtotal", "discount", "tax", "total"),
    [
        (10000, 8000, 2000, 0, 8000),
        (10000, 10000, 2000, 0, 8000),
        (8000, 8000, 2000, 0, 8000),
        (8000, 10000, 2000, 0, 8000),
        (11500, 11500, 0, 1500, 11500),
        (11500, 10000, 0, 1500, 11500),
        (10000, 11500, 0, 1500, 11500),
        (10000, 8000, 2000, 1200, 9200),
        (10000, 10000, -2000, 0, 8000),
        (-6000, -6000, 0, -900, -6900),
    ],
    ids=[
        *(
            "subtotal after discount",
            "subtotal before discount",
            "lines after discount",
            "only lines after it",
        ),
        *("tax in every amount", "tax in the lines", "tax in the subtotal", "both conventions"),
        *("negative discount", "a credit"),
    ],
)
def test_convention_is_accepted(lines: int, subtotal: int, discount: int, tax: int, total: int) -> None:
    assert differences(_invoice(lines, subtotal, total, discount, tax)) == ()
    for wrong in (total - 1, total + 1):
        assert differences(_invoice(lines, subtotal, wrong, discount, tax))


def test_shipping_is_part_of_the_total() -> None:
    shipped = Invoice(subtotal=100, discount_amount=0, tax=0, total=130, extra={"amount_shipping": 30})

    assert differences(shipped) == ()
    assert differences(Invoice(subtotal=100, discount_amount=0, tax=0, total=130))


def test_documented_sample_does_not_add_up() -> None:
    sample = Invoice(
        lines=(InvoiceLine(amount=1000, currency="usd"),),
        currency="usd",
        subtotal=1099,
        discount_amount=100,
        tax=0,
        total=999,
    )

    (found,) = differences(sample)

    assert (found.computed, found.sent) == (1000, 1099)


def test_wrong_total_is_reported() -> None:
    (found,) = differences(Invoice(subtotal=100, discount_amount=0, tax=20, total=119))

    assert (found.field, found.computed, found.sent) == ("total", 120, 119)


def test_discount_that_is_deducted_twice_is_reported() -> None:
    (found,) = differences(_invoice(10000, 8000, 6000, 2000, 0))

    assert (found.source, found.computed, found.sent) == (
        "The sum of the lines less discount plus tax",
        8000,
        6000,
    )


def test_incomplete_sum_is_not_checked() -> None:
    other = Invoice(currency="usd", lines=(InvoiceLine(amount=1, currency="zar"),), subtotal=5)
    without_amount = Invoice(currency="usd", lines=(InvoiceLine(amount=None),), subtotal=5)
    other, without_amount = (replace(one, discount_amount=0, tax=0) for one in (other, without_amount))

    assert sum_of_lines(other) is None
    assert [differences(invoice) for invoice in (other, without_amount, Invoice())] == [(), (), ()]


@pytest.mark.parametrize(
    ("remaining", "is_wrong"), [(25200, False), (37800, False), (20200, False), (25201, True), (0, True)]
)
def test_remaining_amount_is_checked(remaining: int, is_wrong: bool) -> None:
    fields = {"amount_remaining": remaining, "pre_payment_credit_notes_amount": 5000}
    invoice = Invoice(status="open", amount_due=37800, amount_paid=12600, extra=fields)

    assert bool(differences(invoice)) is is_wrong
    assert differences(replace(invoice, status="paid")) == ()
    assert differences(replace(invoice, amount_due=None)) == ()


@pytest.mark.parametrize(
    ("total", "extra"),
    [
        (10500, {"amount_shipping": 500}),
        (10500, {"shipping_cost": {"amount_subtotal": 500, "amount_tax": 0, "amount_total": 500}}),
        (7000, {"total_discount_amounts": [{"amount": 1000}, {"amount": 2000}]}),
        (7000, {"total_pretax_credit_amounts": [{"amount": 3000, "type": "credit_balance_transaction"}]}),
        (11500, {"total_taxes": [{"amount": 1500, "tax_behavior": "exclusive"}]}),
        (11500, {"total_tax_amounts": [{"amount": 1500, "inclusive": False}]}),
    ],
    ids=str,
)
@pytest.mark.parametrize("off", [0, 3, -3])
def test_fields_of_stripe_explain_the_total(total: int, extra: dict[str, object], off: int) -> None:
    document = {
        "subtotal": 10000,
        "discount_amount": 0,
        "tax": 0,
        "total": total + off,
        "lines": [{"amount": 10000}],
    }

    assert bool(differences(Invoice.from_json(document | extra))) is bool(off)


@pytest.mark.parametrize(
    "odd", [7, "x", None, {}, [7], [{}], [{"amount": "3000"}], [{"amount": None}]], ids=str
)
@pytest.mark.parametrize(
    "name", ["total_discount_amounts", "total_taxes", "shipping_cost", "amount_shipping"]
)
def test_odd_fields_of_stripe_explain_nothing(name: str, odd: object) -> None:
    document = {"subtotal": 100, "discount_amount": 0, "tax": 0, "total": 90, name: odd}

    assert len(differences(Invoice.from_json(document))) == 1
