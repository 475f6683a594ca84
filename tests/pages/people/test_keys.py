"""My portal keys."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import AuditEntry, PortalKey
from billing.services.people import keys

KEY = re.compile(r"abp_\w{8}_\w{40}")


def form(client: Client, **changed: Any) -> dict[str, Any]:
    """The form as the page offers it, filled in."""
    form_id = re.search(r'name="form_id" value="([^"]+)"', client.get("/keys/").text)
    assert form_id is not None
    filled = {"form_id": form_id[1], "name": "ERP", "scopes": ["billing:read"], "lifetime": "90", **changed}
    return {name: value for name, value in filled.items() if value is not None}


def test_it_shows_a_key_once_and_never_again(alice: Client) -> None:
    sent = form(alice)

    answer = alice.post("/keys/", sent)

    found = set(KEY.findall(answer.text))
    assert len(found) == 1
    key = found.pop()
    assert answer.headers["Cache-Control"] == "no-store"
    assert keys.recognise(key, request_id="r", address=None).user.username == "alice"
    again = alice.post("/keys/", sent, follow=True)
    assert "This form was sent twice" in again.text
    assert not KEY.search(again.text)
    assert PortalKey.objects.count() == AuditEntry.objects.filter(verb="key.issue").count() == 1
    assert key not in str(list(alice.session.items())) + "".join(c.value for c in alice.cookies.values())


def test_a_key_ends_when_the_form_said(alice: Client) -> None:
    alice.post("/keys/", form(alice, lifetime="365"))

    left = PortalKey.objects.get().expires_at
    assert left is not None
    assert abs(left - timezone.now() - timedelta(days=365)) < timedelta(minutes=5)


def test_ninety_days_are_the_default(alice: Client) -> None:
    assert '<option value="90" selected>90 days</option>' in alice.get("/keys/").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"scopes": None},
        {"scopes": ["people:manage"]},
        {"lifetime": "366"},
        {"lifetime": ""},
        {"form_id": "x"},
        {"form_id": None},
    ],
)
def test_it_makes_no_key_of_a_form_with_errors(alice: Client, wrong: dict[str, Any]) -> None:
    answer = alice.post("/keys/", form(alice, **wrong))

    assert answer.status_code == 422
    assert not PortalKey.objects.exists()


def test_it_offers_what_ones_role_includes_and_no_more(bob: Client) -> None:
    page = bob.get("/keys/").text

    assert "billing:read" in page
    assert "billing:write" not in page
    assert bob.post("/keys/", form(bob, scopes=["billing:write"])).status_code == 422


def test_it_asks_before_it_revokes(alice: Client) -> None:
    alice.post("/keys/", form(alice))
    row = PortalKey.objects.get()

    assert "Revoke “ERP”?" in alice.get(f"/keys/{row.pk}/revoke/").text
    assert PortalKey.objects.filter(revoked_at=None).exists()
    page = alice.post(f"/keys/{row.pk}/revoke/", follow=True).text

    assert not PortalKey.objects.filter(revoked_at=None).exists()
    assert "The key “ERP” is revoked" in page


def test_it_warns_on_the_home_page_before_a_key_ends(alice: Client) -> None:
    alice.post("/keys/", form(alice, lifetime="7"))

    for address in ("/", "/account/"):
        assert "Your portal key “ERP” expires in 6 days" in alice.get(address).text
    assert "Ends soon" in alice.get("/keys/").text
    PortalKey.objects.update(expires_at=timezone.now() + timedelta(days=15))
    assert "Your portal key" not in alice.get("/").text
