"""Tracebacks without secrets, and refusals that come before every page."""

from __future__ import annotations

from collections.abc import ItemsView
from types import FrameType
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.debug import SafeExceptionReporterFilter

from billing.api.errors import error_response
from billing.pages.frame import errors

_API: Final = "/api/"
# Codes of several reasons. The sentence says which, as in the responses of the API itself.
_SPECIFIC: Final = ("bad_request", "method_not_allowed")


class NoVariablesFilter(SafeExceptionReporterFilter):
    """A filter that removes local variables and form input from tracebacks, whether DEBUG is on or off.

    https://docs.djangoproject.com/en/5.2/howto/error-reporting/#custom-error-reports
    """

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        if request is None:
            return {}
        return dict.fromkeys(request.POST, self.cleansed_substitute)

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        return dict[str, Any]().items()


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what Django refuses before a view, such as an unknown host: programs like the API itself does."""
    if not request.path_info.startswith(_API):
        return errors.bad_request(request, exception)
    is_too_large = isinstance(exception, RequestDataTooBig)
    return error_response(request, "body_too_large" if is_too_large else "bad_request")


def refusal(request: HttpRequest, status: int, code: str, sentence: str) -> HttpResponse:
    """Answer one of the API's codes below /api/, and text elsewhere."""
    if request.path_info.startswith(_API):
        return error_response(request, code, sentence if code in _SPECIFIC else "")
    text = f"{sentence} Nothing was changed. Request ID: {getattr(request, 'request_id', '-')}\n"
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8", headers=headers)
