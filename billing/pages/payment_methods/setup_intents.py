"""A new payment method: Stripe's own form, on the one page that loads Stripe.js. No field of ours takes a card number.

Altostrat's answer holds a `client_secret`. It goes from there into the page that asked for it, once, and nowhere else:
no row, no log, no audit, no session, no cache.
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
from billing.services.reads import read_live

State = Change.State

# https://docs.stripe.com/security/guide#content-security-policy, for Stripe.js
_STRIPE: Final[dict[str, list[str]]] = {
    "script-src": ["https://js.stripe.com", "https://*.js.stripe.com"],
    "frame-src": ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
    "connect-src": ["https://api.stripe.com"],
}


@page(Permission.BILLING_WRITE, methods=("GET", "POST"), step_up=True)
def new(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponseBase:
    """Says what follows; its button asks Altostrat for one setup intent, and shows Stripe's form."""
    ids = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    if request.method == "POST":
        return _ask(request, ids)
    contents = Payload(
        ids=ids, before=changes.read_current_state(actor_of(request), SETUP_INTENT, ids), wanted={}
    )
    return _explain(request, ids, change_id=_waiting(request), obstacle=SETUP_INTENT.obstacle(contents))


@page(Permission.BILLING_READ)
def back(request: PageRequest, workspace_id: str, billing_account_id: str, change_id: UUID) -> HttpResponse:
    """Where Stripe leads to afterwards: what Altostrat has now, read anew. What Stripe says in the address is not
    believed, and holds the secret: it is dropped before anything is shown."""
    if request.GET:
        return redirect(request.path)
    actor = actor_of(request)
    try:
        contents = changes.payload_of(actor, changes.get_own(actor, change_id))
    except changes.ChangeNotFound:
        raise Http404 from None
    ids = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    if contents.ids != ids:
        raise Http404
    answer = read_live(actor, workspace_id, account_reads.payment_methods(workspace_id, billing_account_id))
    known = contents.before.get("_known", [])
    methods = [(method, method.id not in known) for method in answer.value.items]
    context = _account(ids) | {
        "answer": answer,
        "methods": methods,
        "count_new": sum(is_new for _, is_new in methods),
    }
    return render(request, "billing/payment_methods/back.html", context)


@sensitive_variables()
def _ask(request: PageRequest, ids: dict[str, str]) -> HttpResponseBase:
    change_id = form_id(request)
    if change_id is None:
        return _explain(request, ids, change_id=uuid4(), status=422)
    actor = actor_of(request)
    try:
        row = changes.prepare(actor, Draft(SETUP_INTENT.verb, ids, {}), change_id=change_id)
        taken: list[Answer[Any]] = []
        sent = row
        if row.state == State.PREPARED:
            # A click on another page of this kind is another form, and is meant.
            signature = Signature(send_anyway=True)
            sent = changes.send(actor, row.pk, signature, attempts=row.attempts, on_answer=taken.append)
    except changes.NotReady as error:
        return _explain(request, ids, change_id=change_id, obstacle=str(error), status=409)
    if taken:
        return _form_of_stripe(request, ids, sent, taken[0].value)
    if sent.state == State.SUCCEEDED:
        return render(request, "billing/payment_methods/once.html", _account(ids) | {"change": sent})
    return redirect("change", sent.pk)


@sensitive_variables()
def _form_of_stripe(
    request: PageRequest, ids: dict[str, str], change: Change, intent: SetupIntent
) -> HttpResponseBase:
    account = _account(ids)
    back = reverse(
        "payment-method-back", args=[account["workspace_id"], account["billing_account_id"], change.pk]
    )
    context = account | {
        "change": change,
        "intent": intent,
        "is_complete": bool(intent.client_secret and intent.publishable_key),
        "back": back,
        "return_url": request.build_absolute_uri(back),
    }
    template = "billing/payment_methods/stripe.html"
    return csp_update(_STRIPE)(lambda asked: render(asked, template, context))(request)


def _explain(
    request: PageRequest, ids: dict[str, str], *, change_id: UUID, obstacle: str = "", status: int = 200
) -> HttpResponse:
    context = _account(ids) | {"change_id": change_id, "obstacle": obstacle}
    return render(request, "billing/payment_methods/new.html", context, status=status)


def _waiting(request: PageRequest) -> UUID:
    """The change that the address names, while it waits to be sent; else a fresh id."""
    try:
        row = changes.get_own(actor_of(request), UUID(request.GET.get("change", "")))
    except (ValueError, changes.ChangeNotFound):
        return uuid4()
    is_waiting = row.verb == SETUP_INTENT.verb and row.state == State.PREPARED
    return row.pk if is_waiting else uuid4()


def _account(ids: dict[str, str]) -> dict[str, Any]:
    return {"workspace_id": ids["workspace_id"], "billing_account_id": ids["billing_account_id"]}
