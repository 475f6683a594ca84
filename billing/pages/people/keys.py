"""My portal keys: index, create, change, revoke. Administrators change those of others."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.people.key_form import KeyForm, KeyLimitsForm, KeyLimitsOfPersonForm
from billing.pages.people.tables import keys_table
from billing.pages.tables import exports
from billing.pages.tables.file_table import downloads
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services.people import keys as service


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
def index(request: PageRequest) -> HttpResponseBase:
    """List or download the person's keys, and create one with the form."""
    actor = actor_of(request)
    if request.method == "POST":
        form = KeyForm(actor.permissions, request.POST)
        return _create(request, form) if form.is_valid() else _render(request, form)
    if exports.format_of(request):
        return exports.download(request, keys_table(service.in_display_order(service.of(actor))))
    return _render(request, KeyForm(actor.permissions))


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
def edit(request: PageRequest, key_id: int) -> HttpResponse:
    """Change the networks, the expiry or the writes of a key that has not ended."""
    return _edit(request, key_id, KeyLimitsForm)


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def edit_of_person(request: PageRequest, person_id: int, key_id: int) -> HttpResponse:
    """Change the same of another person's key, with a reason."""
    return _edit(request, key_id, KeyLimitsOfPersonForm, person_id)


@page(Permission.BILLING_READ, methods=("GET", "POST"), step_up=True)
def revoke(request: PageRequest, key_id: int) -> HttpResponse:
    """Ask for confirmation, then revoke the key."""
    use_case = service.revoke if request.method == "POST" else service.get
    try:
        key = use_case(actor_of(request), key_id)
    except service.UnknownKey:
        raise Http404 from None
    if request.method == "POST":
        messages.success(request, f"The key “{key.name}” was revoked and no longer works.")
        return redirect("keys")
    return render(request, "billing/people/keys/revoke.html", {"key": key})


def _edit(
    request: PageRequest, key_id: int, form_class: type[KeyLimitsForm], owner_id: int | None = None
) -> HttpResponse:
    actor = actor_of(request)
    back = reverse("keys") if owner_id is None else reverse("person", args=[owner_id])
    try:
        key = service.get(actor, key_id, owner_id=owner_id)
        form = form_class(key, request.POST if request.method == "POST" else None)
        if form.is_valid():
            reason = form.cleaned_data.get("reason", "")
            service.change(actor, key_id, form.limits(), owner_id=owner_id, reason=reason)
            messages.success(request, f"The key “{key.name}” was changed. The limits apply immediately.")
            return redirect(back)
    except (service.UnknownKey, service.KeyEnded):
        raise Http404 from None
    context = {"key": key, "form": form, "back": back, "owner": key.owner if owner_id else None}
    return render(request, "billing/people/keys/edit.html", context, status=422 if form.errors else 200)


def _create(request: PageRequest, form: KeyForm) -> HttpResponse:
    data = form.cleaned_data
    try:
        row, key = service.issue(
            actor_of(request),
            name=data["name"],
            scopes=data["scopes"],
            limits=form.limits(),
            form_id=data["form_id"],
        )
    except service.AlreadyIssued:
        text = (
            "This form was sent twice, and its key was shown the first time. If you don't have it, revoke it."
        )
        messages.info(request, text)
        return redirect("keys")
    # Only this response contains the key. No cache stores it, and a script removes it when the person leaves the page.
    return render(request, "billing/people/keys/created.html", {"row": row, "key": key})


def _render(request: PageRequest, form: KeyForm) -> HttpResponse:
    keys = service.in_display_order(service.of(actor_of(request)))
    context = {
        "page_obj": page_of(request, keys),
        "form": form,
        "table": downloads(request, keys_table(keys)),
    }
    return render(request, "billing/people/keys/index.html", context, status=422 if form.errors else 200)
