"""The reminder of a billing account. Its URL is `reminder/`."""

from __future__ import annotations

from typing import Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from billing.amounts import exponent
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.frame.actor import actor_of
from billing.pages.scans.neighbors import origin_of
from billing.roles import Permission
from billing.services.reminders import prepare
from billing.services.reminders.prepare import Use

_MAX_CODE: Final = 3


class PreparedForm(forms.Form):
    currency = forms.CharField(max_length=_MAX_CODE)
    use = forms.ChoiceField(choices=[(use.name, use.value) for use in Use])

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"]
        if exponent(currency) is None:
            raise forms.ValidationError("Enter a currency.")
        return currency


@page(Permission.BILLING_READ, methods=("GET", "POST"))
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Show the texts; with POST, record that a person copied one or opened it in a mail program."""
    account: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    if request.method == "POST":
        return _record(request, account)
    draft = prepare.draft(
        actor_of(request), **account, zone=timezone.get_current_timezone(), now=timezone.now()
    )
    context = {
        **account,
        "account": draft.account,
        "is_masked": actor_of(request).is_masked,
        "invoice_list": draft.invoice_list,
        "answer": draft.invoice_list,
        "reminders": draft.reminders,
        "zone": timezone.get_current_timezone_name(),
        "origin": origin_of(request.GET.dict()),
    }
    return render(request, "billing/reminders/detail.html", context)


def _record(request: PageRequest, account: AccountIds) -> HttpResponse:
    form = PreparedForm(request.POST)
    if not form.is_valid():
        return render(request, "billing/reminders/not_recorded.html", account, status=422)
    use = Use[form.cleaned_data["use"]]
    prepare.record_prepared(actor_of(request), **account, currency=form.cleaned_data["currency"], use=use)
    return render(request, "billing/reminders/recorded.html", {**account, "use": use})
