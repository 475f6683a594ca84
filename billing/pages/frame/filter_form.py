"""The base of forms in the query string, which filter a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.forms import BoundField
from django.utils import timezone

from billing.pages.frame.forms import Accessible


class Filter(Accessible):
    """A filter. Invalid values are ignored."""

    folded: ClassVar[Sequence[str]] = ()  # the names of the fields under "More filters"

    def wanted(self, name: str) -> Any:
        """Return the value of a field; empty if there is none."""
        self.is_valid()
        return self.cleaned_data.get(name) or ""

    def is_set(self, name: str) -> bool:
        """Return whether a field has a valid value. Zero is one."""
        self.is_valid()
        return self.cleaned_data.get(name) not in (None, "")

    @property
    def is_in_use(self) -> bool:
        return any(self.is_set(field.name) for field in self.visible_fields())

    @property
    def main_fields(self) -> list[BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.folded]

    @property
    def more_fields(self) -> list[BoundField]:
        return [self[name] for name in self.folded]

    @property
    def has_more_filters(self) -> bool:
        """Whether a field under "More filters" is set or invalid."""
        return any(self.is_set(name) or name in self.errors for name in self.folded)


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
