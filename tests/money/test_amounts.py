"""Amounts of money."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import amounts
from billing.amounts import Amount, exponent, format_amount, format_number, plain, totals

ROOT = Path(__file__).resolve().parents[2]
KNOWN = ("usd", "eur", "gbp", "zar", "aud", "jpy", "kwd", "isk", "huf", "chf", "xof")

# https://docs.stripe.com/currencies#zero-decimal, #three-decimal and #special-cases.
STRIPE_ZERO = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
STRIPE_THREE = "BHD JOD KWD OMR TND"
STRIPE_TWO = (
    "USD AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES KGS "
    "KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
    "PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX "
    "UYU UZS WST XCD YER ZAR ZMW"
)


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (123456, "usd", "$1,234.56 USD"),
        (123456, "eur", "€1,234.56 EUR"),
        (123456, "gbp", "£1,234.56 GBP"),
        (123456, "zar", "1,234.56 ZAR"),
        (123456, "aud", "A$1,234.56 AUD"),
        (123456, "jpy", "¥123,456 JPY"),
        (123456, "kwd", "123.456 KWD"),
        (123456, "USD", "$1,234.56 USD"),
        (123400, "isk", "1,234.00 ISK"),
        (-5, "usd", "\u2212$0.05 USD"),
        (-123456, "zar", "\u22121,234.56 ZAR"),
        (-1, "jpy", "\u2212¥1 JPY"),
        (-1, "kwd", "\u22120.001 KWD"),
        (0, "usd", "$0.00 USD"),
        (0, "jpy", "¥0 JPY"),
        (0, "kwd", "0.000 KWD"),
        (2**63, "usd", "$92,233,720,368,547,758.08 USD"),
        (2**63, "jpy", "¥9,223,372,036,854,775,808 JPY"),
        (-(2**63), "kwd", "\u22129,223,372,036,854,775.808 KWD"),
        (10**40 + 1, "eur", f"€{10**38:,}.01 EUR"),
        (1234, "xqz", "1,234 XQZ minor units"),
        # Gold, the code for tests and the code for no currency: CLDR lists them, and none has minor units.
        *((1234, code, f"1,234 {code.upper()} minor units") for code in ("xau", "xts", "xxx", "xdr")),
        (1234, "xof", "1,234 XOF"),
        (-1234, "xqz", "\u22121,234 XQZ minor units"),
        (1234, None, "1,234 minor units"),
        (1234, "", "1,234 minor units"),
        (None, "usd", ""),
        (None, None, ""),
    ],
)
def test_format_for_people(minor: int | None, currency: str | None, written: str) -> None:
    assert format_amount(minor, currency).replace("\u00a0", " ") == written
    assert str(Amount(minor, currency)) == format_amount(minor, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (123456, "usd", "1234.56"),
        (-5, "eur", "-0.05"),
        (0, "gbp", "0.00"),
        (1200, "jpy", "1200"),
        (1234, "kwd", "1.234"),
        (2**63, "aud", "92233720368547758.08"),
        (1234, "xqz", "1234"),
        (1234, None, "1234"),
    ],
)
def test_format_for_programs(minor: int, currency: str | None, written: str) -> None:
    assert plain(minor, currency) == written


def test_exact_amount_keeps_every_digit() -> None:
    assert amounts.exact(-(10**40) - 1, "usd") == Decimal(f"-1{'0' * 38}.01")
    assert amounts.exact(5, "xqz") is None


@pytest.mark.parametrize(("codes", "digits"), [(STRIPE_ZERO, 0), (STRIPE_THREE, 3), (STRIPE_TWO, 2)])
def test_exponents_are_those_of_stripe(codes: str, digits: int) -> None:
    counted = {code: exponent(code) for code in codes.split()}

    assert counted == dict.fromkeys(counted, digits)


@given(st.integers(), st.sampled_from(KNOWN))
def test_plain_amount_is_the_exact_number(minor: int, currency: str) -> None:
    assert Decimal(plain(minor, currency)) == amounts.exact(minor, currency)


@given(st.integers(), st.sampled_from(KNOWN))
def test_amount_in_minor_units_is_exact_again(minor: int, currency: str) -> None:
    assert amounts.minor_units(Decimal(plain(minor, currency)), currency) == minor


@given(st.integers(), st.integers(), st.sampled_from(KNOWN))
def test_different_amounts_never_look_the_same(one: int, other: int, currency: str) -> None:
    assert (format_amount(one, currency) == format_amount(other, currency)) == (one == other)


def test_totals_keep_currencies_apart() -> None:
    rows = [Amount(100, "usd"), Amount(5, "jpy"), Amount(-30, "USD"), Amount(None, "eur"), Amount(7, None)]

    assert totals(rows) == {"": 7, "jpy": 5, "usd": 70}
    assert totals([]) == {}


@given(st.lists(st.builds(Amount, st.integers(), st.sampled_from(("usd", "zar", "jpy")))))
def test_totals_are_the_sums_of_the_rows(rows: list[Amount]) -> None:
    found = totals(rows)

    assert set(found) == {row.currency for row in rows}
    for currency, total in found.items():
        assert total == sum(row.minor or 0 for row in rows if row.currency == currency)


@pytest.mark.parametrize("name", ["billing/amounts.py", "billing/pages/rendering/formats.py"])
def test_amounts_are_never_floats(name: str) -> None:
    tree = ast.parse((ROOT / name).read_text())
    found = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))
    ]

    assert not found, f"A float in {name}, lines {found}: amounts are integers."


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (123450, "usd", "1,234.50"),
        (-1234, "jpy", "\N{MINUS SIGN}1,234"),
        (1234567, "kwd", "1,234.567"),
        (5, "xqz", "5"),
    ],
)
def test_number_without_its_currency(minor: int, currency: str, written: str) -> None:
    assert format_number(minor, currency) == written
