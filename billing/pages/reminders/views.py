"""The reminder of a billing account. Its URL is `reminder/`."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.account_ids import AccountIds
from billing.pages.frame.actor import actor_of
from billing.pages.reminders.forms import PreparedForm, SendForm
from billing.pages.scans.neighbors import origin_of
from billing.roles import Permission
from billing.services import mail
from billing.services.follow_ups import store as follow_ups
from billing.services.reminders import prepare, sending, templates
from billing.services.reminders.pauses import progress_of, promised_currencies
from billing.services.reminders.prepare import Draft, Use
from billing.services.reminders.wording import LANGUAGES

_CHANGED = "The invoices or the text have changed. Nothing was sent: check the reminder and send it again."
_RECENT = "A reminder was sent in the last day. Nothing was sent now: select the checkbox to send another."
_PROMISED = "Payment is promised. Nothing was sent: select the checkbox to send the reminder nevertheless."
_NO_RECIPIENT = "The account has no valid email address. Nothing was sent."


@page(Permission.BILLING_READ, methods=("GET", "POST"))
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Show the texts; with POST, record that a person copied one or opened it in a mail program."""
    account: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    if request.method == "POST":
        return _record(request, account)
    return _show(request, account, _draft(request, account, request.GET.get("language", "")))


@page(Permission.BILLING_WRITE, methods=("POST",))
def send(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Send the text that the form showed, once. A repeated form shows the outcome of the first."""
    account: AccountIds = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    form = SendForm(request.POST)
    if not form.is_valid() or not mail.is_enabled():
        return render(request, "billing/reminders/not_recorded.html", account, status=422)
    actor, attempt, language = actor_of(request), form.attempt, form.cleaned_data["language"]
    sent = sending.find(actor, attempt.id)
    if sent is None:
        draft = _draft(request, account, language)
        try:
            sent = sending.send(actor, draft, attempt, ids=(workspace_id, billing_account_id))
        except sending.Changed:
            return _back(request, account, language, _CHANGED)
        except sending.SentRecently:
            return _back(request, account, language, _RECENT)
        except sending.PaymentPromised:
            return _back(request, account, language, _PROMISED)
        except sending.NoRecipient:
            return _back(request, account, language, _NO_RECIPIENT)
    return redirect(f"{_address(account)}{_query(request, language, sent.pk)}")


def _draft(request: PageRequest, account: AccountIds, language: str) -> Draft:
    return prepare.draft(
        actor_of(request),
        **account,
        zone=timezone.get_current_timezone(),
        now=timezone.now(),
        language=language if language in LANGUAGES else "",
    )


def _show(request: PageRequest, account: AccountIds, draft: Draft) -> HttpResponse:
    actor, ids = actor_of(request), (account["workspace_id"], account["billing_account_id"])
    follow_up, now = follow_ups.of_account(actor, *ids), timezone.localtime()
    recent, progress = sending.last_sent(*ids), progress_of(follow_up.promise, draft, now)
    promised = promised_currencies(follow_up.promise, progress)
    context: dict[str, Any] = {
        **account,
        "account": draft.account,
        "is_masked": draft.is_masked,
        "has_recipient": bool(draft.recipient),
        "invoice_list": draft.invoice_list,
        "answer": draft.invoice_list,
        "reminders": draft.reminders,
        "forms": [
            (
                text,
                uuid4(),
                sending.fingerprint(text, draft.recipient),
                recent.get(text.currency),
                text.currency in promised,
            )
            for text in draft.reminders.texts
        ],
        "template": draft.template,
        "templates": templates.available(),
        "origin": origin_of(request.GET.dict()),
        "origin_fields": {
            name: request.GET[name] for name in ("queue", "sort", "q", "show") if request.GET.get(name)
        },
        "can_send": mail.is_enabled() and Permission.BILLING_WRITE in actor.permissions,
        "sent": _sent(request),
        "follow_up": follow_up,
        "progress": progress,
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "billing/reminders/detail.html", context)


def _sent(request: PageRequest) -> Any:
    """Return the attempt that `?sent=` names."""
    with suppress(ValueError):
        return sending.find(actor_of(request), UUID(request.GET.get("sent", "")))
    return None


def _back(request: PageRequest, account: AccountIds, language: str, message: str) -> HttpResponse:
    messages.warning(request, message)
    return redirect(f"{_address(account)}{_query(request, language)}")


def _address(account: AccountIds) -> str:
    return reverse("reminder", kwargs=dict(account))


def _query(request: PageRequest, language: str, sent: UUID | None = None) -> str:
    origin = origin_of(request.POST.dict())
    return f"{origin or '?'}{'&' if origin else ''}language={language}" + (f"&sent={sent}" if sent else "")


def _record(request: PageRequest, account: AccountIds) -> HttpResponse:
    form = PreparedForm(request.POST)
    if not form.is_valid():
        return render(request, "billing/reminders/not_recorded.html", account, status=422)
    use = Use[form.cleaned_data["use"]]
    prepare.record_prepared(actor_of(request), **account, currency=form.cleaned_data["currency"], use=use)
    return render(request, "billing/reminders/recorded.html", {**account, "use": use})
