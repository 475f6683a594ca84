"""A NUL in an address or a form is nothing that PostgreSQL takes, and no fault of the portal."""

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
def test_there_is_no_such_page(alice: Client, path: str) -> None:
    assert alice.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/queues/all/?q=%00", "/queues/all/?after=%00", "/search/?q=%00"])
def test_nothing_is_found(alice: Client, path: str) -> None:
    assert alice.get(path).status_code == 200


def test_what_was_typed_with_it_is_not_taken_and_the_field_says_why(alice: Client) -> None:
    form = alice.get(f"{DOCUMENTED}delete/").context["form"]
    alice.post(f"{DOCUMENTED}delete/", {name: form[name].value() for name in ("change_id", "snapshot")})
    typed = {"reason": "Closed\x00 down", "ticket": "FIN-1"}
    answer = alice.post(f"/changes/{Change.objects.get().pk}/again/", typed)

    assert answer.status_code == 422
    assert "Null characters are not allowed." in answer.text
    assert Change.objects.get().reason == ""
