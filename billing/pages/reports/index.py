"""The list of reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render

from billing.pages.frame.access import PageRequest, page
from billing.roles import Permission


@dataclass(frozen=True, slots=True)
class Report:
    """`name` is the name of its URL."""

    name: str
    title: str
    about: str
    icon: str


_REPORTS: Final = (
    Report("report-aging", "Aging", "Open invoices of all accounts by days late, per currency.", "hourglass"),
    Report(
        "report-invoices",
        "Invoices",
        "All invoices of all accounts by status, date, currency, workspace and amount, with totals.",
        "file-invoice",
    ),
    Report(
        "report-revenue",
        "Recurring revenue",
        "Revenue per month of all subscriptions, with new, expanded, reduced and lost revenue.",
        "chart-bar",
    ),
    Report(
        "report-expected-bills",
        "Expected bills",
        "The next bills of all subscriptions within 30 and 90 days, from previews.",
        "calendar-dollar",
    ),
)


@page(Permission.BILLING_READ)
def index(request: PageRequest) -> HttpResponse:
    return render(request, "billing/reports/index.html", {"reports": _REPORTS})
