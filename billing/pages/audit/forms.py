"""The audit log's filter form."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone

from billing.folding import plain
from billing.models import AuditEntry
from billing.pages.frame.filter_form import Filter
from billing.pages.rendering.action_labels import verb_with_label
from billing.services.actor import Door
from billing.services.history import EntryFilter

_TITLES: Final = {
    Door.PAGE: "Page",
    Door.API: "API",
    Door.COMMAND: "Command line",
    Door.ADMIN: "Administration",
}


def _text(label: str, placeholder: str = "", max_length: int = 150, **extra: str) -> forms.CharField:
    attrs = {
        **extra,
        "placeholder": placeholder,
        "autocapitalize": "none",
        "spellcheck": "false",
        "autocomplete": "off",
    }
    return forms.CharField(
        label=label, required=False, max_length=max_length, widget=forms.TextInput(attrs=attrs)
    )


def _choice(label: str, choices: Any) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(label=label, required=False, choices=[("", "Any"), *choices], widget=widget)


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class AuditFilter(Filter):
    """Filters for entries. Days are in the reader's time zone."""

    verb = _text("Action", "key.revoke, token …", 80, list="actions")  # the id of the page's datalist
    person = _text("Person")
    outcome = _choice("Outcome", AuditEntry.Outcome.choices)
    door = _choice("Entry point", [(door.value, _TITLES.get(door, door.value)) for door in Door])
    workspace = _text("Workspace", "ws_…", 255)
    account = _text("Billing account", "cus_…", 255)
    ticket = _text("Ticket", "", 100)
    since = _day("From")
    until = _day("To")

    @property
    def has_more_filters(self) -> bool:
        """Whether a field under "More filters" is set or invalid."""
        names = ("since", "until", "door", "workspace", "account", "ticket")
        return any(self.wanted(name) or name in self.errors for name in names)

    def entry_filter(self, before: int | None = None) -> EntryFilter:
        """Return the filter for the service. An invalid day does not filter."""
        texts = ("person", "outcome", "door", "workspace", "account", "ticket")
        last_day = self.wanted("until")
        return EntryFilter(
            verb=verb_with_label(self.wanted("verb")),
            **{name: plain(self.wanted(name)) for name in texts},
            since=_start_of(self.wanted("since")),
            until=_start_of(last_day + timedelta(days=1)) if last_day and last_day < date.max else None,
            before=before,
        )


def _start_of(day: date | str) -> datetime | None:
    # In time zones ahead of UTC, the first day of the calendar starts before the earliest datetime.
    if not isinstance(day, date) or day.year == date.min.year:
        return None
    return timezone.make_aware(datetime.combine(day, time.min))
