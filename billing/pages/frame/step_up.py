"""Before a change, an old sign-in is renewed; what was to be changed waits meanwhile, sealed."""

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
from billing.pages.frame.failure_pages import show
from billing.pages.frame.session_guard import session_of
from billing.services.sign_in import pending_forms, session_limits, sessions

# The field by which a confirmed form names what is held.
FIELD: Final = "held_form"

_GONE: Final = Failure(
    410,
    "invalid_request_error",
    "held_form_gone",
    "There is nothing left to confirm",
    "This change went on already, or it waited for more than ten minutes.",
    "Look whether it was made. If it was not, make it again.",
    changed="Nothing was changed just now.",
)


def detour(request: HttpRequest) -> HttpResponse | None:
    """None when the change may go on, with `request.POST` as it was first sent; else where to go before."""
    row = session_of(request)
    assert row is not None, "the session guard runs before every page"
    form_id = _named(request)
    if not session_limits.is_fresh(row):
        return _send(request, reverse("confirm", args=[form_id or _hold(request, row)]))
    if FIELD in request.POST:
        try:
            if form_id is None:
                raise pending_forms.FormGone
            body = pending_forms.take(row, form_id, path=request.get_full_path())
        except pending_forms.FormGone:
            return gone(request)
        request.POST = QueryDict(body)
    return None


def ask_anew(request: HttpRequest, row: UserSession, form_id: UUID) -> HttpResponse:
    """The way to a fresh sign-in, in the way the old one was made, and from there back to the form.

    To the provider it goes by a page of ours: a redirect would still be the form's, which may lead nowhere else.
    """
    if row.how != sessions.How.SSO:
        return redirect("confirm-password", form_id)
    goal = reverse("confirm", args=[form_id])
    address = f"{reverse('sso')}?{urlencode({'step_up': '1', 'next': goal})}"
    context = {"url": address, "minutes": f"{settings.STEP_UP_MINUTES:g}"}
    return render(request, "billing/sign_in/renew_on.html", context)


def gone(request: HttpRequest) -> HttpResponse:
    """The page of a form that cannot be sent on."""
    return show(request, _GONE)


def _hold(request: HttpRequest, row: UserSession) -> UUID:
    fields = request.POST.copy()
    fields.pop("csrfmiddlewaretoken", None)
    return pending_forms.hold(row, path=request.get_full_path(), body=fields.urlencode())


def _named(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None


def _send(request: HttpRequest, address: str) -> HttpResponseRedirectBase:
    return HttpResponseClientRedirect(address) if getattr(request, "htmx", None) else redirect(address)
