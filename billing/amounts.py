"""Amounts of money: integers of the smallest unit, as Altostrat and Stripe send them, and never a float.

Exponents and symbols are Babel's, which are CLDR's: how many digits people write. Where Stripe counts otherwise, Stripe
decides, since the integers are Stripe's: https://docs.stripe.com/currencies#minor-units
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from babel import Locale
from babel.numbers import get_currency_precision, get_currency_symbol

# CLDR writes these without a fraction; Stripe counts them in hundredths. ISK and UGX are special cases of its
# documentation ("to charge 5 ISK, provide 500"), the others are not among its zero-decimal currencies. HUF and TWD,
# which Stripe takes whole in payouts only, have two digits in CLDR already.
_AS_STRIPE_COUNTS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(
        ("AFN", "ALL", "ISK", "LAK", "LBP", "MMK", "RSD", "SLL", "SOS", "STD", "UGX", "YER"),
        2,
    )
)
_ENGLISH: Final = Locale("en")
# A real minus: as wide as a digit's plus, and read out as "minus".
MINUS: Final = "\N{MINUS SIGN}"
_NBSP: Final = "\N{NO-BREAK SPACE}"
_NO_UNIT: Final = "minor units"


class NotAnAmount(ValueError):
    """A text that is no amount of that currency. Its message does not repeat the text."""


@dataclass(frozen=True, slots=True)
class Amount:
    """So many of a currency's smallest unit, which `currency` names in whatever case; either may be unknown."""

    minor: int | None
    currency: str | None

    @property
    def code(self) -> str:
        """The currency as it is written, "USD"; empty when there is none."""
        return (self.currency or "").upper()

    def __str__(self) -> str:
        return format_amount(self.minor, self.currency)


@lru_cache(1024)  # what upstream calls a currency may be anything
def exponent(currency: str | None) -> int | None:
    """How many digits of the integer are the fraction: 2 for usd, 0 for jpy, 3 for kwd; None for what nobody knows."""
    code = (currency or "").upper()
    if code not in _ENGLISH.currencies:
        return None
    return _AS_STRIPE_COUNTS.get(code, get_currency_precision(code))


def exact(minor: int, currency: str | None) -> Decimal | None:
    """-1234 usd as Decimal("-12.34"), every digit of it; None for a currency that nobody knows."""
    digits = exponent(currency)
    if digits is None:
        return None
    return Decimal((int(minor < 0), tuple(map(int, str(abs(minor)))), -digits))


def plain(minor: int, currency: str | None) -> str:
    """For programs and spreadsheets: "-1234.50". The integer itself for a currency that nobody knows."""
    return f"{'-' if minor < 0 else ''}{_digits(minor, exponent(currency), grouped=False)}"


def format_amount(minor: int | None, currency: str | None) -> str:
    """For people: "$1,234.50 USD" with no-break spaces; empty for None.

    The code always stands behind, since a dollar sign has many countries. Of a currency that nobody knows the integer
    is shown, and said to be in minor units: "1,234 XQZ minor units".
    """
    if minor is None:
        return ""
    code, digits = (currency or "").upper(), exponent(currency)
    sign = MINUS if minor < 0 else ""
    unit = code if digits is not None else _NBSP.join(filter(None, (code, _NO_UNIT.replace(" ", _NBSP))))
    return f"{sign}{_symbol(code)}{_digits(minor, digits, grouped=True)}{_NBSP}{unit}"


def parse_amount(text: str, currency: str | None) -> int:
    """The integer that `format_amount` or `plain` wrote, or that somebody typed in that manner. Raises NotAnAmount."""
    code, digits = (currency or "").upper(), exponent(currency) or 0
    bare = re.sub(r"\s+", "", text).replace(MINUS, "-").upper()
    bare = bare.removesuffix(_NO_UNIT.replace(" ", "").upper()).removesuffix(code)
    is_negative = bare.startswith("-")
    bare = bare.removeprefix("-").removeprefix(_symbol(code).upper())
    found = re.fullmatch(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?", bare, re.ASCII)
    if found is None or len(found[2] or "") > digits:
        raise NotAnAmount("not an amount of this currency")
    minor = int(found[1].replace(",", "") + (found[2] or "").ljust(digits, "0"))
    return -minor if is_negative else minor


def totals(amounts: Iterable[Amount]) -> dict[str, int]:
    """The sum of each currency by its code in lower case, "" for none; in the order of the codes. Never mixed, and
    nothing is converted. An amount that is None adds nothing."""
    sums: dict[str, int] = {}
    for amount in amounts:
        if amount.minor is not None:
            code = (amount.currency or "").lower()
            sums[code] = sums.get(code, 0) + amount.minor
    return dict(sorted(sums.items()))


def currency_name(code: str | None) -> str:
    """ "US Dollar" for "usd"; nothing for a code that nobody knows."""
    return str(_ENGLISH.currencies.get((code or "").upper(), ""))


def _digits(minor: int, digits: int | None, *, grouped: bool) -> str:
    """The amount without its sign. Babel's own pattern rounds to a Decimal context's 28 digits; this has no end."""
    whole, fraction = divmod(abs(minor), 10 ** (digits or 0))
    written = f"{whole:,}" if grouped else str(whole)
    return f"{written}.{fraction:0{digits}d}" if digits else written


@lru_cache(1024)
def _symbol(code: str) -> str:
    """ "$" for USD; nothing where letters alone would stand for it, as with ZAR and XOF."""
    symbol = str(get_currency_symbol(code, _ENGLISH)) if exponent(code) is not None else ""
    return "" if symbol.replace("\N{NARROW NO-BREAK SPACE}", "").isalpha() else symbol
