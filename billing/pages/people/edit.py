"""Adds and edits people, and sets passwords."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from billing.models import User
from billing.pages.frame.access import SUPERUSER, PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.people.edit_forms import NewPersonForm, PasswordForm, PersonForm
from billing.pages.people.forms import ReasonForm
from billing.roles import Permission
from billing.services.people import edits, people, staff
from billing.services.people.edits import Details


@page(SUPERUSER, methods=("GET", "POST"), step_up=True)
@sensitive_post_parameters("password")
def create(request: PageRequest) -> HttpResponse:
    """Add a person."""
    form = NewPersonForm(Details(""), frozenset(), request.POST if request.method == "POST" else None)
    user = _save(
        form,
        lambda: edits.create(
            actor_of(request),
            form.details,
            password=form.cleaned_data["password"],
            reason=form.cleaned_data["reason"],
        ),
    )
    if user is not None:
        messages.success(request, f"{user.display_name} was added.")
        return redirect("person", user.pk)
    return _render(request, "billing/people/edit/new.html", form)


@page(Permission.PEOPLE_MANAGE, methods=("GET", "POST"), step_up=True)
def edit(request: PageRequest, person_id: int) -> HttpResponse:
    """Edit name, email address and roles."""
    actor, user = actor_of(request), _get(request, person_id)
    refusal = edits.refusal(actor, user)
    if refusal:
        messages.error(request, refusal)
        return redirect("person", person_id)
    roles_note = edits.fixed_roles(actor, user)
    fixed = {"roles"} if roles_note else set()
    fixed |= {"is_superuser"} if edits.fixed_superuser(actor, user) else set()
    fixed |= set() if actor.user.is_superuser else set(edits.OF_SUPERUSERS)
    form = PersonForm(
        edits.details_of(user), frozenset(fixed), request.POST if request.method == "POST" else None
    )
    saved = _save(
        form, lambda: edits.edit(actor, person_id, form.details, reason=form.cleaned_data["reason"])
    )
    if saved is not None:
        messages.success(request, f"{saved.display_name} was saved. Changes apply immediately.")
        return redirect("person", person_id)
    return _render(request, "billing/people/edit/edit.html", form, user, roles_note)


@page(SUPERUSER, methods=("GET", "POST"), step_up=True)
@sensitive_post_parameters("password")
def set_password(request: PageRequest, person_id: int) -> HttpResponse:
    """Set or remove a password."""
    user = _get(request, person_id)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    saved = _save(
        form,
        lambda: edits.set_password(
            actor_of(request),
            person_id,
            form.cleaned_data["password"],
            reason=form.cleaned_data["reason"],
        ),
    )
    if saved is not None:
        what = "was set" if form.cleaned_data["password"] else "was removed"
        messages.success(request, f"The password of {saved.display_name} {what}. Their sessions have ended.")
        return redirect("person", person_id)
    return _render(request, "billing/people/edit/password.html", form, user)


def _save(form: ReasonForm, use_case: Callable[[], User]) -> User | None:
    """Return the person, or None if the form is not valid. What the use case refuses is shown on the form."""
    if not form.is_valid():
        return None
    try:
        return use_case()
    except ValidationError as error:
        form.add_error(None, error)
    except edits.EditRefused as error:
        form.add_error(None, str(error))
    except staff.UnknownPerson:
        raise Http404 from None
    return None


def _get(request: PageRequest, person_id: int) -> User:
    try:
        return people.get(actor_of(request), person_id).user
    except staff.UnknownPerson:
        raise Http404 from None


def _render(
    request: PageRequest, template: str, form: ReasonForm, user: User | None = None, roles_note: str = ""
) -> HttpResponse:
    context = {"form": form, "person": user, "roles_note": roles_note}
    return render(request, template, context, status=422 if form.errors else 200)
