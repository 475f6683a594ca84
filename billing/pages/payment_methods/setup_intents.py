"""A new payment method: Stripe's form, on the only page with Stripe.js. No field of the portal takes a card number.

Altostrat's answer contains a `client_secret`. It is shown once, on the page that requested it, and never stored: not in
a row, a log, an audit entry, a session or a cache.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

from csp.decorators import csp_update
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from billing.altostrat.client import Answer
from billing.altostrat.resources.payment_methods import SetupIntent
from billing.models import Change
from billing.pages.changes.lookup import form_id
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.roles import Permission
from billing.services import changes
from billing.services.billing_accounts import reads as account_reads
from billing.services.changes import Draft, Payload, Signature
from billing.services.changes.kinds.payment_methods import SETUP_INTENT
from billing.services.changes.payload import Ids
from billing.services.reads import read_live

State = Change.State

# https://docs.stripe.com/security/guide#content-security-policy, for Stripe.js
_STRIPE: Final[dict[str, list[str]]] = {
    "script-src": ["https://js.stripe.com", "https://*.js.stripe.com"],
    "frame-src": ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
    "connect-src": ["https://api.stripe.com"],
}


@page(Permission.BILLING_WRITE, methods=("GET", "POST"), step_up=True)
def create(request: PageRequest, **ids: str) -> HttpResponseBase:
    """Explain the form. Its button requests one setup intent from Altostrat and shows Stripe's form."""
    if request.method == "POST":
        return _request_setup_intent(request, ids)
    state = changes.read_current_state(actor_of(request), SETUP_INTENT, ids)
    blocked_reason = SETUP_INTENT.blocked_reason(Payload(ids=ids, before=state, wanted={}))
    return _explain(request, ids, change_id=_prepared_id(request), blocked_reason=blocked_reason)


@page(Permission.BILLING_READ)
def back(request: PageRequest, change_id: UUID, **ids: str) -> HttpResponse:
    """Show the page to which Stripe returns. It shows the payment methods that Altostrat has now, to colleagues as the
    list.

    Stripe's parameters in the URL contain the secret and prove nothing, so a redirect removes them first.
    """
    if request.GET:
        return redirect(request.path)
    actor = actor_of(request)
    try:
        payload = changes.payload_of(actor, changes.get_own(actor, change_id))
    except changes.ChangeNotFound:
        return redirect(reverse("payment-methods", kwargs=ids))
    if payload.ids != ids:
        raise Http404
    answer = read_live(actor, ids["workspace_id"], account_reads.payment_methods(**ids))
    known = payload.before.get("_known", [])
    methods = [(method, method.id not in known) for method in answer.value.items]
    context = ids | {
        "answer": answer,
        "methods": methods,
        "count_new": sum(is_new for _, is_new in methods),
    }
    return render(request, "billing/payment_methods/back.html", context)


@sensitive_variables()
def _request_setup_intent(request: PageRequest, ids: Ids) -> HttpResponseBase:
    change_id = form_id(request)
    if change_id is None:
        return _explain(request, ids, change_id=uuid4(), status=422)
    actor = actor_of(request)
    answers: list[Answer[Any]] = []
    try:
        change = changes.prepare(actor, Draft(SETUP_INTENT.verb, ids, {}), change_id=change_id)
        if change.state == State.PREPARED:
            # Each page has its own id, so a request for another form is intended.
            signature = Signature(send_anyway=True)
            change = changes.send(
                actor, change.pk, signature, attempts=change.attempts, on_answer=answers.append
            )
    except changes.NotReady as error:
        return _explain(request, ids, change_id=change_id, blocked_reason=str(error), status=409)
    if answers:
        return _stripe_form(request, ids, change, answers[0].value)
    if change.state == State.SUCCEEDED:
        return render(request, "billing/payment_methods/once.html", ids | {"change": change})
    return redirect("change", change.pk)


@sensitive_variables()
def _stripe_form(request: PageRequest, ids: Ids, change: Change, intent: SetupIntent) -> HttpResponseBase:
    address = reverse("payment-method-back", kwargs={**ids, "change_id": change.pk})
    context = ids | {
        "change": change,
        "intent": intent,
        "is_complete": bool(intent.client_secret and intent.publishable_key),
        "return_url": request.build_absolute_uri(address),
    }
    template = "billing/payment_methods/stripe.html"
    return csp_update(_STRIPE)(lambda request: render(request, template, context))(request)


def _explain(
    request: PageRequest, ids: Ids, *, change_id: UUID, blocked_reason: str = "", status: int = 200
) -> HttpResponse:
    context = ids | {"change_id": change_id, "blocked_reason": blocked_reason}
    return render(request, "billing/payment_methods/new.html", context, status=status)


def _prepared_id(request: PageRequest) -> UUID:
    """Return the id of the change in `?change=` if it is waiting to be sent, else a new id."""
    try:
        row = changes.get_own(actor_of(request), UUID(request.GET.get("change", "")))
    except (ValueError, changes.ChangeNotFound):
        return uuid4()
    is_waiting = row.verb == SETUP_INTENT.verb and row.state == State.PREPARED
    return row.pk if is_waiting else uuid4()
