"""Saved views: list, save, rename, share, delete. For htmx, the list is the menu next to the search box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from billing.pages.frame.access import SIGNED_IN, PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.saved_views.addresses import may_open
from billing.pages.saved_views.forms import NewViewForm, ViewForm
from billing.services import saved_views
from billing.services.actor import Actor
from billing.services.saved_views import TooManyViews, View, ViewNotFound

T = TypeVar("T")

_TOO_MANY: Final = (
    f"At most {saved_views.MAX_VIEWS} views can be saved, and as many shared. Delete one first."
)


def openable(actor: Actor) -> list[View]:
    """Return the actor's own views and the shared ones whose pages they may open. Own ones that do not open stay."""
    return [
        view
        for view in saved_views.visible(actor)
        if may_open(view.address, actor.permissions) or (view.is_own and not view.address)
    ]


@page(SIGNED_IN, methods=("GET", "POST"))
def index(request: PageRequest) -> HttpResponse:
    """Show the views. POST saves one and returns to its page."""
    if request.method == "POST":
        return _save(request)
    template = "menu" if request.htmx else "index"
    context = {"views": openable(actor_of(request))}
    return render(request, f"billing/saved_views/{template}.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
def edit(request: PageRequest, view_id: UUID) -> HttpResponse:
    """Rename a view. Admins also share it, or stop sharing it."""
    actor = actor_of(request)
    view = _found(lambda: saved_views.get(actor, view_id))
    may_share = saved_views.may_share(actor) or view.is_shared
    data = request.POST if request.method == "POST" else None
    initial = {"name": view.name, "is_shared": view.is_shared}
    form = ViewForm(data, initial=initial, may_share=may_share)
    if form.is_valid():
        name, is_shared = form.cleaned_data["name"], form.cleaned_data.get("is_shared", False)
        try:
            _found(lambda: saved_views.change(actor, view_id, name=name, is_shared=is_shared))
        except TooManyViews:
            form.add_error(None, _TOO_MANY)
        else:
            messages.success(request, "View changed.")
            return redirect("saved-views")
    context = {"form": form, "view": view, "title": "Edit view"}
    return render(request, "billing/saved_views/form.html", context, status=422 if form.errors else 200)


@page(SIGNED_IN, methods=("GET", "POST"))
def delete(request: PageRequest, view_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    view = _found(lambda: saved_views.get(actor, view_id))
    if request.method != "POST":
        return render(request, "billing/saved_views/delete.html", {"view": view})
    _found(lambda: saved_views.delete(actor, view_id))
    messages.success(request, "View deleted.")
    return redirect("saved-views")


def _save(request: PageRequest) -> HttpResponse:
    actor = actor_of(request)
    form = NewViewForm(request.POST, may_share=saved_views.may_share(actor))
    if form.is_valid():
        values = form.cleaned_data
        try:
            saved_views.save(
                actor,
                view_id=values["view_id"],
                name=values["name"],
                address=values["address"],
                is_shared=values.get("is_shared", False),
            )
        except TooManyViews:
            form.add_error(None, _TOO_MANY)
        else:
            messages.success(request, f"View “{values['name']}” saved.")
            return redirect(values["address"])
    context = {"form": form, "title": "Save view"}
    return render(request, "billing/saved_views/form.html", context, status=422)


def _found(call: Callable[[], T]) -> T:
    try:
        return call()
    except ViewNotFound:
        raise Http404 from None
