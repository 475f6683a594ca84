"""Unknown callers cannot fill the audit."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import AuditEntry
from billing.services.audit import refusals
from billing.services.audit.refusal_counts import ROWS_PER_MINUTE
from tests.sign_in.sso.forging_provider import ForgingProvider

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/accounts/sso/callback/?state=x", None),
        ("/accounts/sso/back-channel-logout/", {"logout_token": "x"}),
        ("/accounts/sign-in/", {"username": "nobody", "password": "x"}),
    ],
)
def test_unknown_callers_cannot_fill_the_audit(
    forger: ForgingProvider,
    static_files: None,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    form: dict[str, str] | None,
) -> None:
    monkeypatch.setattr(refusals, "current_minute", lambda: 29_000_000)
    client = Client()
    for number in range(ROWS_PER_MINUTE + 5):
        data = form and {**form, **({"username": f"nobody{number}"} if "username" in form else {})}
        client.post(address, data) if data else client.get(address)

    assert AuditEntry.objects.count() == ROWS_PER_MINUTE
