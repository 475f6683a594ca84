"""Amounts and days in the language of a reminder."""

from __future__ import annotations

from datetime import date
from typing import Final

from babel.dates import format_date
from babel.numbers import get_decimal_symbol, get_group_symbol

from billing.amounts import format_amount, format_number
from billing.services.dates import format_day
from billing.services.reminders.wording import DEFAULT

# Mail programs show no-break spaces in different ways.
_SPACES: Final = str.maketrans("\u00a0\u202f", "  ")


def money(minor: int, currency: str, language: str) -> str:
    """Return "$1,234.50 USD", or "1.234,50 USD" in German. The digits are those of the integer."""
    if language == DEFAULT:
        return format_amount(minor, currency).translate(_SPACES)
    symbols = str.maketrans({",": get_group_symbol(language), ".": get_decimal_symbol(language)})
    return f"{format_number(minor, currency).translate(symbols)} {currency.upper()}".translate(_SPACES)


def day(value: date, language: str) -> str:
    """Return "31 Mar 2026", or "31.03.2026" in German."""
    text = format_day(value) if language == DEFAULT else str(format_date(value, "medium", language))
    return text.translate(_SPACES)
