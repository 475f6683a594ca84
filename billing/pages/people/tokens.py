"""My tokens: list, store, renew, check again, make default, forget."""

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
from billing.pages.people.token_results import put_on_form, tell_check
from billing.roles import Permission
from billing.services import tokens as service
from billing.services.tokens import manage as token_changes


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
@sensitive_post_parameters("token")
def list_and_store(request: PageRequest) -> HttpResponse:
    """One's own tokens, and the form to store another."""
    if request.method == "POST":
        return _store(request)
    form = StoreTokenForm(initial={"next": safe_next(request, "")})
    return _listing(request, form)


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
@sensitive_post_parameters("token")
def renew(request: PageRequest, token_id: UUID) -> HttpResponse:
    """Puts a new token in place of a stored one."""
    row = _own(request, token_id)
    form = RenewTokenForm(
        request.POST if request.method == "POST" else None, initial={"next": safe_next(request, "")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            _, check = token_changes.renew(actor_of(request), token_id, text=form.cleaned_data["token"])
        except (TokenRejected, NotAllowed, NotFound) as error:
            put_on_form(form, error)
        except service.UnknownToken:  # forgotten in another window meanwhile
            raise Http404 from None
        else:
            tell_check(request, f"The token “{row.label}” is renewed", check)
            return redirect(safe_next(request, reverse("tokens")))
    return render(
        request, "billing/people/tokens/renew.html", {"form": form, "token": row}, status=_status(form)
    )


@page(Permission.BILLING_READ, methods=("POST",))
def check(request: PageRequest, token_id: UUID) -> HttpResponse:
    """Asks Altostrat what it thinks of a stored token."""
    row = _own(request, token_id)
    found = token_changes.check(actor_of(request), token_id)
    tell_check(request, f"The token “{row.label}” was checked", found)
    return redirect("tokens")


@page(Permission.BILLING_READ, methods=("POST",), step_up=True)
def make_default(request: PageRequest, token_id: UUID) -> HttpResponse:
    """Uses this token wherever no other is set."""
    row = _own(request, token_id)
    token_changes.make_default(actor_of(request), token_id)
    messages.success(request, f"“{row.label}” is your default token now.")
    return redirect("tokens")


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
def forget(request: PageRequest, token_id: UUID) -> HttpResponse:
    """Asks, then deletes."""
    row = _own(request, token_id)
    if request.method == "POST":
        token_changes.forget(actor_of(request), token_id)
        messages.success(request, f"The token “{row.label}” is forgotten: it is deleted here.")
        return redirect("tokens")
    return render(request, "billing/people/tokens/forget.html", {"token": row})


def _store(request: PageRequest) -> HttpResponse:
    form = StoreTokenForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            row, found = token_changes.save(
                actor_of(request),
                text=given["token"],
                label=given["label"],
                workspace_id=given["workspace_id"],
                default=given["default"],
                token_id=given["form_id"],
            )
        except token_changes.AlreadySaved:
            messages.info(request, "This form was sent twice. Its token is stored once.")
            return redirect(safe_next(request, reverse("tokens")))
        except (TokenRejected, NotAllowed, NotFound, token_changes.WorkspaceTaken) as error:
            put_on_form(form, error)
        else:
            tell_check(request, f"The token “{row.label}” is stored", found)
            return redirect(safe_next(request, reverse("tokens")))
    return _listing(request, form)


def _listing(request: PageRequest, form: StoreTokenForm) -> HttpResponse:
    rows = service.of(actor_of(request)).defer("envelope")
    return render(
        request, "billing/people/tokens/list.html", {"tokens": rows, "form": form}, status=_status(form)
    )


def _status(form: RenewTokenForm) -> int:
    return 422 if form.errors else 200


def _own(request: PageRequest, token_id: UUID) -> AltostratToken:
    try:
        return service.get(actor_of(request), token_id)
    except service.UnknownToken:
        raise Http404 from None
