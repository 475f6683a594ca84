"""A person with a local password replaces it, with the present one."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from billing.models import User
from billing.pages.frame.access import SIGNED_IN, PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.sign_in.forms import ChangePasswordForm
from billing.services.people import edits
from billing.services.sign_in import sessions


@page(SIGNED_IN, methods=("GET", "POST"))
@sensitive_post_parameters("password", "new_password")
def change(request: PageRequest) -> HttpResponse:
    """Replace the password, and end all other sessions. Too many wrong ones lock the person out, as at sign-in."""
    if not is_offered(request.user):
        raise Http404
    form = ChangePasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _is_changed(request, form):
        messages.success(request, "Your password was changed. Your other sessions have ended.")
        return redirect("account")
    return render(
        request, "billing/sign_in/own_password.html", {"form": form}, status=422 if form.errors else 200
    )


def is_offered(user: User) -> bool:
    """Return whether the person can sign in with a password."""
    return settings.LOCAL_LOGIN and user.has_usable_password()


def _is_changed(request: PageRequest, form: ChangePasswordForm) -> bool:
    entered, new = form.cleaned_data["password"], form.cleaned_data["new_password"]
    user = authenticate(request, username=request.user.get_username(), password=entered)
    if not isinstance(user, User) or user.pk != request.user.pk:
        form.add_error("password", "Wrong password. Passwords are case-sensitive.")
        return False
    actor = actor_of(request)
    try:
        edits.change_own_password(actor, new)
    except ValidationError as error:
        form.add_error("new_password", error)
        return False
    sessions.end_others(actor, request.user_session)
    update_session_auth_hash(request, actor.user)
    login(request, actor.user, backend="django.contrib.auth.backends.ModelBackend")
    return True
