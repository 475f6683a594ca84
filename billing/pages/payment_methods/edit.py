"""Making a payment method the default and detaching one: what leads to the review."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from billing.pages.changes import form_page
from billing.pages.frame.access import PageRequest, page
from billing.roles import Permission
from billing.services.changes import Draft
from billing.services.changes.kinds.payment_methods import DETACH, SET_DEFAULT


@page(Permission.BILLING_WRITE, methods=("POST",))
def make_default(
    request: PageRequest, workspace_id: str, billing_account_id: str, payment_method_id: str
) -> HttpResponse:
    """Later invoices are charged to it."""
    return _go_on(request, SET_DEFAULT.verb, workspace_id, billing_account_id, payment_method_id)


@page(Permission.BILLING_WRITE, methods=("POST",))
def detach(
    request: PageRequest, workspace_id: str, billing_account_id: str, payment_method_id: str
) -> HttpResponse:
    """Leads to the review, which says what follows and asks for the last four digits."""
    return _go_on(request, DETACH.verb, workspace_id, billing_account_id, payment_method_id)


def _go_on(
    request: PageRequest, verb: str, workspace_id: str, billing_account_id: str, payment_method_id: str
) -> HttpResponse:
    ids = {
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "payment_method_id": payment_method_id,
    }
    back = reverse("payment-methods", args=[workspace_id, billing_account_id])
    return form_page.go_on(request, Draft(verb, ids, {}), back)
