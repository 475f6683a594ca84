"""Which entries of the audit somebody asks for, in the address."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone

from billing.models import AuditEntry
from billing.pages.frame.filter_form import Filter
from billing.pages.rendering.action_labels import verb_with_label
from billing.services.actor import Door
from billing.services.history import Wanted

_TITLES: Final = {
    Door.PAGE: "Page",
    Door.API: "API",
    Door.COMMAND: "Command line",
    Door.ADMIN: "Administration",
}


def _text(label: str, placeholder: str = "", longest: int = 150, **more: str) -> forms.CharField:
    attrs = {
        **more,
        "placeholder": placeholder,
        "autocapitalize": "none",
        "spellcheck": "false",
        "autocomplete": "off",
    }
    return forms.CharField(
        label=label, required=False, max_length=longest, widget=forms.TextInput(attrs=attrs)
    )


def _choice(label: str, choices: Any) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(label=label, required=False, choices=[("", "Any"), *choices], widget=widget)


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class AuditFilter(Filter):
    """Which entries. Days are the reader's own."""

    # `list` names the datalist of the page.
    verb = _text("Act", "key.revoke, token …", 80, list="acts")
    person = _text("Person")
    outcome = _choice("Outcome", AuditEntry.Outcome.choices)
    door = _choice("Door", [(door.value, _TITLES.get(door, door.value)) for door in Door])
    workspace = _text("Workspace", "ws_…", 255)
    account = _text("Billing account", "cus_…", 255)
    ticket = _text("Ticket", "", 100)
    since = _day("From")
    until = _day("To")

    @property
    def asks_for_more(self) -> bool:
        """Whether a field that is folded away asks for something, or could not be read."""
        folded = ("since", "until", "door", "workspace", "account", "ticket")
        return any(self.wanted(name) or name in self.errors for name in folded)

    def entries(self, before: int | None = None) -> Wanted:
        """What the services are to be asked for. A day that cannot be read asks for nothing."""
        texts = ("person", "outcome", "door", "workspace", "account", "ticket")
        last = self.wanted("until")
        return Wanted(
            verb=verb_with_label(self.wanted("verb")),
            **{name: self.wanted(name).strip() for name in texts},
            since=_start_of(self.wanted("since")),
            until=_start_of(last + timedelta(days=1)) if last and last < date.max else None,
            before=before,
        )


def _start_of(day: date | str) -> datetime | None:
    # The very first day begins before all time in the zones that are ahead of UTC, and asks for nothing anyway.
    if not isinstance(day, date) or day.year == date.min.year:
        return None
    return timezone.make_aware(datetime.combine(day, time.min))
