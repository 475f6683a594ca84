"""Renewing, checking and deleting a stored token, and making it the default."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from billing.models import AltostratToken
from tests import html
from tests.pages.addresses import DOCUMENTED
from tests.tokens import FINANCE

# A JWT of the sandbox that expired at the start of 2026.
EXPIRED = (
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhdXRoMHxzYW5kYm94IiwiZXhwIjoxNzY3MjI1NjAwfQ"
    ".c2FuZGJveC1zaWduYXR1cmU"
)
# One that expires in 2100.
LASTING = (
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhdXRoMHxzYW5kYm94IiwiZXhwIjo0MTAyNDQ0ODAwfQ"
    ".c2FuZGJveC1zaWduYXR1cmU"
)


def _url(verb: str) -> str:
    return f"/tokens/{AltostratToken.objects.get().pk}/{verb}/"


def test_renewal_returns_to_the_previous_page(alice: Client) -> None:
    answer = alice.post(_url("renew"), {"token": LASTING, "next": DOCUMENTED}, follow=True)

    assert answer.redirect_chain == [(DOCUMENTED, 302)]
    assert "was renewed. It can access 13 workspaces" in html.alerts(answer)[0]


def test_token_shows_when_it_expires(alice: Client) -> None:
    alice.post(_url("renew"), {"token": LASTING})

    assert html.facts(html.one(alice.get("/tokens/"), ".token"))["Expires"].startswith("Expires in ")


def test_rejected_token_does_not_replace_the_old_one(alice: Client) -> None:
    before = AltostratToken.objects.get().envelope
    answer = alice.post(_url("renew"), {"token": EXPIRED})

    assert answer.status_code == 422
    assert html.field_error(answer, "token").startswith("Altostrat rejects this token.")
    assert EXPIRED not in answer.text
    assert AltostratToken.objects.get().envelope == before


def test_check_shows_the_workspaces(alice: Client) -> None:
    answer = alice.post(_url("check"), follow=True)

    assert "was checked. It can access 13 workspaces" in html.alerts(answer)[0]


def test_label_is_escaped(alice: Client) -> None:
    AltostratToken.objects.update(label="A name with “quotes” & <tags>")
    answer = alice.post(_url("check"), follow=True)

    assert "The token “A name with “quotes” & <tags>” was checked" in html.alerts(answer)[0]


def test_another_token_becomes_the_default(alice: Client) -> None:
    alice.post("/tokens/", {"token": LASTING, "label": "Second", "workspace_id": "", "form_id": str(uuid4())})
    second = AltostratToken.objects.get(label="Second")
    alice.post(f"/tokens/{second.pk}/default/")

    assert AltostratToken.objects.get(is_default=True) == second


def test_deletion_asks_for_confirmation(alice: Client) -> None:
    assert html.texts(alice.get(_url("delete")), "h1") == ["Delete “alice's token”?"]
    assert AltostratToken.objects.exists()


def test_token_is_deleted(alice: Client) -> None:
    answer = alice.post(_url("delete"), follow=True)

    assert html.alerts(answer) == ["The token “alice's token” was deleted from the portal."]
    assert not AltostratToken.objects.exists()


@pytest.mark.parametrize("verb", ["renew", "check", "default", "delete"])
def test_token_of_another_person_is_not_found(verb: str, alice: Client, bob: Client) -> None:
    answer = bob.post(_url(verb), {"token": FINANCE})

    assert answer.status_code == 404
    assert AltostratToken.objects.get().owner.username == "alice"


@pytest.mark.parametrize("verb", ["check", "default"])
def test_get_changes_nothing(verb: str, alice: Client) -> None:
    assert alice.get(_url(verb)).status_code == 405
