"""Icons of Tabler (https://tabler.io/icons): `{% icon "pencil" %}`. All icons of the portal are one cached file."""

from __future__ import annotations

import logging
from functools import cache
from typing import Final

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

logger = logging.getLogger(__name__)
register = template.Library()

SPRITE: Final = "img/icons.svg"
# The icons in the file that `billing.pages.rendering.sprite` writes.
_NAMES: Final = """
adjustments adjustments-horizontal alert-circle alert-octagon alert-triangle api archive archive-off
arrow-back-up arrow-down arrow-up arrows-sort bookmark building-bank buildings calculator calendar-dollar calendar-x
chart-bar check chevron-left chevron-right circle-check circle-x clock clock-exclamation clock-hour-4
clock-pause copy credit-card credit-card-off devices dots download download-off external-link eye file-invoice
file-spreadsheet file-type-csv file-type-pdf file-type-xls filter filter-off help-circle help-octagon history
home hourglass info-circle key key-off keyboard list-check lock lock-open logout minus mood-smile moon
note notes notes-off pencil player-pause player-play plug-connected-x plus receipt refresh repeat robot search
settings sitemap star sun tags trash user user-check user-circle user-edit user-off user-plus users wallet
"""
ICONS: Final = frozenset(_NAMES.split())


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Return an icon, hidden from screen readers."""
    return _icon(name, css)


@cache
def _icon(name: str, css: str) -> SafeString:
    if name not in ICONS:  # a page without an icon is better than no page
        logger.error("the icon %s is not in the list of icons", name)
        return SafeString("")
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {css}" if css else "",
        static(SPRITE),
        name,
    )
