"""Relays requests to Altostrat: one view per path, and one for unknown paths.

The checks before a call to Altostrat are, in this order: authentication (401), path (404), method (405), permission
(403), query and ids (400).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, cast

from django.http import Http404, HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from billing.altostrat.client import Answer
from billing.altostrat.operations.operation import Operation, portal_names
from billing.api.errors import InvalidParameter
from billing.api.headers import JSON, ORIGIN, UPSTREAM_REQUEST_ID
from billing.api.routes import PERMISSION
from billing.api.schema import RelaySchema
from billing.failures import Origin
from billing.services.actor import Actor
from billing.services.reads import Read, read_live

_DOTS: Final = frozenset({".", ".."})


class _ApiView(APIView):
    # DRF would add Allow and Vary to every response; only a 405 needs Allow.
    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}


class RelayView(_ApiView):
    """Relays one operation."""

    operation: Operation[object] | None = None
    http_method_names = ["get", "head"]
    schema = RelaySchema()

    def initial(self, request: Request, *args: Any, **path_parameters: Any) -> None:
        """Raises NotAuthenticated, or Http404 for an ambiguous path."""
        super().initial(request, *args, **path_parameters)
        if not _DOTS.isdisjoint(path_parameters.values()):
            raise Http404

    def get(self, request: Request, **path_parameters: str) -> HttpResponse:
        actor = cast(Actor, request.auth)
        actor.require(PERMISSION)
        assert self.operation is not None
        query = _query(request, self.operation.query)
        self.operation.path(path_parameters)  # raises InvalidIdentifier before a token is needed
        ids = portal_names(path_parameters)
        read = Read(self.operation, ids, query)
        return _relay(read_live(actor, ids.get("workspace_id", ""), read, PERMISSION))


class UnknownRouteView(_ApiView):
    """404 for any method, but only for authenticated callers."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


def _relay(answer: Answer[object]) -> HttpResponse:
    # A malformed header from Altostrat must not break the response.
    is_valid = answer.content_type.isascii() and answer.content_type.isprintable()
    content_type = answer.content_type if is_valid and answer.content_type else JSON
    response = HttpResponse(answer.body, content_type=content_type, status=answer.status)
    response.headers[ORIGIN] = Origin.ALTOSTRAT.value
    if answer.request_id:
        response.headers[UPSTREAM_REQUEST_ID] = answer.request_id
    return response


def _query(request: Request, known: Collection[str]) -> Mapping[str, str]:
    """The query parameters. Raises InvalidParameter if one is unknown or repeated."""
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise InvalidParameter(f"The query parameter {name[:50]!r} occurs {len(values)} times.")
        if name not in known:
            raise InvalidParameter(f"The query parameter {name[:50]!r} is unknown.")
    return request.query_params.dict()
