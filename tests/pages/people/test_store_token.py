"""Storing a token with the form."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from billing.models import AltostratToken, AuditEntry
from tests import html
from tests.pages.addresses import DOCUMENTED, WORKSPACE
from tests.tokens import FINANCE, SUPPORT

UNKNOWN = "alto_sk_nobody_knows_this_one_0000"


def _store(client: Client, token: str = FINANCE, **more: str) -> Any:
    data = {"token": token, "label": "Mine", "workspace_id": "", "form_id": str(uuid4()), **more}
    return client.post("/tokens/", data, follow=True)


def test_first_token_becomes_the_default_and_shows_its_workspaces(bob: Client) -> None:
    answer = _store(bob)

    assert "It can access 13 workspaces: " in html.alerts(answer)[0]
    assert AltostratToken.objects.get().is_default


def test_leading_bearer_is_accepted(bob: Client) -> None:
    _store(bob, f"  Bearer {FINANCE}\n")

    assert AltostratToken.objects.get().status == AltostratToken.Status.ACCEPTED


def test_form_returns_to_the_previous_page(bob: Client) -> None:
    answer = _store(bob, next=DOCUMENTED)

    assert answer.redirect_chain == [(DOCUMENTED, 302)]
    assert "ACME Corp Billing" in html.text(answer)


def test_form_never_redirects_to_another_site(bob: Client) -> None:
    assert _store(bob, next="//evil.example/").redirect_chain == [("/tokens/", 302)]


def test_token_is_stored_for_a_workspace(alice: Client) -> None:
    answer = _store(alice, workspace_id=WORKSPACE)

    assert "It can access 1 workspace: ACME Corporation." in html.alerts(answer)[0]


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "Paste the token."),
        ("alto_sk_one two", "The token contains a space."),
        ("alto_sk_one\ntwo", "The token contains a line break."),
        ("alto_sk_émile", "an invalid character"),
        (UNKNOWN, "Altostrat rejects this token."),
    ],
)
def test_invalid_token_is_refused_with_a_reason(token: str, message: str, bob: Client) -> None:
    answer = _store(bob, token)

    assert answer.status_code == 422
    assert message in html.field_error(answer, "token")
    assert not AltostratToken.objects.exists()


@pytest.mark.parametrize("token", [UNKNOWN, "alto_sk_one two"])
def test_refused_token_is_not_shown_but_the_label_is(token: str, bob: Client) -> None:
    answer = _store(bob, token, label="My label")

    assert token not in answer.text
    assert html.attributes(answer, "#id_label", "value") == ["My label"]
    assert html.attributes(answer, "#id_token", "value") == []


def test_token_is_stored_unverified_if_altostrat_is_unavailable(
    bob: Client, altostrat_unreachable: None
) -> None:
    answer = _store(bob)

    assert "could not be verified" in html.alerts(answer)[0]
    assert AltostratToken.objects.get().status == AltostratToken.Status.UNVERIFIED


def test_workspace_that_the_token_cannot_access_is_refused(bob: Client) -> None:
    answer = _store(bob, SUPPORT, workspace_id=WORKSPACE)

    assert "cannot access this workspace" in html.field_error(answer, "workspace_id")


def test_second_token_for_a_workspace_is_refused(alice: Client) -> None:
    _store(alice, workspace_id=WORKSPACE)
    answer = _store(alice, workspace_id=WORKSPACE)

    assert html.field_error(answer, "workspace_id").startswith("You already have a token for this workspace.")
    assert AltostratToken.objects.filter(workspace_id=WORKSPACE).count() == 1


def test_form_sent_twice_stores_one_token(bob: Client) -> None:
    form_id = str(uuid4())
    _store(bob, form_id=form_id)
    answer = _store(bob, form_id=form_id)

    assert html.alerts(answer) == ["This form was sent twice. The token is stored once."]
    assert AltostratToken.objects.count() == 1


def test_form_id_of_another_person_is_refused(alice: Client, bob: Client) -> None:
    taken = AltostratToken.objects.get()
    answer = _store(bob, form_id=str(taken.pk))

    assert answer.status_code == 422
    assert AltostratToken.objects.get().owner.username == "alice"


def test_refusal_leaves_an_audit_row(bob: Client) -> None:
    _store(bob, UNKNOWN)

    entry = AuditEntry.objects.get(verb="token.save")
    assert (entry.actor_name, entry.outcome) == ("bob", "refused")


def test_page_shows_only_the_prefix_of_a_token(alice: Client) -> None:
    page = alice.get("/tokens/")

    assert "alto_sk_sand…" in page.text
    assert FINANCE not in page.text
    assert html.one(page, "#id_token").attributes["type"] == "password"
    assert html.one(page, "#id_token").attributes["autocomplete"] == "off"


def test_tokens_of_another_person_are_not_shown(alice: Client, bob: Client) -> None:
    assert html.texts(bob.get("/tokens/"), ".nothing-title") == ["No tokens yet"]
