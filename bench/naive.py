"""The simplest passthrough: read the token, call requests.get, parse and serialize the JSON."""

from __future__ import annotations

import requests
from cryptography.fernet import Fernet
from django.conf import settings
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.naive_settings import FERNET_KEY
from billing.models import AltostratToken


class AccountView(APIView):
    def get(self, request: Request, workspace_id: str, account_id: str) -> Response:
        row = AltostratToken.objects.get(owner_id=request.user.pk)
        token = Fernet(FERNET_KEY).decrypt(row.envelope.encode()).decode()
        answer = requests.get(
            f"{settings.ALTOSTRAT_API_URL}/workspaces/{workspace_id}/billing-accounts/{account_id}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        return Response(answer.json(), status=answer.status_code)


urlpatterns = [
    path("workspaces/<str:workspace_id>/billing-accounts/<str:account_id>", AccountView.as_view()),
]
