"""Failures as pages, or as panels when htmx requested a part of a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from billing.failures import Failure, Remedy
from billing.models import Change
from billing.pages.frame.actor import actor_of
from billing.pages.frame.token_forms import RenewTokenForm, StoreTokenForm
from billing.services import changes, tokens

# The page around a panel may have the same form, and no id may occur twice.
_FORM_IDS: Final = "remedy_%s"


def show(request: HttpRequest, failure: Failure) -> HttpResponse:
    """Return the page of a failure, with its status, its Retry-After and the form or button that helps."""
    is_panel = bool(getattr(request, "htmx", False))
    context = {
        "failure": failure,
        "is_panel": is_panel,
        "doc_url": _safe_link(failure.doc_url),
        "retry_url": request.get_full_path() if _can_retry(request, failure) else None,
        "back": _page_address(request),
        "review": _review_address(request),
        **_remedy(request, failure),
    }
    template = "errors/failure_panel.html" if is_panel else "errors/failure.html"
    response = render(request, template, context, status=failure.status)
    if failure.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(failure.retry_after_seconds)
    return response


def method_not_allowed(request: HttpRequest, methods: Iterable[str]) -> HttpResponse:
    """Answer as https://www.rfc-editor.org/rfc/rfc9110#status.405 requires."""
    failure = Failure(
        405,
        "invalid_request_error",
        "method_not_allowed",
        "Method not allowed",
        "The page does not accept this kind of request.",
        "Go back and use a link or a button of the page that you came from.",
    )
    response = show(request, failure)
    response.headers["Allow"] = ", ".join(methods)
    return response


def _can_retry(request: HttpRequest, failure: Failure) -> bool:
    return failure.remedy is Remedy.RETRY and request.method == "GET"


def _remedy(request: HttpRequest, failure: Failure) -> dict[str, Any]:
    back = _page_address(request)
    if failure.remedy is Remedy.STORE_TOKEN:
        return {"store_form": StoreTokenForm(initial={"next": back}, auto_id=_FORM_IDS)}
    if failure.remedy is Remedy.RENEW_TOKEN:
        token = _token_in_use(request)
        form = RenewTokenForm(initial={"next": back}, auto_id=_FORM_IDS)
        return {"token": token, "renew_form": form} if token else {}
    return {}


def _token_in_use(request: HttpRequest) -> Any:
    change = _change_of(request)
    workspace_id = change.workspace_id if change else _url_parameters(request).get("workspace_id", "")
    try:
        return tokens.choose(actor_of(request).user, workspace_id)
    except tokens.NoToken:  # deleted in another window
        return None


def _url_parameters(request: HttpRequest) -> dict[str, Any]:
    return request.resolver_match.kwargs if request.resolver_match else {}


def _change_of(request: HttpRequest) -> Change | None:
    """Return the change of the page. It has the workspace, which is not in the URL."""
    change_id = _url_parameters(request).get("change_id")
    if change_id is None or not request.user.is_authenticated:
        return None
    try:
        return changes.get_own(actor_of(request), change_id)
    except changes.ChangeNotFound:
        return None


def _page_address(request: HttpRequest) -> str:
    """Return the address of the page that the person sees: this one, or the one around the panel."""
    htmx = getattr(request, "htmx", None)
    if htmx:
        return htmx.current_url_abs_path or "/"
    if request.method == "GET":
        return request.get_full_path()
    return _review_address(request) or "/"


def _review_address(request: HttpRequest) -> str:
    """Return the address of the review whose button was clicked, and "" on any other page."""
    change = _change_of(request) if request.method == "POST" else None
    return reverse("change", args=[change.pk]) if change else ""


def _safe_link(url: str | None) -> str | None:
    return url if url and urlsplit(url).scheme == "https" else None
