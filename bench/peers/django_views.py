"""Two limits: DRF without any work, and a passthrough without any protection."""

from __future__ import annotations

from django.conf import settings
from django.urls import path, re_path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from revproxy.views import ProxyView

from bench.account import ACCOUNT


class ConstantView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> Response:
        return Response(ACCOUNT)


urlpatterns = [
    path("constant", ConstantView.as_view()),
    re_path(r"^(?P<path>workspaces/.*)$", ProxyView.as_view(upstream=settings.ALTOSTRAT_API_URL)),
]
