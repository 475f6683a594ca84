"""General template tags and filters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import uuid4

import phonenumbers
from django import template
from django.core.paginator import Page
from django.template import Context
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing import masks
from billing.pages.rendering.facts import undocumented_fields
from billing.pages.rendering.paths import path_of
from billing.pages.tables import paging

register = template.Library()
register.filter(undocumented_fields)


@register.simple_tag
@cache
def no_value(label: str = "none") -> SafeString:
    """Return the em dash of an empty cell, and what screen readers say instead: "none", "not provided"."""
    return format_html(
        '<span class="absent"><span aria-hidden="true">—</span><span class="visually-hidden">{}</span></span>',
        label,
    )


@register.simple_tag(takes_context=True)
def page_of(context: Context, rows: Iterable[Any], size: int = 0) -> Page[Any]:
    """Return the rows of the requested page, for parts/tables/pages.html: {% page_of lines as page_obj %}."""
    return paging.page_of(context["request"], rows, size)


@register.simple_tag
def address_of(name: str, *ids: str | None) -> str:
    """Return the URL as {% url %} does; empty if an id is missing or cannot be part of a URL."""
    try:
        return path_of(name, *ids) if all(ids) else ""
    except NoReverseMatch:
        return ""


@register.simple_tag
def form_id() -> str:
    """Return an ID for a form, so that sending it twice has one effect."""
    return str(uuid4())


@register.filter
def expiry(value: datetime) -> str:
    """Return "expires in 3 days", "expired 2 hours ago"."""
    left = (value - timezone.now()).total_seconds()
    return f"expires in {_span(left)}" if left > 0 else f"expired {_span(-left)} ago"


@register.filter
def age(value: datetime) -> str:
    """Return "3 minutes ago", "less than a minute ago"."""
    return f"{_span((timezone.now() - value).total_seconds())} ago"


def _span(seconds: float) -> str:
    for size, name in ((31_536_000, "year"), (86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


@register.filter
def phone(value: str, country: str | None = None) -> str:
    """Return a phone number in international format; returned unchanged if it cannot be parsed."""
    number = _number(value, country)
    if number is None:
        return value
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@register.filter
def phone_link(value: str, country: str | None = None) -> str:
    """Return the number for a tel: link; empty if it cannot be parsed."""
    number = _number(value, country)
    if number is None:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.RFC3966)


def _number(value: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    if masks.HIDDEN in value:  # what is left of a masked number is another number
        return None
    try:
        return phonenumbers.parse(value, (country or "").upper() or None)
    except phonenumbers.NumberParseException:
        return None


@register.filter
def billing_mode(value: str) -> str:
    """Return a billing mode with an explanation; an unknown one is returned unchanged."""
    labels = {
        "single": "Single: one account",
        "pooled": "Pooled: shared seats",
        "assigned": "Assigned: seats per account",
    }
    return labels.get(value, value)
