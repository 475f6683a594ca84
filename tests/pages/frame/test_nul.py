"""NUL characters in URLs and forms, which PostgreSQL does not accept, cause no errors."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import Change
from tests.pages.addresses import DOCUMENTED, WORKSPACE


@pytest.mark.parametrize(
    "path",
    [
        "/workspaces/ws_%00/",
        "/workspaces/ws_%00/billing-accounts/",
        "/workspaces/ws_%00/billing-accounts/new/",
        "/workspaces/ws_%00/billing-accounts/cus_1/",
        "/workspaces/ws_%00/billing-accounts/cus_1/edit/",
        "/workspaces/ws_%00/billing-accounts/cus_1/invoices/",
        "/workspaces/ws_%00/organizations/usage.csv",
        f"/workspaces/{WORKSPACE}/billing-accounts/cus_%00/history/",
    ],
)
def test_nul_in_a_path_is_not_found(alice: Client, path: str) -> None:
    assert alice.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/queues/all/?q=%00", "/queues/all/?after=%00", "/search/?q=%00"])
def test_nul_in_a_query_is_ignored(alice: Client, path: str) -> None:
    assert alice.get(path).status_code == 200


def test_nul_in_a_field_is_reported_at_the_field(alice: Client) -> None:
    form = alice.get(f"{DOCUMENTED}delete/").context["form"]
    alice.post(f"{DOCUMENTED}delete/", {name: form[name].value() for name in ("change_id", "snapshot")})
    typed = {"reason": "Closed\x00 down", "ticket": "FIN-1"}
    answer = alice.post(f"/changes/{Change.objects.get().pk}/repeat/", typed)

    assert answer.status_code == 422
    assert "Null characters are not allowed." in answer.text
    assert Change.objects.get().reason == ""
