"""The portal's URLs, and pages that fail with errors that quote all they know."""

from __future__ import annotations

import contextlib
from typing import NoReturn

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.views import APIView

from portal import urls
from portal.urls import handler400, handler403, handler404, handler500  # noqa: F401 - Django finds them by name


class QuotingError(Exception):
    """An error whose message has personal data."""


class Api(APIView):
    permission_classes = ()

    def get(self, request: Request, secret: str) -> NoReturn:
        raise _error(request._request, secret)


@csrf_exempt
def page(request: HttpRequest, secret: str) -> HttpResponse:
    token = f"{secret} in a local variable"
    try:
        with contextlib.suppress(QuotingError):
            raise _error(request, token)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table WHERE name = %s", [token])
    except Exception as error:
        raise _error(request, token) from error
    raise AssertionError


def _error(request: HttpRequest, secret: str) -> QuotingError:
    return QuotingError(f"{secret} {request.user} {request.headers} {request.GET} {request.body!r}")


urlpatterns = [
    path("api/v1/fail/<str:secret>", Api.as_view()),
    path("fail/<str:secret>/", page),
    *urls.urlpatterns,
]
