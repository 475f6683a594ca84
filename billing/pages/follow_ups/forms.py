"""The forms of a follow-up: a promise to pay, a snooze, and the assignee."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone

from billing.amounts import exponent, minor_units
from billing.pages.frame.forms import Accessible
from billing.services.follow_ups.prepare import OpenInvoices
from billing.services.follow_ups.promises import Promise
from billing.services.people import people

MAX_LENGTH: Final = 500
_MAX_DAYS: Final = 366
_AMOUNT: Final = "amount_"


def _day(label: str, help_text: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=help_text,
        error_messages={"required": "Enter a date.", "invalid": "Enter a date, such as 2026-12-31."},
    )


def _checked_day(day: date, first: date) -> date:
    today = timezone.localdate()
    if day < first:
        raise forms.ValidationError("Choose a later date.")
    if day > today + timedelta(days=_MAX_DAYS):
        raise forms.ValidationError("Choose a date within a year.")
    return day


class PromiseForm(Accessible):
    """One amount for each currency that the account owes. Without amounts, the promise is about what is due by then."""

    day = _day("Payment promised for", "A promise lasts to the end of this day.")
    note = forms.CharField(label="Note", required=False, max_length=MAX_LENGTH)

    def __init__(self, open_invoices: OpenInvoices, *args: Any, **kwargs: Any) -> None:
        self._open = open_invoices
        super().__init__(*args, **kwargs)

    def add_fields(self) -> None:
        for code in self._open.owed:
            digits = exponent(code)
            if digits is not None:
                self.fields[f"{_AMOUNT}{code}"] = forms.DecimalField(
                    label=f"Amount in {code.upper()}",
                    required=False,
                    max_digits=20,
                    decimal_places=digits,
                    widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
                )
        self.order_fields(["day", *(name for name in self.fields if name.startswith(_AMOUNT)), "note"])

    def clean_day(self) -> date:
        return _checked_day(self.cleaned_data["day"], timezone.localdate())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day, owed = data.get("day"), self._open.owed
        for name, value in list(data.items()):
            if not name.startswith(_AMOUNT) or value is None:
                continue
            code = name.removeprefix(_AMOUNT)
            if not 0 < minor_units(value, code) <= owed[code]:
                self.add_error(name, "Enter an amount above zero, at most what the account owes.")
        if day and not any(map(self._amounts(data).get, owed)) and not self._open.covered(day):
            self.add_error("day", "No invoice is due by then. Enter an amount, or choose a later date.")
        return data

    @property
    def promise(self) -> Promise:
        day, amounts = self.cleaned_data["day"], self._amounts(self.cleaned_data)
        covered = self._open.covered(date.max if amounts else day)
        if amounts:
            covered = {name: one for name, one in covered.items() if one.currency in amounts}
        return Promise(day, amounts, covered, self.cleaned_data["note"])

    def _amounts(self, data: dict[str, Any]) -> dict[str, int]:
        found = {
            name.removeprefix(_AMOUNT): value
            for name, value in data.items()
            if name.startswith(_AMOUNT) and value
        }
        return {code: minor_units(value, code) for code, value in found.items()}


class SnoozeForm(Accessible):
    until = _day("Snoozed until", "The account returns to the work queues on this day.")
    reason = forms.CharField(
        label="Reason", max_length=MAX_LENGTH, error_messages={"required": "Enter a reason."}
    )

    def clean_until(self) -> date:
        return _checked_day(self.cleaned_data["until"], timezone.localdate() + timedelta(days=1))


class AssigneeForm(Accessible):
    assignee = forms.ChoiceField(label="Assignee", required=False)

    def add_fields(self) -> None:
        field = self.fields["assignee"]
        assert isinstance(field, forms.ChoiceField)
        assignable = [(str(user.pk), user.display_name) for user in people.assignable()]
        field.choices = [("", "Nobody"), *assignable]

    @property
    def person_id(self) -> int | None:
        return int(self.cleaned_data["assignee"]) if self.cleaned_data["assignee"] else None
