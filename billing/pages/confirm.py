"""The way back to a change that waited: sign in anew, then it is sent on, once."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from billing.pages import renewal
from billing.pages.access import SIGNED_IN, PageRequest, page
from billing.pages.forms import ConfirmPasswordForm
from billing.services import held_forms, session_times


@page(SIGNED_IN)
def show(request: PageRequest, form_id: UUID) -> HttpResponse:
    """Sends the held form to where it was going, by itself where there are scripts."""
    row = request.user_session
    try:
        path = held_forms.path_of(row, form_id)
    except held_forms.FormGone:
        return renewal.gone(request)
    if not session_times.is_fresh(row):
        return renewal.ask_anew(request, row, form_id)
    context = {"path": path, "field": renewal.FIELD, "form_id": form_id}
    return render(request, "billing/session/confirm.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
@sensitive_post_parameters("password")
def password(request: PageRequest, form_id: UUID) -> HttpResponse:
    """Asks for the password again; too many wrong ones lock, as they do at sign-in."""
    if not settings.LOCAL_LOGIN:
        return render(request, "billing/session/switched_off.html")
    try:
        held_forms.path_of(request.user_session, form_id)
    except held_forms.FormGone:
        return renewal.gone(request)
    if session_times.is_fresh(request.user_session):
        return redirect("confirm", form_id)
    form = ConfirmPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["password"]
        user = authenticate(request, username=request.user.get_username(), password=given)
        if user is not None and user.pk == request.user.pk:
            login(request, user)
            return redirect("confirm", form_id)
        form.add_error("password", "This is not your password. Check it; capitals count.")
    context = {"form": form, "minutes": f"{settings.STEP_UP_MINUTES:g}"}
    return render(
        request, "billing/session/confirm_password.html", context, status=422 if form.errors else 200
    )
