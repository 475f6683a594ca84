"""Renewing, checking, preferring and forgetting a stored token."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from billing.models import AltostratToken
from tests.pages.addresses import DOCUMENTED
from tests.tokens import FINANCE

# A JWT of the sandbox that ran out at the start of 2026.
EXPIRED = (
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhdXRoMHxzYW5kYm94IiwiZXhwIjoxNzY3MjI1NjAwfQ"
    ".c2FuZGJveC1zaWduYXR1cmU"
)
LASTING = (
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhdXRoMHxzYW5kYm94IiwiZXhwIjo0MTAyNDQ0ODAwfQ"
    ".c2FuZGJveC1zaWduYXR1cmU"
)


def _address(verb: str) -> str:
    return f"/tokens/{AltostratToken.objects.get().pk}/{verb}/"


def test_it_renews_a_token_and_goes_back(alice: Client) -> None:
    answer = alice.post(_address("renew"), {"token": LASTING, "next": DOCUMENTED}, follow=True)

    assert answer.redirect_chain == [(DOCUMENTED, 302)]
    assert "is renewed. It sees 13 workspaces" in answer.text


def test_it_shows_when_a_token_expires(alice: Client) -> None:
    alice.post(_address("renew"), {"token": LASTING})

    assert "Expires in " in alice.get("/tokens/").text


def test_it_refuses_an_expired_token_and_keeps_the_old_one(alice: Client) -> None:
    before = AltostratToken.objects.get().envelope
    answer = alice.post(_address("renew"), {"token": EXPIRED})

    assert answer.status_code == 422
    assert "Altostrat does not accept this token." in answer.text
    assert EXPIRED not in answer.text
    assert AltostratToken.objects.get().envelope == before


def test_it_checks_a_token_again(alice: Client) -> None:
    answer = alice.post(_address("check"), follow=True)

    assert "was checked. It sees 13 workspaces" in answer.text


def test_it_escapes_what_a_person_called_a_token(alice: Client) -> None:
    AltostratToken.objects.update(label="A name with “quotes” & <tags>")
    answer = alice.post(_address("check"), follow=True)

    assert "&amp; &lt;tags&gt;" in answer.text


def test_it_makes_another_token_the_default(alice: Client) -> None:
    given = {"token": LASTING, "label": "Second", "workspace_id": "", "form_id": str(uuid4())}
    alice.post("/tokens/", given)
    second = AltostratToken.objects.get(label="Second")
    alice.post(f"/tokens/{second.pk}/default/")

    assert AltostratToken.objects.get(is_default=True) == second


def test_it_asks_before_it_forgets(alice: Client) -> None:
    page = alice.get(_address("forget")).text

    assert "Forget “alice&#x27;s token”?" in page
    assert AltostratToken.objects.exists()


def test_it_forgets(alice: Client) -> None:
    answer = alice.post(_address("forget"), follow=True)

    assert "is forgotten" in answer.text
    assert not AltostratToken.objects.exists()


@pytest.mark.parametrize("verb", ["renew", "check", "default", "forget"])
def test_it_does_not_know_the_tokens_of_another(verb: str, alice: Client, bob: Client) -> None:
    answer = bob.post(_address(verb), {"token": FINANCE})

    assert answer.status_code == 404
    assert AltostratToken.objects.get().owner.username == "alice"


@pytest.mark.parametrize("verb", ["check", "default"])
def test_it_refuses_to_act_on_a_link(verb: str, alice: Client) -> None:
    assert alice.get(_address(verb)).status_code == 405
