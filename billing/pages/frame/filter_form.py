"""The base of forms in the query string, which filter a list."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from billing.pages.frame.forms import Accessible


class Filter(Accessible):
    """A filter. Invalid values are ignored."""

    def wanted(self, name: str) -> Any:
        """Return the value of a field; empty if there is none."""
        self.is_valid()
        return self.cleaned_data.get(name) or ""

    @property
    def is_in_use(self) -> bool:
        return any(self.wanted(field.name) for field in self.visible_fields())


def choice_field(label: str, choices: Any) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(label=label, required=False, choices=[("", "Any"), *choices], widget=widget)


def day_field(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


def start_of(day: date | str) -> datetime | None:
    """Return the start of a day in the reader's time zone; None without a day."""
    # In time zones ahead of UTC, the first day of the calendar starts before the earliest datetime.
    if not isinstance(day, date) or day.year == date.min.year:
        return None
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date | str) -> datetime | None:
    """Return the start of the next day."""
    return start_of(day + timedelta(days=1)) if isinstance(day, date) and day < date.max else None
