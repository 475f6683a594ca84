"""The audit log's filter form."""

from __future__ import annotations

from typing import Final

from django import forms

from billing.folding import plain
from billing.models import AuditEntry
from billing.pages.frame.filter_form import Filter, choice_field, day_field, end_of, start_of
from billing.pages.rendering.action_labels import verb_with_label
from billing.services.actor import Door
from billing.services.history import EntryFilter

_TITLES: Final = {
    Door.PAGE: "Page",
    Door.API: "API",
    Door.COMMAND: "Command line",
    Door.ADMIN: "Administration",
    Door.TASK: "Background task",
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


class AuditFilter(Filter):
    """The filter of the audit log. Days are in the reader's time zone."""

    folded = ("since", "until", "door", "workspace", "account", "ticket")

    verb = _text("Action", "key.revoke, token …", 80, list="actions")  # the id of the page's datalist
    person = _text("Person")
    outcome = choice_field("Outcome", AuditEntry.Outcome.choices)
    door = choice_field("Entry point", [(door.value, _TITLES.get(door, door.value)) for door in Door])
    workspace = _text("Workspace", "ws_…", 255)
    account = _text("Billing account", "cus_…", 255)
    ticket = _text("Ticket", "", 100)
    since = day_field("From")
    until = day_field("To")

    def entry_filter(self, before: int | None = None) -> EntryFilter:
        """Return the filter for the service. An invalid day does not filter."""
        texts = ("person", "outcome", "door", "workspace", "account", "ticket")
        return EntryFilter(
            verb=verb_with_label(self.wanted("verb")),
            **{name: plain(self.wanted(name)) for name in texts},
            since=start_of(self.wanted("since")),
            until=end_of(self.wanted("until")),
            before=before,
        )
