"""The texts of reminders, for administrators."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.reminders.forms import TemplateForm
from billing.roles import Permission
from billing.services.reminders import templates
from billing.services.reminders.templates import Template
from billing.services.reminders.texts import Reminder, reminders
from billing.services.reminders.wording import LANGUAGES, Wording

_NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"))
def edit(request: PageRequest, language: str) -> HttpResponse:
    """Show the text of a language with a preview. POST saves it, or with `preview` only shows it."""
    if language not in LANGUAGES:
        raise Http404
    template = templates.get(language)
    if request.method != "POST":
        form = TemplateForm(initial={**asdict(template.wording), "version": template.version})
        return _show(request, template, form, template.wording)
    form = TemplateForm(request.POST)
    if not form.is_valid():
        return _show(request, template, form, None, status=422)
    if "preview" in request.POST:
        return _show(request, template, form, form.wording)
    try:
        saved = templates.save(
            actor_of(request), language, form.wording, opened_version=form.cleaned_data["version"]
        )
    except templates.EditedMeanwhile:
        form.add_error(None, "Someone else has saved a new version. Nothing was saved: open the page again.")
        return _show(request, template, form, form.wording, status=409)
    messages.success(request, f"{saved.name} text saved as version {saved.version}.")
    return redirect("reminder-template", language)


def _show(
    request: PageRequest, template: Template, form: TemplateForm, wording: Wording | None, status: int = 200
) -> HttpResponse:
    context = {
        "template": template,
        "form": form,
        "languages": LANGUAGES,
        "available": templates.available(),
        "sample": None if wording is None else _sample(Template(template.language, wording)),
    }
    return render(request, "billing/reminders/template.html", context, status=status)


def _sample(template: Template) -> Reminder:
    account = BillingAccount(name="Sample Company", email="accounts@sample.example")
    rows = (
        ("S-1001", 12_000, datetime(2026, 3, 1, tzinfo=UTC)),
        ("S-1002", 345_050, datetime(2026, 3, 31, tzinfo=UTC)),
    )
    invoices = [
        Invoice(
            id=number,
            number=number,
            status="open",
            currency="eur",
            amount_due=amount,
            due_date=due,
            hosted_invoice_url=f"https://invoice.example/{number}",
        )
        for number, amount, due in rows
    ]
    return reminders(account, invoices, UTC, _NOW, template).texts[0]
