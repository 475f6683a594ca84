"""Turns every exception of the API into a response.

The portal's own errors have Altostrat's format plus the request id: {type, code, message, doc_url, request_id}.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestAborted,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.urls import reverse
from rest_framework import exceptions
from rest_framework.request import Request

from billing.altostrat.errors import Refused
from billing.altostrat.identifiers import InvalidIdentifier
from billing.altostrat.strict_json import MalformedJson
from billing.api import headers
from billing.api.caller_errors import (
    ExpiredKey,
    InvalidFields,
    InvalidIdempotencyKey,
    InvalidParameter,
    KeyRequired,
    NoPerson,
    PreconditionRequired,
    ProviderDown,
    RefusedNetwork,
    SignInTooOld,
    UnusableHeader,
)
from billing.api.codes import CODES
from billing.api.headers import CHALLENGE, CHANGE, JSON, ORIGIN, REPLAYED, UPSTREAM_REQUEST_ID
from billing.failures import Origin, describe, is_handled, is_relayed
from billing.services.actor import Actor, Door, Lack, NotPermitted
from billing.services.api_writes import (
    ChangeNotApplied,
    ChangeOutcomeUnknown,
    KeyInUse,
    KeyReused,
    PreconditionFailed,
)
from billing.services.audit import refusals
from billing.services.changes import ChangeNotFound, Incomplete, NotReady
from billing.services.storage import outages
from billing.services.storage.budgets import BudgetSpent

logger = logging.getLogger(__name__)

# The first match decides, so subclasses come first.
_CODES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (exceptions.NotAuthenticated, "unauthenticated"),
    (SignInTooOld, "owner_sign_in_too_old"),
    (ExpiredKey, "key_expired"),
    (NoPerson, "person_unknown"),
    (ProviderDown, "identity_provider_unavailable"),
    (exceptions.AuthenticationFailed, "unauthenticated"),
    (RefusedNetwork, "key_network"),
    (exceptions.PermissionDenied, "csrf_failed"),  # raised only by the CSRF check of sessions
    (PermissionDenied, "forbidden"),
    (Http404, "unknown_route"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (InvalidParameter, "invalid_parameter"),
    (InvalidFields, "invalid_fields"),
    (MalformedJson, "invalid_json"),
    (KeyRequired, "key_required"),
    (Incomplete, "reason_required"),
    (UnusableHeader, "reason_required"),
    (NotReady, "change_not_sent"),
    (ChangeNotFound, "change_not_found"),
    (InvalidIdempotencyKey, "invalid_idempotency_key"),
    (PreconditionFailed, "precondition_failed"),
    (PreconditionRequired, "precondition_required"),
    (KeyInUse, "idempotency_key_in_use"),
    (KeyReused, "idempotency_key_reused"),
    (ChangeNotApplied, "change_not_applied"),
    (ChangeOutcomeUnknown, "altostrat_outcome_unknown"),
    (RequestDataTooBig, "body_too_large"),
    (SuspiciousOperation, "bad_request"),
    (BadRequest, "bad_request"),
    (MultiPartParserError, "bad_request"),
    (UnreadablePostError, "bad_request"),
    (RawPostDataException, "bad_request"),
    (RequestAborted, "bad_request"),
    (exceptions.ParseError, "bad_request"),
    (exceptions.ValidationError, "bad_request"),
    (exceptions.NotFound, "unknown_route"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (exceptions.Throttled, "too_many_requests"),
    (BudgetSpent, "too_many_requests"),
)
_LACKS: Final = {
    Lack.SCOPE: "key_scope",
    Lack.READ_ONLY: "key_read_only",
    Lack.MASKED: "personal_data_masked",
}
_ROLE: Final = "role of the person does"
_IS_JSON: Final = re.compile(r"application/([a-z0-9.!#$&^_-]+\+)?json\s*(;.*)?", re.IGNORECASE)


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Handle every exception of a view. An unexpected one becomes a 500 without details.

    https://www.django-rest-framework.org/api-guide/exceptions/#custom-exception-handling
    """
    request: Request = context["request"]
    _record_refusal(request, error)
    response = _failure(request, error) if is_handled(error) else _refusal(request, error, context)
    change = getattr(error, "change", None)
    if change_id := getattr(request, "change_id", "") or (change and str(change.pk)):
        response.headers[CHANGE] = change_id
    if getattr(request, "is_replay", False):
        response.headers[REPLAYED] = "true"
    return response


