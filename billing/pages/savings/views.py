"""What an account could save: seats bought against seats used, priced by previews. The URL is `savings/`."""

from __future__ import annotations

from typing import Final

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.frame.actor import actor_of
from billing.pages.frame.filter_form import Filter
from billing.pages.savings.table import change_url, savings_table
from billing.pages.tables import answers, exports
from billing.pages.tables.page_table import page_table
from billing.roles import Permission
from billing.services.savings.report import read_report

_MAX_SPARE: Final = 1_000_000


class SpareForm(Filter):
    spare = forms.IntegerField(
        label="Seats to keep free",
        required=False,
        min_value=0,
        max_value=_MAX_SPARE,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


@page(Permission.BILLING_READ)
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """Show the seats and the possible reductions, or return the seats as a file."""
    account: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    form = SpareForm(request.GET if "spare" in request.GET else None, initial={"spare": 0})
    is_file = bool(exports.format_of(request))
    report = read_report(
        actor_of(request),
        **account,
        spare=(form.wanted("spare") if form.is_bound else 0) or 0,
        now=timezone.localtime(),
        allow_copies=not is_file,
    )
    table = savings_table(
        report, account, can_change=Permission.BILLING_WRITE in actor_of(request).permissions
    )
    if is_file:
        return exports.download(request, table)
    context = {
        **account,
        "form": form,
        "report": report,
        "reductions": [(one, change_url(one.seats, account)) for one in report.reductions],
        "table": page_table(request, table),
        "answer": min(report.answers, key=lambda answer: answer.received_at),
        "copy_reason": answers.copy_reason(request, report.copy_error),
    }
    return render(request, "billing/savings/detail.html", context)
