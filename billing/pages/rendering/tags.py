"""Template tags and filters of the pages; built in, no {% load %} needed."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import phonenumbers
from django import template
from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

logger = logging.getLogger(__name__)
register = template.Library()

_DRAWING: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_HIDDEN_BOX: Final = re.compile(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A Tabler icon, drawn in place: https://tabler.io/icons. It says nothing to a screen reader."""
    return format_html(
        '<svg class="icon {}" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        css,
        _drawing(name),
    )


@cache
def _drawing(name: str) -> SafeString:
    try:
        found = _DRAWING.search(_icon_path(name).read_text(encoding="utf-8"))
    except OSError:  # a page without a picture is better than no page
        logger.error("the icon %s is missing; run npm ci", name)
        return SafeString("")
    inside = _HIDDEN_BOX.sub("", found[1]).strip() if found else ""
    return mark_safe(inside)  # noqa: S308  # a file of a pinned package, nobody's input


def icon_exists(name: str) -> bool:
    """Whether Tabler draws such an icon."""
    return _icon_path(name).is_file()


def _icon_path(name: str) -> Path:
    return Path(settings.NODE_MODULES) / "@tabler/icons/icons/outline" / f"{name}.svg"


@register.simple_tag
def address_of(name: str, *ids: str | None) -> str:
    """The address of a page about things with these ids; nothing when no page can have such an id."""
    try:
        return reverse(name, args=ids) if all(ids) else ""
    except NoReverseMatch:
        return ""


@register.filter
def expiry(value: datetime) -> str:
    """ "expires in 3 days", "expired 2 hours ago"."""
    left = (value - timezone.now()).total_seconds()
    return f"expires in {_span(left)}" if left > 0 else f"expired {_span(-left)} ago"


@register.filter
def age(value: datetime) -> str:
    """ "3 minutes ago"; "less than a minute ago"."""
    return f"{_span((timezone.now() - value).total_seconds())} ago"


def _span(seconds: float) -> str:
    for size, name in ((31_536_000, "year"), (86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


@register.filter
def phone(value: str, country: str | None = None) -> str:
    """A telephone number with its gaps; what cannot be read as one stays as it is."""
    number = _number(value, country)
    if number is None:
        return value
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@register.filter
def phone_link(value: str, country: str | None = None) -> str:
    """The number for a tel: link, or nothing."""
    number = _number(value, country)
    if number is None:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.RFC3966)


def _number(value: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(value, (country or "").upper() or None)
    except phonenumbers.NumberParseException:
        return None


@register.filter
def billing_mode(value: str) -> str:
    """A billing mode in a few words; an unknown one as it is."""
    known = {
        "single": "Single: one account",
        "pooled": "Pooled: shared seats",
        "assigned": "Assigned: seats per account",
    }
    return known.get(value, value)
