"""The portal's URLs, and views that raise the exception whose name is in the path."""

from __future__ import annotations

from typing import Any, NoReturn

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.views import APIView

from portal import urls
from portal.urls import handler400, handler403, handler404, handler500  # noqa: F401 - Django finds them by name
from tests.portal.exceptions import raised


class Api(APIView):
    permission_classes = ()

    def get(self, request: Request, name: str) -> NoReturn:
        raise raised(name)


def page(request: HttpRequest, name: str) -> HttpResponse:
    raise raised(name)


urlpatterns: list[Any] = [
    path("api/v1/raise/<str:name>", Api.as_view()),
    path("raise/<str:name>/", page),
    *urls.urlpatterns,
]
