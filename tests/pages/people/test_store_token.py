"""Storing a token through the page."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from billing.models import AltostratToken, AuditEntry
from tests.pages.addresses import DOCUMENTED, WORKSPACE
from tests.tokens import FINANCE, SUPPORT

REFUSED = "alto_sk_nobody_knows_this_one_0000"


def _store(client: Client, token: str = FINANCE, **more: str) -> Any:
    given = {"token": token, "label": "Mine", "workspace_id": "", "form_id": str(uuid4()), **more}
    return client.post("/tokens/", given, follow=True)


def test_it_stores_the_first_token_as_default_and_says_what_it_sees(bob: Client) -> None:
    answer = _store(bob)

    assert "It sees 13 workspaces: " in answer.text
    assert AltostratToken.objects.get().is_default


def test_it_takes_a_pasted_bearer(bob: Client) -> None:
    _store(bob, f"  Bearer {FINANCE}\n")

    assert AltostratToken.objects.get().status == AltostratToken.Status.ACCEPTED


def test_it_goes_back_to_where_the_person_was(bob: Client) -> None:
    answer = _store(bob, next=DOCUMENTED)

    assert answer.redirect_chain == [(DOCUMENTED, 302)]
    assert "ACME Corp Billing" in answer.text


def test_it_never_goes_back_to_another_site(bob: Client) -> None:
    assert _store(bob, next="//evil.example/").redirect_chain == [("/tokens/", 302)]


def test_it_binds_a_token_to_a_workspace(alice: Client) -> None:
    answer = _store(alice, workspace_id=WORKSPACE)

    assert "It sees 1 workspace: ACME Corporation." in answer.text


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "Paste the token here."),
        ("alto_sk_one two", "The token contains a space."),
        ("alto_sk_one\ntwo", "The token contains a line break."),
        ("alto_sk_émile", "an invalid character"),
        (REFUSED, "Altostrat does not accept this token."),
    ],
)
def test_it_refuses_what_is_no_token_and_says_why(token: str, message: str, bob: Client) -> None:
    answer = _store(bob, token)

    assert answer.status_code == 422
    assert message in answer.text
    assert not AltostratToken.objects.exists()


@pytest.mark.parametrize("token", [REFUSED, "alto_sk_one two"])
def test_it_never_shows_a_refused_token_again_and_keeps_the_rest(token: str, bob: Client) -> None:
    answer = _store(bob, token, label="My label")

    assert token not in answer.text
    assert 'value="My label"' in answer.text
    assert "paste it once more" in answer.text


def test_it_keeps_a_token_unverified_when_altostrat_is_away(bob: Client, altostrat_unreachable: None) -> None:
    answer = _store(bob)

    assert "could not be verified" in answer.text
    assert AltostratToken.objects.get().status == AltostratToken.Status.UNVERIFIED


def test_it_refuses_a_workspace_that_the_token_cannot_see(bob: Client) -> None:
    answer = _store(bob, SUPPORT, workspace_id=WORKSPACE)

    assert 'id="id_workspace_id_error"' in answer.text
    assert "does not let it see this workspace" in answer.text


def test_it_refuses_a_second_token_for_a_workspace(alice: Client) -> None:
    _store(alice, workspace_id=WORKSPACE)
    answer = _store(alice, workspace_id=WORKSPACE)

    assert "You hold a token for this workspace already." in answer.text
    assert AltostratToken.objects.filter(workspace_id=WORKSPACE).count() == 1


def test_it_stores_once_what_is_sent_twice(bob: Client) -> None:
    form_id = str(uuid4())
    _store(bob, form_id=form_id)
    answer = _store(bob, form_id=form_id)

    assert "Its token is stored once." in answer.text
    assert AltostratToken.objects.count() == 1


def test_it_refuses_the_form_id_of_another_person(alice: Client, bob: Client) -> None:
    taken = AltostratToken.objects.get()
    answer = _store(bob, form_id=str(taken.pk))

    assert answer.status_code == 422
    assert AltostratToken.objects.get().owner.username == "alice"


def test_it_leaves_an_audit_entry_of_a_refusal(bob: Client) -> None:
    _store(bob, REFUSED)

    entry = AuditEntry.objects.get(verb="token.save")
    assert (entry.actor_name, entry.outcome) == ("bob", "refused")


def test_it_shows_only_what_may_be_seen_of_a_token(alice: Client) -> None:
    page = alice.get("/tokens/").text

    assert "alto_sk_sand…" in page
    assert FINANCE not in page
    assert 'type="password"' in page
    assert 'autocomplete="off"' in page


def test_it_shows_nobody_the_tokens_of_another(alice: Client, bob: Client) -> None:
    assert "No token stored yet" in bob.get("/tokens/").text
