"""Amounts of money: integers in the currency's smallest unit, as Altostrat and Stripe send them, never floats.

Babel knows from CLDR how many decimals a currency has and what its symbol is. Where Stripe differs, Stripe's count
applies, because the integers are Stripe's: https://docs.stripe.com/currencies#minor-units
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from babel import Locale
from babel.numbers import get_currency_precision, get_currency_symbol

# CLDR gives these no decimals; Stripe counts them in hundredths. Its documentation lists ISK and UGX as special cases
# ("to charge 5 ISK, provide 500"), and the others are missing from its zero-decimal currencies. HUF and TWD, which are
# zero-decimal for payouts only, already have two decimals in CLDR.
_STRIPE_EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(
        ("AFN", "ALL", "ISK", "LAK", "LBP", "MMK", "RSD", "SLL", "SOS", "STD", "UGX", "YER"),
        2,
    )
)
# Of the codes that begin with X, only these are money: the others are metals, funds and codes for tests.
_SHARED: Final = frozenset({"XAF", "XCD", "XCG", "XOF", "XPF"})
_ENGLISH: Final = Locale("en")
# As wide as a plus sign, and screen readers say "minus".
MINUS: Final = "\N{MINUS SIGN}"
_NBSP: Final = "\N{NO-BREAK SPACE}"
_NO_UNIT: Final = "minor units"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of minor units of a currency. `currency` is in any case; either part may be unknown."""

    minor: int | None
    currency: str | None

    @property
    def code(self) -> str:
        """The currency in upper case, "USD"; empty if there is none."""
        return (self.currency or "").upper()

    def __str__(self) -> str:
        return format_amount(self.minor, self.currency)


@lru_cache(1024)  # bounded: Altostrat may send any text as a currency
def exponent(currency: str | None) -> int | None:
    """Return the number of decimals: 2 for usd, 0 for jpy, 3 for kwd; None for an unknown currency."""
    code = (currency or "").upper()
    if not currency_name(code):
        return None
    return _STRIPE_EXPONENTS.get(code, get_currency_precision(code))


def exact(minor: int, currency: str | None) -> Decimal | None:
    """Return Decimal("-12.34") for -1234 usd, exact at any size; None for an unknown currency."""
    digits = exponent(currency)
    if digits is None:
        return None
    return Decimal((int(minor < 0), tuple(map(int, str(abs(minor)))), -digits))


def minor_units(value: Decimal, currency: str) -> int:
    """Return 1234 for Decimal("12.34") and usd, the inverse of `exact`. Unlike a Decimal, a fraction never rounds."""
    return int(Fraction(value) * 10 ** (exponent(currency) or 0))


def plain(minor: int, currency: str | None) -> str:
    """Format an amount for programs and spreadsheets: "-1234.50". An unknown currency leaves the integer unchanged."""
    return f"{'-' if minor < 0 else ''}{_digits(minor, exponent(currency), grouped=False)}"


def format_amount(minor: int | None, currency: str | None) -> str:
    """Format an amount for people: "$1,234.50 USD" with no-break spaces; empty for None.

    The code always follows, because several currencies share the dollar sign. For an unknown currency the integer is
    shown and labeled: "1,234 XQZ minor units".
    """
    if minor is None:
        return ""
    code, digits = (currency or "").upper(), exponent(currency)
    sign = MINUS if minor < 0 else ""
    unit = code if digits is not None else _NBSP.join(filter(None, (code, _NO_UNIT.replace(" ", _NBSP))))
    return f"{sign}{_symbol(code)}{_digits(minor, digits, grouped=True)}{_NBSP}{unit}"


def format_number(minor: int, currency: str | None) -> str:
    """Return "1,234.50", for tables whose title names the currency."""
    return f"{MINUS if minor < 0 else ''}{_digits(minor, exponent(currency), grouped=True)}"


def totals(amounts: Iterable[Amount]) -> dict[str, int]:
    """Return the sum per currency code in lower case ("" for none), sorted. Nothing is converted; None adds nothing."""
    sums: dict[str, int] = {}
    for amount in amounts:
        if amount.minor is not None:
            code = (amount.currency or "").lower()
            sums[code] = sums.get(code, 0) + amount.minor
    return dict(sorted(sums.items()))


def currency_name(code: str | None) -> str:
    """Return "US Dollar" for "usd"; empty for an unknown code."""
    known = (code or "").upper()
    return "" if known.startswith("X") and known not in _SHARED else str(_ENGLISH.currencies.get(known, ""))


def _digits(minor: int, digits: int | None, *, grouped: bool) -> str:
    """Return the amount without its sign. Babel would round to the 28 digits of a Decimal context; this is exact."""
    units, fraction = divmod(abs(minor), 10 ** (digits or 0))
    text = f"{units:,}" if grouped else str(units)
    return f"{text}.{fraction:0{digits}d}" if digits else text


@lru_cache(1024)
def _symbol(code: str) -> str:
    """Return "$" for USD; empty if the symbol is only letters, as for ZAR and XOF."""
    symbol = str(get_currency_symbol(code, _ENGLISH)) if exponent(code) is not None else ""
    return "" if symbol.replace("\N{NARROW NO-BREAK SPACE}", "").isalpha() else symbol
