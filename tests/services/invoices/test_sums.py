"""Checks of the amounts of an invoice."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

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


def _before(total: int, discount: int, tax: int, includes: tuple[bool, bool]) -> int:
    """Return the amount that leads to a total, if it includes the discount or not, and the tax or not."""
    return total + (0 if includes[0] else discount) - (0 if includes[1] else tax)


@given(amounts, st.integers(0, 10**30), amounts, included, included)
def test_every_convention_is_accepted(
    total: int,
    discount: int,
    tax: int,
    lines_include: tuple[bool, bool],
    subtotal_includes: tuple[bool, bool],
) -> None:
    """The lines and the subtotal each include the discount or not, and the tax or not."""
    lines, subtotal = (_before(total, discount, tax, one) for one in (lines_include, subtotal_includes))

    assert differences(_invoice(lines, subtotal, total, discount, tax)) == ()


@given(
    st.integers(1, 10**30),
    st.integers(0, 10**30),
    st.integers(0, 10**30),
    included,
    included,
    st.integers(1, 10**6),
    st.sampled_from([1, -1]),
)
def test_what_is_off_under_every_convention_is_reported(
    net: int,
    discount: int,
    tax: int,
    lines_include: tuple[bool, bool],
    subtotal_includes: tuple[bool, bool],
    off: int,
    sign: int,
) -> None:
    """A credit note is the same with negative amounts, whose discount may have either sign."""
    total = net + tax
    lines, subtotal = (_before(total, discount, tax, one) for one in (lines_include, subtotal_includes))
    choices = product([True, False], [True, False], [discount, sign * discount])
    every = {_before(total, one, tax, (first, second)) for first, second, one in choices}

    def is_wrong(lines: int, subtotal: int) -> bool:
        return bool(
            differences(_invoice(sign * lines, sign * subtotal, sign * total, sign * discount, sign * tax))
        )

    assert is_wrong(lines + off, subtotal) is (lines + off not in every)
    assert is_wrong(lines, subtotal + off) is (subtotal + off not in every)


@given(st.integers(0, 10**30), st.integers(1, 10**30), st.integers(0, 10**30), st.booleans())
def test_a_discount_takes_no_more_than_there_is(amount: int, more: int, tax: int, is_after_tax: bool) -> None:
    """What remains is 0, or the tax if that is added afterwards."""
    discount = amount + more
    total = max(amount + tax - discount, 0) if is_after_tax else tax
    conventions = {0, tax, amount, amount + tax, max(amount + tax - discount, 0), amount - discount}

    assert differences(_invoice(amount, amount, total, discount, tax)) == ()
    for wrong in (total - 1, total + 1):
        is_wrong = wrong not in conventions | {amount - discount + tax}
        assert bool(differences(_invoice(amount, amount, wrong, discount, tax))) is is_wrong


taxed = st.lists(
    st.tuples(st.integers(0, 10**9), st.integers(1, 10**9), st.booleans()), min_size=1, max_size=8
)


@given(taxed, st.sampled_from(["taxes", "tax_amounts", "tax", "tax_amount"]), st.booleans())
def test_tax_may_be_inside_some_lines(
    rows: list[tuple[int, int, bool]], name: str, is_subtotal_before_tax: bool
) -> None:
    """Each line says of its tax whether it is inside its amount."""

    def line(net: int, tax: int, inside: bool) -> dict[str, object]:
        says = {"tax_behavior": "inclusive" if inside else "exclusive"}
        taxes: object = [{"amount": tax, **says}] if name.endswith("s") else tax
        return {"amount": net + inside * tax, name: taxes, **says}

    tax, net = sum(row[1] for row in rows), sum(row[0] for row in rows)
    lines = net + sum(tax for _, tax, inside in rows if inside)
    document = {
        **{"subtotal": net if is_subtotal_before_tax else lines, "discount_amount": 0, "tax": tax},
        **{"total": net + tax, "lines": [line(*row) for row in rows]},
    }

    assert differences(Invoice.from_json(document)) == ()
    assert differences(Invoice.from_json(document | {"total": -1}))


@given(st.lists(st.tuples(st.integers(1, 10**9), st.booleans()), min_size=1, max_size=5), st.booleans())
def test_one_discount_may_be_inside_the_subtotal_and_another_not(
    discounts: list[tuple[int, bool]], is_first_sent: bool
) -> None:
    all_of_them = sum(amount for amount, _ in discounts)
    total = 7 * 10**10
    document = {
        **{"subtotal": total + sum(amount for amount, inside in discounts if not inside), "tax": 0},
        **{"discount_amount": discounts[0][0] if is_first_sent else all_of_them, "total": total},
        **{
            "discounts": [{"amount": amount} for amount, _ in discounts],
            "lines": [{"amount": total + all_of_them}],
        },
    }

    assert differences(Invoice.from_json(document)) == ()
    assert differences(Invoice.from_json(document | {"total": -total}))


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
        (5000, 5000, 8000, 0, 0),
        (5000, 0, 8000, 0, 0),
        (-10000, -10000, 2000, 0, -8000),
        (-10000, -10000, 2000, -1200, -9200),
        (-6000, -6000, 0, 900, -6900),
    ],
    ids=[
        *(
            "subtotal after discount",
            "subtotal before discount",
            "lines after discount",
            "only lines after it",
        ),
        *("tax in every amount", "tax in the lines", "tax in the subtotal", "both conventions"),
        *("negative discount", "a credit", "discount above the amount", "subtotal after it"),
        *("a credit less its discount", "the same with tax", "a credit with positive tax"),
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
