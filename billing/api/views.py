"""Relays requests to Altostrat: one view per path, and one for unknown paths.

The checks before a call to Altostrat are, in this order: authentication (401), path (404), method (405), permission
(403), query and ids (400), and for writes media type (415), JSON (400), fields (422), reason and ticket (400), If-Match
(428).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from billing.altostrat.operations.operation import Operation, portal_names
from billing.api import bodies, changes, conditions, headers, query, relay
from billing.api.base import ApiView, LazySchema
from billing.api.caller_errors import KeyRequired
from billing.api.headers import CHANGE, REPLAYED
from billing.api.routes import Route
from billing.services import api_writes
from billing.services.actor import Actor
from billing.services.reads import Read, open_file, read_shared

_DOTS: Final = frozenset({".", ".."})


class RelayView(ApiView):
    """A view that relays the operations of one path. `view_of` makes the subclass for a path."""

    routes: Mapping[str, Route] = {}
    schema = LazySchema("billing.api.openapi.schema.RelaySchema")

    def initial(self, request: Request, *args: Any, **path_parameters: Any) -> None:
        """Raise NotAuthenticated, or Http404 for an ambiguous path."""
        super().initial(request, *args, **path_parameters)
        if not _DOTS.isdisjoint(path_parameters.values()):
            raise Http404

    def get(self, request: Request, **path_parameters: str) -> HttpResponseBase:
        route = self.routes["GET"]
        if route.operation.media_types:
            return _file(request, route, path_parameters)
        return conditions.with_etag(request, _read(request, route, path_parameters))

    def post(self, request: Request, **path_parameters: str) -> HttpResponse:
        route = self.routes["POST"]
        if route.operation.is_read:
            return _read(request, route, path_parameters)
        return self._write(request, route, path_parameters)

    def put(self, request: Request, **path_parameters: str) -> HttpResponse:
        return self._write(request, self.routes["PUT"], path_parameters)

    def patch(self, request: Request, **path_parameters: str) -> HttpResponse:
        return self._write(request, self.routes["PATCH"], path_parameters)

    def delete(self, request: Request, **path_parameters: str) -> HttpResponse:
        return self._write(request, self.routes["DELETE"], path_parameters)

    def _write(self, request: Request, route: Route, path_parameters: Mapping[str, str]) -> HttpResponse:
        return _write(request, route, self.routes.get("GET"), path_parameters)


def view_of(routes: Mapping[str, Route]) -> Callable[..., HttpResponseBase]:
    """Return the view of a path with these methods."""
    methods = [method.lower() for method in routes]
    names = [*methods, *(["head"] if "get" in methods else []), "options"]
    # A class of its own, because drf-spectacular reads the methods from the class.
    view = type("RelayView", (RelayView,), {"routes": routes, "http_method_names": names})
    return cast(type[RelayView], view).as_view()


class UnknownRouteView(ApiView):
    """404 for any method, but only for authenticated callers."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


def _file(request: Request, route: Route, path_parameters: Mapping[str, str]) -> HttpResponseBase:
    """Relay a short file as any read, and a long one in pieces, whose ETag is not known before its end."""
    actor, operation = request.auth, route.operation
    assert isinstance(actor, Actor)
    actor.require(route.scope)
    _parameters(request, operation, path_parameters)
    ids = portal_names(path_parameters)
    file = open_file(actor, ids["workspace_id"], Read(operation, ids), route.scope)
    if file.is_short():
        return conditions.with_etag(request, relay.file_of(file, b"".join(file)))
    if request.method == "HEAD":
        file.close()
    return relay.stream_of(file, has_body=request.method != "HEAD")


def _parameters(
    request: Request, operation: Operation[object], path_parameters: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the query parameters. Raise InvalidParameter, or InvalidIdentifier before a token is needed."""
    parameters = query.documented(request, operation.query)
    operation.path(path_parameters)
    return parameters


def _read(request: Request, route: Route, path_parameters: Mapping[str, str]) -> HttpResponse:
    actor, operation = request.auth, route.operation
    assert isinstance(actor, Actor)
    actor.require(route.scope)
    parameters = _parameters(request, operation, path_parameters)
    body = None if operation.method == "GET" else bodies.read(request, operation)[0]
    ids = portal_names(path_parameters)
    read = Read(operation, ids, parameters, body)
    max_age = conditions.accepted_age(request)
    answer, age = read_shared(actor, ids.get("workspace_id", ""), read, route.scope, max_age_seconds=max_age)
    response = relay.response_of(answer)
    if age is not None:
        headers.put(response, "Age", str(age))
    return response


def _write(
    request: Request, route: Route, read: Route | None, path_parameters: Mapping[str, str]
) -> HttpResponse:
    """Send a write. `read` reads the object at the same path, if there is one."""
    actor, operation = request.auth, route.operation
    assert isinstance(actor, Actor)
    actor.require(route.scope)
    if not actor.key_prefix:
        raise KeyRequired
    _parameters(request, operation, path_parameters)
    body, undocumented = bodies.read(request, operation)
    signature, key = bodies.signature(request), bodies.idempotency_key(request)
    if_match = conditions.if_match(request, read)
    ids = portal_names(path_parameters)
    write = api_writes.Write(operation, ids, body, signature, if_match, undocumented)
    if key is None:
        return _sent(request, operation, api_writes.send(actor, write))
    sent = api_writes.send_once(actor, key, write)
    if isinstance(sent, api_writes.Sent):
        return _sent(request, operation, sent)
    return changes.response_of(sent)


def _sent(request: Request, operation: Operation[object], sent: api_writes.Sent) -> HttpResponse:
    # For the response to an error.
    request.change_id, request.is_replay = str(sent.change.pk), sent.is_replay  # type: ignore[attr-defined]
    answer = sent.answer()
    response = relay.response_of(answer)
    response.headers[CHANGE] = str(sent.change.pk)
    if sent.is_replay:
        response.headers[REPLAYED] = "true"
    return response
