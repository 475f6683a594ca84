"""The passthrough: one view a path, and one for every path that there is not.

What is checked, in this order: who calls (401), the path (404), the method (405), the permission (403), the query and
the ids (400). Only then is Altostrat asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final, cast

from django.http import Http404, HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from billing.altostrat.client import Answer
from billing.altostrat.operations.operation import portal_names
from billing.api.errors import InvalidParameter
from billing.api.headers import JSON, ORIGIN, UPSTREAM_REQUEST_ID
from billing.api.routes import Route
from billing.api.schema import RouteSchema
from billing.failures import Origin
from billing.services.actor import Actor
from billing.services.reads import Read, read_live

# A slash or backslash that only decoding makes one: for a server in between, the path may be another than for us.
_HIDDEN_SLASH: Final = re.compile(r"%(2f|5c)", re.IGNORECASE)
_DOTS: Final = frozenset({".", ".."})


class _DoorView(APIView):
    # DRF would tell of methods and of Accept on every answer; only a 405 has to say Allow.
    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}


class PassthroughView(_DoorView):
    """The routes of one path."""

    routes: Mapping[str, Route] = {}
    http_method_names = ["get", "head"]
    schema = RouteSchema()

    def initial(self, request: Request, *args: Any, **path_parameters: Any) -> None:
        """Lets nobody in who is not known, and no path in disguise."""
        super().initial(request, *args, **path_parameters)
        if _is_disguised(request, path_parameters):
            raise Http404

    def get(self, request: Request, **path_parameters: str) -> HttpResponse:
        """Altostrat's answer, byte for byte."""
        actor, route = cast(Actor, request.auth), self.routes["GET"]
        actor.require(route.permission)
        query = _query(request, route.operation.query)
        route.operation.path(path_parameters)  # raises InvalidIdentifier, before a token is even looked for
        ids = portal_names(path_parameters)
        read = Read(route.operation, ids, query)
        return _relay(read_live(actor, ids.get("workspace_id", ""), read, route.permission))


class UnknownRouteView(_DoorView):
    """Whatever the method: nothing is here, for those who may know."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises NotAuthenticated, else Http404."""
        super().initial(request, *args, **kwargs)
        raise Http404


def _relay(answer: Answer[object]) -> HttpResponse:
    # A folded or otherwise strange header of Altostrat's must not break ours.
    harmless = answer.content_type.isascii() and answer.content_type.isprintable()
    content_type = answer.content_type if harmless and answer.content_type else JSON
    response = HttpResponse(answer.body, content_type=content_type, status=answer.status)
    response.headers[ORIGIN] = Origin.ALTOSTRAT.value
    if answer.request_id:
        response.headers[UPSTREAM_REQUEST_ID] = answer.request_id
    return response


def _is_disguised(request: Request, path_parameters: Mapping[str, str]) -> bool:
    # The server's own note of the address as it came in; not every WSGI server makes one.
    raw = str(request.META.get("RAW_URI") or request.META.get("REQUEST_URI") or "")
    return bool(_HIDDEN_SLASH.search(raw.partition("?")[0])) or not _DOTS.isdisjoint(path_parameters.values())


def _query(request: Request, known: Collection[str]) -> Mapping[str, str]:
    """The query, once each key of it is one that the operation documents. Raises InvalidParameter."""
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise InvalidParameter(f"The query key {name[:50]!r} occurs {len(values)} times.")
        if name not in known:
            raise InvalidParameter(f"The query key {name[:50]!r} is not known here.")
    return request.query_params.dict()
