"""The simplest passthrough and page: read the token, call requests.get, parse the JSON, and show it."""

from __future__ import annotations

import requests
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.peers.naive_settings import FERNET_KEY
from billing.models import AltostratToken


def _call(user_id: int | None, path: str, method: str = "GET", body: object = None) -> requests.Response:
    row = AltostratToken.objects.get(owner_id=user_id)
    token = Fernet(FERNET_KEY).decrypt(row.envelope.encode()).decode()
    url = f"{settings.ALTOSTRAT_API_URL}/workspaces/{path}"
    return requests.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=10)


class AccountView(APIView):
    def get(self, request: Request, workspace_id: str, account_id: str) -> Response:
        answer = _call(request.user.pk, f"{workspace_id}/billing-accounts/{account_id}")
        return Response(answer.json(), status=answer.status_code)

    def patch(self, request: Request, workspace_id: str, account_id: str) -> Response:
        path = f"{workspace_id}/billing-accounts/{account_id}"
        answer = _call(request.user.pk, path, "PATCH", request.data)
        return Response(answer.json(), status=answer.status_code)


class AccountPage(APIView):
    """Four calls in sequence, and a table of invoices."""

    def get(self, request: HttpRequest, workspace_id: str, account_id: str) -> HttpResponse:
        account = f"{workspace_id}/billing-accounts/{account_id}"
        paths = (
            account,
            f"{account}/subscriptions",
            f"{account}/payment-methods",
            f"{account}/invoices?limit=100",
        )
        documents = [_call(request.user.pk, path).json() for path in paths]
        names = ("account", "subscriptions", "payment_methods", "invoices")
        return render(request, "page.html", dict(zip(names, documents, strict=True)))


urlpatterns = [
    path("workspaces/<str:workspace_id>/billing-accounts/<str:account_id>", AccountView.as_view()),
    path("page/<str:workspace_id>/<str:account_id>", AccountPage.as_view()),
]
