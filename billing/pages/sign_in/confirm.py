"""The way back to a change that waited: sign in anew, then it is sent on, once."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from billing.pages.frame import step_up
from billing.pages.frame.access import SIGNED_IN, PageRequest, page
from billing.pages.sign_in.forms import ConfirmPasswordForm
from billing.services.sign_in import pending_forms, session_limits


@page(SIGNED_IN)
def show(request: PageRequest, form_id: UUID) -> HttpResponse:
    """Sends the held form to where it was going, by itself where there are scripts."""
    row = request.user_session
    try:
        path = pending_forms.path_of(row, form_id)
    except pending_forms.FormGone:
        return step_up.gone(request)
    if not session_limits.is_fresh(row):
        return step_up.ask_anew(request, row, form_id)
    context = {"path": path, "field": step_up.FIELD, "form_id": form_id}
    return render(request, "billing/sign_in/confirm.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
@sensitive_post_parameters("password")
def password(request: PageRequest, form_id: UUID) -> HttpResponse:
    """Asks for the password again; too many wrong ones lock, as they do at sign-in."""
    if not settings.LOCAL_LOGIN:
        return render(request, "billing/sign_in/switched_off.html")
    try:
        pending_forms.path_of(request.user_session, form_id)
    except pending_forms.FormGone:
        return step_up.gone(request)
    if session_limits.is_fresh(request.user_session):
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
        request, "billing/sign_in/confirm_password.html", context, status=422 if form.errors else 200
    )
