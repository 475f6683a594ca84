"""Two WSGI handlers in one process: one with a short middleware chain for programs, and Django's own.

A call that carries an Authorization header is judged by that header alone, so sessions, CSRF tokens, messages and the
rest of the pages' middlewares have nothing to do for it, and are most of its cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.utils.module_loading import import_string

_API: Final = "/api/v1/"
_MIDDLEWARE: Final = (
    "portal.proxies.TrustedProxiesMiddleware",
    "portal.middleware.RequestIdMiddleware",
    "billing.api.middleware.ApiResponseMiddleware",
    "portal.middleware.AllowedHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)


class ApiHandler(WSGIHandler):
    """Django's handler with a short chain of middlewares, none of which has view hooks."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]  # not in the stubs
        for path in reversed(_MIDDLEWARE):
            chain = convert_exception_to_response(import_string(path)(chain))
        self._middleware_chain = chain


class PortalHandler:
    """The WSGI application: chooses the handler for each request."""

    def __init__(self) -> None:
        self._api, self._pages = ApiHandler(), WSGIHandler()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_api_call = "HTTP_AUTHORIZATION" in environ and environ["PATH_INFO"].startswith(_API)
        handler = self._api if is_api_call else self._pages
        response: Iterable[bytes] = handler(environ, start_response)
        return response
