"""The forms of My account."""

from __future__ import annotations

from django import forms

from billing.pages.frame.forms import Accessible
from billing.services.people import time_zones


class TimeZoneForm(Accessible):
    """The zone in which times are shown; the page has the list to choose from."""

    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Type a city or a region: “Berlin”, “Africa/Johannesburg”, “UTC”.",
        error_messages={"required": "Choose a zone, or type UTC."},
    )

    def clean_time_zone(self) -> str:
        """As the IANA database writes it."""
        try:
            return time_zones.named(self.cleaned_data["time_zone"])
        except time_zones.UnknownZone:
            raise forms.ValidationError(
                "No zone is called that, or more than one. Choose one of the list, such as Europe/Berlin."
            ) from None
