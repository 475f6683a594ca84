"""A change that waits for a fresh sign-in: sign in again, then send it, once."""

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
def confirm(request: PageRequest, form_id: UUID) -> HttpResponse:
    """Send the pending form to its page. Without scripts, a button does it."""
    session = request.user_session
    try:
        path = pending_forms.path_of(session, form_id)
    except pending_forms.NoPendingForm:
        return step_up.not_pending(request)
    if not session_limits.is_fresh(session):
        return step_up.ask_again(request, session, form_id)
    context = {"path": path, "field": step_up.FIELD, "form_id": form_id}
    return render(request, "billing/sign_in/confirm.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
@sensitive_post_parameters("password")
def password(request: PageRequest, form_id: UUID) -> HttpResponse:
    """Ask for the password again. Too many wrong ones lock the person out, as they do at sign-in."""
    if not settings.LOCAL_LOGIN:
        return render(request, "billing/sign_in/no_password.html")
    try:
        pending_forms.path_of(request.user_session, form_id)
    except pending_forms.NoPendingForm:
        return step_up.not_pending(request)
    if session_limits.is_fresh(request.user_session):
        return redirect("confirm", form_id)
    form = ConfirmPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        entered = form.cleaned_data["password"]
        user = authenticate(request, username=request.user.get_username(), password=entered)
        if user is not None and user.pk == request.user.pk:
            login(request, user)
            return redirect("confirm", form_id)
        form.add_error("password", "Wrong password. Passwords are case-sensitive.")
    context = {"form": form, "minutes": f"{settings.STEP_UP_MINUTES:g}"}
    status = 422 if form.errors else 200
    return render(request, "billing/sign_in/confirm_password.html", context, status=status)
