"""The passthrough: Altostrat's answer, byte for byte, or a failure."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from billing.altostrat.client import Answer
from billing.api.refusals import BodyTooLarge, InvalidParameter, LengthRequired, UnknownRoute
from billing.api.routes import Route
from billing.api.schema import RouteSchema
from billing.failures import Origin
from billing.services import passthrough

_MAX_BODY_BYTES: Final = 1024 * 1024
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"


class ApiView(APIView):
    """What every address below /api/v1 has in common."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authentication first: who is not known learns nothing about paths and methods."""
        super().initial(request, *args, **kwargs)
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            raise LengthRequired
        if int(request.META.get("CONTENT_LENGTH") or 0) > _MAX_BODY_BYTES:
            raise BodyTooLarge

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Says who speaks, and that no browser is to make a page of it."""
        final: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        final.headers.setdefault("Portal-Origin", Origin.PORTAL.value)
        final.headers["Content-Security-Policy"] = _POLICY
        return final


class UnknownRouteView(ApiView):
    """Everything below /api/v1 that is no route, whatever the method."""

    schema = None
    http_method_names: ClassVar[list[str]] = [
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "trace",
    ]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: D102
        super().initial(request, *args, **kwargs)
        raise UnknownRoute


class PassthroughView(ApiView):
    """One route of the allow-list."""

    schema = RouteSchema()
    route: Route | None = None

    def get(self, request: Request, **path_parameters: str) -> HttpResponse:
        """Asks Altostrat in the caller's name."""
        assert self.route is not None
        for name in request.query_params:
            raise InvalidParameter(name)
        answer = passthrough.forward(
            request.auth, self.route.operation, self.route.permission, path_parameters
        )
        return _relayed(answer, with_body=request.method != "HEAD")


def _relayed(answer: Answer[object], *, with_body: bool) -> HttpResponse:
    headers = {"Portal-Origin": Origin.ALTOSTRAT.value, "Content-Length": str(len(answer.body))}
    if answer.request_id:
        headers["Altostrat-Request-Id"] = answer.request_id
    body = answer.body if with_body else b""
    return HttpResponse(body, status=answer.status, content_type=answer.content_type, headers=headers)
