"""The filter of all invoices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from billing.labels import label
from billing.pages.frame.filter_form import Filter, choice_field, day_field, end_of, start_of
from billing.pages.rendering.labels import INVOICE_STATUSES, invoice_status
from billing.services.reports.invoices import Selection, currency_of
from billing.services.scans.invoice_export import AccountInvoice


def _amount(title: str) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(label=title, required=False, max_digits=30, widget=widget)


class InvoiceFilter(Filter):
    """The choices are the values that occur. Days are in the reader's time zone, amounts in units of the currency."""

    folded = ("since", "until", "minimum", "maximum")

    status = choice_field(label("status"), ())
    currency = choice_field(label("currency"), ())
    workspace = choice_field("Workspace", ())
    since = day_field("Created from")
    until = day_field("Created to")
    minimum = _amount("Total from")
    maximum = _amount("Total to")

    def __init__(self, *args: Any, invoices: Sequence[AccountInvoice], **kwargs: Any) -> None:
        self._invoices = invoices
        super().__init__(*args, **kwargs)

    def add_fields(self) -> None:
        statuses = {*INVOICE_STATUSES, *(one.invoice.status for one in self._invoices if one.invoice.status)}
        currencies = {currency_of(one) for one in self._invoices} - {""}
        workspaces = {one.account.workspace_id: one.account.workspace_name for one in self._invoices}
        self._offer("status", ((code, invoice_status(code).title) for code in statuses))
        self._offer("currency", ((code, code.upper()) for code in currencies))
        self._offer("workspace", workspaces.items())

    def _offer(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        in_order = sorted(choices, key=lambda choice: (choice[1].casefold(), choice[0]))
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Any"), *in_order]

    def selection(self) -> Selection:
        """Return the valid conditions."""
        self.is_valid()
        return Selection(
            self.wanted("status"),
            self.wanted("currency"),
            self.wanted("workspace"),
            start_of(self.wanted("since")),
            end_of(self.wanted("until")),
            # Zero is a value.
            self.cleaned_data.get("minimum"),
            self.cleaned_data.get("maximum"),
        )
