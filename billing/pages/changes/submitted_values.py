"""What a browser submits for a field that the person did not change.

https://html.spec.whatwg.org/multipage/input.html#value-sanitization-algorithm
"""

from __future__ import annotations

import unicodedata
from decimal import Context, Decimal, InvalidOperation
from typing import Final

from django import forms

_ACE_PREFIX: Final = "xn--"
# Browsers have no larger numbers.
_MAX_EXPONENT: Final = 308
# https://www.unicode.org/reports/tr46/#Deviations
_JOINERS: Final = dict.fromkeys((0x200C, 0x200D))


def is_untouched(field: forms.Field, submitted: object, shown: object) -> bool:
    """Return whether a browser may have submitted this for the value that the form showed."""
    value, text = as_submitted(field, submitted), as_submitted(field, shown)
    if value == text or not isinstance(field, forms.EmailField):
        return value == text
    # Some browsers replace letters of a domain that were not allowed before 2010: "faß" becomes "fass".
    name, at, domain = text.rpartition("@")
    return value == f"{name}{at}{domain.casefold().translate(_JOINERS)}"


def as_submitted(field: forms.Field, value: object) -> str:
    """Return the value of a field as it is compared: the same before and after it was in a browser."""
    text = "" if value is None else str(value)
    if isinstance(field.widget, forms.NumberInput):
        return _number(text)
    # HTML has one kind of line break, and none in a field of one line.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(field.widget, forms.TextInput):
        text = text.replace("\n", "")
    if isinstance(field, forms.EmailField):
        text = _with_readable_domain(text)
    return text.strip() if getattr(field, "strip", False) else text


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:  # browsers submit nothing in its place
        return ""
    if not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT:
        return ""
    return f"{number.normalize(Context(prec=len(text))):f}"


def _with_readable_domain(address: str) -> str:
    """Return "info@müller.example" also for "info@xn--mller-kva.example", which some browsers submit in its place."""
    name, at, domain = address.rpartition("@")
    labels = (_readable(label) for label in unicodedata.normalize("NFKC", domain).lower().split("."))
    return f"{name}{at}{'.'.join(labels)}"


def _readable(label: str) -> str:
    if not label.startswith(_ACE_PREFIX):
        return label
    try:
        return label.removeprefix(_ACE_PREFIX).encode("ascii").decode("punycode")
    except UnicodeError:
        return label
