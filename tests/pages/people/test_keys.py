"""My portal keys."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import AuditEntry, PortalKey
from billing.services.people import key_use
from tests import html

KEY = re.compile(r"abp_\w{8}_\w{40}")
FORM = "form[action='/keys/']"


def form(client: Client, **changed: Any) -> dict[str, Any]:
    """Return the form of the page, filled in."""
    form_id = html.fields(client.get("/keys/"), FORM)["form_id"]
    filled = {"form_id": form_id, "name": "ERP", "scopes": ["billing:read"], "lifetime": "90", **changed}
    return {name: value for name, value in filled.items() if value is not None}


def test_key_is_shown_only_once(alice: Client) -> None:
    data = form(alice)

    answer = alice.post("/keys/", data)

    found = set(KEY.findall(answer.text))
    assert len(found) == 1
    key = found.pop()
    assert answer.headers["Cache-Control"] == "no-store"
    assert key_use.authenticate(key, request_id="r", address=None).user.username == "alice"
    again = alice.post("/keys/", data, follow=True)
    assert html.alerts(again)[0].startswith("This form was sent twice")
    assert not KEY.search(again.text)
    assert PortalKey.objects.count() == AuditEntry.objects.filter(verb="key.issue").count() == 1
    assert key not in str(list(alice.session.items())) + "".join(c.value for c in alice.cookies.values())


def test_key_expires_after_the_selected_time(alice: Client) -> None:
    alice.post("/keys/", form(alice, lifetime="365"))

    expires_at = PortalKey.objects.get().expires_at
    assert expires_at is not None
    assert abs(expires_at - timezone.now() - timedelta(days=365)) < timedelta(minutes=5)


def test_ninety_days_are_the_default(alice: Client) -> None:
    assert html.fields(alice.get("/keys/"), FORM)["lifetime"] == "90"


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
def test_invalid_form_creates_no_key(alice: Client, wrong: dict[str, Any]) -> None:
    answer = alice.post("/keys/", form(alice, **wrong))

    assert answer.status_code == 422
    assert not PortalKey.objects.exists()


def test_form_has_the_persons_own_permissions_only(bob: Client) -> None:
    assert html.attributes(bob.get("/keys/"), "input[name=scopes]", "value") == ["billing:read"]
    assert bob.post("/keys/", form(bob, scopes=["billing:write"])).status_code == 422


def test_revocation_asks_for_confirmation(alice: Client) -> None:
    alice.post("/keys/", form(alice))
    row = PortalKey.objects.get()

    assert html.texts(alice.get(f"/keys/{row.pk}/revoke/"), "h1") == ["Revoke “ERP”?"]
    assert PortalKey.objects.filter(revoked_at=None).exists()
    page = alice.post(f"/keys/{row.pk}/revoke/", follow=True)

    assert not PortalKey.objects.filter(revoked_at=None).exists()
    assert html.alerts(page) == ["The key “ERP” was revoked and no longer works."]


def test_pages_warn_before_a_key_expires(alice: Client) -> None:
    alice.post("/keys/", form(alice, lifetime="7"))

    for url in ("/", "/account/"):
        assert "Your portal key “ERP” expires in 6 days" in html.text(alice.get(url))
    assert "Expires soon" in html.rows(alice.get("/keys/"))[0][0]
    PortalKey.objects.update(expires_at=timezone.now() + timedelta(days=15))
    assert "Your portal key" not in html.text(alice.get("/"))


def test_key_is_limited_to_networks_and_reads(alice: Client) -> None:
    alice.post("/keys/", form(alice, networks="192.0.2.0/24, 2001:db8::/32", is_read_only="on"))

    row = PortalKey.objects.get()
    assert (row.networks, row.is_read_only) == (["192.0.2.0/24", "2001:db8::/32"], True)
    assert "Read-only From 192.0.2.0/24 2001:db8::/32" in html.rows(alice.get("/keys/"))[0][1]


def test_limits_of_a_key_can_be_edited(alice: Client) -> None:
    alice.post("/keys/", form(alice, networks="192.0.2.0/24"))
    row = PortalKey.objects.get()
    expires_at = row.expires_at
    page = alice.get(f"/keys/{row.pk}/edit/")
    assert html.fields(page, "main form")["networks"].strip() == "192.0.2.0/24"

    wrong = alice.post(f"/keys/{row.pk}/edit/", {"networks": "192.0.2.1/24"})
    assert (wrong.status_code, "The network is 192.0.2.0/24." in html.text(wrong)) == (422, True)
    alice.post(f"/keys/{row.pk}/edit/", {"networks": "198.51.100.0/24", "is_read_only": "on"})

    row.refresh_from_db()
    assert (row.networks, row.is_read_only, row.expires_at) == (["198.51.100.0/24"], True, expires_at)
    alice.post(f"/keys/{row.pk}/revoke/")
    assert alice.get(f"/keys/{row.pk}/edit/").status_code == 200
    assert alice.post(f"/keys/{row.pk}/edit/", {}).status_code == 404
