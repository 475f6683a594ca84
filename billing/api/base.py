"""The base of the views of the API: its headers, OPTIONS, and the count of the caller's requests."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string
from rest_framework.request import Request
from rest_framework.schemas.inspectors import ViewInspector
from rest_framework.views import APIView

from billing.api import headers
from billing.api.errors import exception_handler
from billing.services.actor import Actor
from billing.services.storage.budgets import WINDOW_SECONDS, BudgetSpent, Caller


class LazySchema:
    """A schema class of drf-spectacular, by its path. It is loaded for the documentation, which few workers show."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __get__(self, view: APIView | None, _: type[APIView]) -> ViewInspector:
        schema: ViewInspector = import_string(self._path)()
        schema.view = view
        return schema


class ApiView(APIView):
    """A view of the API. DRF would create its helpers for each request; they have no state.

    Nothing of a request refers to itself, so that all of it is freed at its end, not by the garbage collector.
    """

    _authenticators = [kind() for kind in APIView.authentication_classes]
    _parsers = [kind() for kind in APIView.parser_classes]
    _renderer = APIView.renderer_classes[0]()
    _negotiator = APIView.content_negotiation_class()

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        context = {"view": self, "args": args, "kwargs": kwargs}
        made = Request(request, self._parsers, self._authenticators, self._negotiator, context)
        # DRF would find these by an AttributeError for each access.
        made.META, made.method = request.META, request.method
        made.request_id = getattr(request, "request_id", "")  # type: ignore[attr-defined]
        return made

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise NotAuthenticated. DRF would also choose a format and a version, and the API has one of each."""
        request.accepted_renderer, request.accepted_media_type = self._renderer, self._renderer.media_type
        request._authenticate()  # type: ignore[attr-defined]  # as `request.user` does, which also wraps errors for templates
        if request.auth is None:
            self.permission_denied(request)

    def head(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Respond as to GET. Django would store the method `get` in the view, which would then refer to itself."""
        response: HttpResponseBase = self.get(request, *args, **kwargs)  # type: ignore[attr-defined]
        return response

    # DRF would add Allow and Vary to every response; only a 405 and OPTIONS need Allow.
    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        response = HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})
        del response.headers["Content-Type"]  # there is no content
        return response

    def finalize_response(  # type: ignore[override]
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Count the request if no service has, as with an error or a replay, and state what the caller has left."""
        actor = request.auth
        caller = actor.caller if isinstance(actor, Actor) else None
        if caller is not None:
            try:
                caller.spend()
            except BudgetSpent as error:
                response = exception_handler(error, {"request": request, "view": self})
            _add_headers(response, caller)
            if response.status_code == 429 and "token" in caller.budgets:
                # Altostrat may not have said how long its 429 lasts, but the portal waits for a certain time.
                response.headers.setdefault("Retry-After", str(caller.budgets["token"].seconds_left))
        request.parser_context.clear()  # it refers to view and request, which refer to it
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]


def _add_headers(response: HttpResponseBase, caller: Caller) -> None:
    """Add the headers of https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/"""
    policies, counts = [], []
    for one in caller.budgets.values():
        if one.limit and one.count is not None:
            policies.append(f'"{one.policy}";q={one.limit};w={WINDOW_SECONDS}')
            counts.append(f'"{one.policy}";r={one.left};t={one.seconds_left}')
    if counts:
        headers.put(response, "RateLimit-Policy", ", ".join(policies))
        headers.put(response, "RateLimit", ", ".join(counts))