def _refusal(request: Request, error: Exception, context: dict[str, Any]) -> HttpResponse:
    code = next((code for kind, code in _CODES if isinstance(error, kind)), None)
    if code is None:
        logger.error("an API call failed with an unexpected %s", type(error).__name__, exc_info=error)
        return error_response(request, "internal_error")
    response = error_response(request, code, _meaning(error), _members(request, error))
    if isinstance(error, NotReady | ProviderDown):
        response.headers["Retry-After"] = str(outages.RETRY_AFTER_SECONDS)
    if challenge := getattr(error, "auth_header", None):
        response.headers[CHALLENGE] = challenge
    if (seconds := getattr(error, "seconds", getattr(error, "wait", None))) is not None:
        response.headers["Retry-After"] = str(seconds)
    if isinstance(error, exceptions.MethodNotAllowed):
        response.headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def error_response(
    request: HttpRequest | Request, code: str, meaning: str = "", members: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Return the response for one of the CODES, with more `members`. `meaning` may replace its general sentence."""
    row = CODES[code]
    body = {
        "type": row.type,
        "code": code,
        "message": f"{meaning or row.meaning} {row.remedy}",
        "doc_url": f"{_docs(request)}#{code}",
        "request_id": str(getattr(request, "request_id", "-")),
        **(members or {}),
    }
    response = HttpResponse(json.dumps(body), content_type=JSON, status=row.status)
    response.headers[ORIGIN] = Origin.PORTAL.value
    response.headers["Content-Length"] = str(len(response.content))
    return response


def _meaning(error: Exception) -> str:
    """Return the sentence about this request, for a code whose own sentence is general."""
    match error:
        case InvalidParameter() | UnusableHeader():
            return str(error)
        case Incomplete():
            return " ".join(f"Portal-{name.title()} is missing." for name in error.fields)
        case _:
            return ""


def _members(request: Request, error: Exception) -> Mapping[str, Any]:
    """Return what the bodies of some errors have in addition."""
    match error:
        case InvalidFields():
            return {"errors": error.errors}
        case ChangeOutcomeUnknown() | ChangeNotApplied():
            return {"change_url": request.build_absolute_uri(reverse("api-change", args=[error.change.pk]))}
        case _:
            return {}


def _record_refusal(request: Request, error: Exception) -> None:
    """Add a missing permission or an invalid key to the audit log."""
    if isinstance(error, RefusedNetwork):
        refusals.record(error.actor, "outside the networks of the key")
    elif isinstance(error, NotPermitted) and isinstance(request.auth, Actor):
        refusals.record(request.auth, error.permission)
    elif isinstance(error, exceptions.AuthenticationFailed):
        refusals.record_unknown(
            refusals.REFUSED,
            door=Door.API,
            detail=getattr(error, "why", "not a valid portal key"),
            request_id=str(getattr(request, "request_id", "")),
            address=request.META.get("REMOTE_ADDR") or None,
        )


def _failure(request: Request, error: Exception) -> HttpResponse:
    failure = describe(error)
    if isinstance(error, DatabaseError):
        outages.log(error)
    level = logging.ERROR if failure.status == 500 else logging.INFO
    logger.log(level, "an API call failed: %s (%s)", failure.code, type(error).__name__)
    if isinstance(error, Refused) and is_relayed(error):
        response = _relayed(error)
    else:
        code = _LACKS.get(error.lack, failure.code) if isinstance(error, NotPermitted) else failure.code
        response = error_response(request, code, _details(error))
        if isinstance(error, NotPermitted) and error.lack in (Lack.SCOPE, Lack.READ_ONLY):
            response.headers[CHALLENGE] = headers.challenge("insufficient_scope", scope=error.permission)
    if failure.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(failure.retry_after_seconds)
    if failure.upstream_request_id:
        response.headers[UPSTREAM_REQUEST_ID] = failure.upstream_request_id
    return response


def _relayed(error: Refused) -> HttpResponse:
    # A browser must not render anything but JSON as a page: the middleware adds nosniff.
    content_type = error.content_type if _IS_JSON.fullmatch(error.content_type) else "text/plain"
    response = HttpResponse(error.body, content_type=content_type, status=error.status)
    response.headers[ORIGIN] = Origin.ALTOSTRAT.value
    return response


def _details(error: Exception) -> str:
    match error:
        case InvalidIdentifier():
            return f"{error.name} in the path does not have the format of Altostrat's IDs."
        case NotPermitted() if error.lack is not Lack.MASKED:
            holder = {Lack.SCOPE: "scopes of the key do", Lack.READ_ONLY: "key is read-only and does"}
            return f"This needs {error.permission}. The {holder.get(error.lack, _ROLE)} not include it."
        case _:
            return ""


def _docs(request: HttpRequest | Request) -> str:
    path = reverse("api-docs")
    try:
        return str(request.build_absolute_uri(path))
    except SuspiciousOperation:  # an unknown host must not appear in a link
        return path
