"""The form of My account."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from billing.pages.frame.forms import Accessible
from billing.services.people import time_zones


class TimeZoneForm(Accessible):
    # The page has the list of zones.
    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Enter a city or a region, such as “Berlin” or “Africa/Johannesburg”.",
        error_messages={"required": "Enter a time zone, such as UTC."},
    )

    def clean_time_zone(self) -> str:
        try:
            return time_zones.find(self.cleaned_data["time_zone"])
        except time_zones.UnknownZone:
            raise forms.ValidationError(
                "Unknown or ambiguous time zone. Choose one from the list, such as Europe/Berlin."
            ) from None


def zone_options() -> SafeString:
    """Return an option for each zone. Their offsets change only at a quarter of an hour."""
    now = datetime.now(UTC)
    return _zone_options(now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0))


@lru_cache(maxsize=1)
def _zone_options(now: datetime) -> SafeString:
    return format_html_join("", '<option value="{}">{}</option>', time_zones.choices(now))
