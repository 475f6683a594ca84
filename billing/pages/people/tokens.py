"""My tokens: index, create, renew, check, set as default, delete."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from billing.altostrat.errors import NotAllowed, NotFound, TokenRejected
from billing.models import AltostratToken
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import safe_next
from billing.pages.frame.token_forms import RenewTokenForm, StoreTokenForm
from billing.pages.people.token_results import add_error, show_check
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services import tokens as service
from billing.services.tokens import manage


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
@sensitive_post_parameters("token")
def index(request: PageRequest) -> HttpResponse:
    """List the person's tokens, and store another one with the form."""
    if request.method == "POST":
        return _store(request)
    return _render(request, StoreTokenForm(initial={"next": safe_next(request, "")}))


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
@sensitive_post_parameters("token")
def renew(request: PageRequest, token_id: UUID) -> HttpResponse:
    """Replace a stored token."""
    row = _get(request, token_id)
    data = request.POST if request.method == "POST" else None
    form = RenewTokenForm(data, initial={"next": safe_next(request, "")})
    if form.is_valid():
        try:
            _, check = manage.renew(actor_of(request), token_id, text=form.cleaned_data["token"])
        except (TokenRejected, NotAllowed, NotFound) as error:
            add_error(form, error)
        except service.UnknownToken:  # deleted in another window
            raise Http404 from None
        else:
            show_check(request, f"The token “{row.label}” was renewed", check)
            return redirect(safe_next(request, reverse("tokens")))
    context = {"form": form, "token": row}
    return render(request, "billing/people/tokens/renew.html", context, status=422 if form.errors else 200)


@page(Permission.BILLING_READ, methods=("POST",))
def check(request: PageRequest, token_id: UUID) -> HttpResponse:
    """Check with Altostrat whether a stored token is valid."""
    row = _get(request, token_id)
    result = manage.check(actor_of(request), token_id)
    show_check(request, f"The token “{row.label}” was checked", result)
    return redirect("tokens")


@page(Permission.BILLING_READ, methods=("POST",), step_up=True)
def make_default(request: PageRequest, token_id: UUID) -> HttpResponse:
    row = _get(request, token_id)
    manage.make_default(actor_of(request), token_id)
    messages.success(request, f"“{row.label}” is now your default token.")
    return redirect("tokens")


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
def delete(request: PageRequest, token_id: UUID) -> HttpResponse:
    """Ask for confirmation, then delete the token."""
    row = _get(request, token_id)
    if request.method == "POST":
        manage.delete(actor_of(request), token_id)
        messages.success(request, f"The token “{row.label}” was deleted from the portal.")
        return redirect("tokens")
    return render(request, "billing/people/tokens/delete.html", {"token": row})


def _store(request: PageRequest) -> HttpResponse:
    form = StoreTokenForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            row, result = manage.save(
                actor_of(request),
                text=data["token"],
                label=data["label"],
                workspace_id=data["workspace_id"],
                default=data["default"],
                token_id=data["form_id"],
            )
        except manage.AlreadySaved:
            messages.info(request, "This form was sent twice. The token is stored once.")
            return redirect(safe_next(request, reverse("tokens")))
        except (TokenRejected, NotAllowed, NotFound, manage.WorkspaceTaken) as error:
            add_error(form, error)
        else:
            show_check(request, f"The token “{row.label}” was stored", result)
            return redirect(safe_next(request, reverse("tokens")))
    return _render(request, form)


def _render(request: PageRequest, form: StoreTokenForm) -> HttpResponse:
    page_obj = page_of(request, service.of(actor_of(request)).defer("envelope"))
    context = {"page_obj": page_obj, "form": form}
    return render(request, "billing/people/tokens/index.html", context, status=422 if form.errors else 200)


def _get(request: PageRequest, token_id: UUID) -> AltostratToken:
    try:
        return service.get(actor_of(request), token_id)
    except service.UnknownToken:
        raise Http404 from None
