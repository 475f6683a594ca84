"""A change needs a fresh sign-in. Until the person has signed in again, the form is stored sealed."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from billing.failures import Failure
from billing.models import UserSession
from billing.pages.frame.current_session import session_of
from billing.pages.frame.failure_pages import show
from billing.services.sign_in import pending_forms, session_limits, sessions

# The form field with the id of a pending form.
FIELD: Final = "pending_form"

_NOT_PENDING: Final = Failure(
    410,
    "invalid_request_error",
    "pending_form_missing",
    "This change is no longer pending",
    "It was already sent, or it expired after ten minutes.",
    "Check whether the change was made. If not, start again.",
    changed="Nothing was changed now.",
)


def require_fresh_sign_in(request: HttpRequest) -> HttpResponse | None:
    """Return None if the change may continue, else a redirect. A pending form becomes `request.POST` again."""
    session = session_of(request)
    assert session is not None, "CurrentSessionMiddleware runs before every view"
    form_id = _form_id(request)
    if not session_limits.is_fresh(session):
        return _redirect(request, reverse("confirm", args=[form_id or _save(request, session)]))
    if FIELD in request.POST:
        try:
            if form_id is None:
                raise pending_forms.NoPendingForm
            body = pending_forms.take(session, form_id, path=request.get_full_path())
        except pending_forms.NoPendingForm:
            return not_pending(request)
        request.POST = QueryDict(body)
    return None


def ask_again(request: HttpRequest, session: UserSession, form_id: UUID) -> HttpResponse:
    """Ask for a fresh sign-in with the same method as before, which then returns to the form.

    A page of the portal leads to the provider, because `form-action 'self'` also blocks a redirect after a form.
    """
    if session.how != sessions.How.SSO:
        return redirect("confirm-password", form_id)
    query = urlencode({"step_up": "1", "next": reverse("confirm", args=[form_id])})
    context = {"url": f"{reverse('sso')}?{query}", "minutes": f"{settings.STEP_UP_MINUTES:g}"}
    return render(request, "billing/sign_in/confirm_at_provider.html", context)


def not_pending(request: HttpRequest) -> HttpResponse:
    """Return the page for a form that was sent already or has expired."""
    return show(request, _NOT_PENDING)


def _save(request: HttpRequest, session: UserSession) -> UUID:
    fields = request.POST.copy()
    fields.pop("csrfmiddlewaretoken", None)
    return pending_forms.save(session, path=request.get_full_path(), body=fields.urlencode())


def _form_id(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None


def _redirect(request: HttpRequest, address: str) -> HttpResponseRedirectBase:
    return HttpResponseClientRedirect(address) if getattr(request, "htmx", None) else redirect(address)
