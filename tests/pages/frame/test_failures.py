"""Failures as pages and as panels."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import AltostratToken, AuditEntry, User
from billing.services.actor import Actor, Door, granted_to
from billing.services.storage import key_ring
from billing.services.tokens import manage as token_changes
from tests.html import attributes, facts, fields, one, select, text
from tests.pages.addresses import DOCUMENTED, failing, panel
from tests.plugins.processes import Sandbox
from tests.tokens import FINANCE

ROWS = [
    ("unauthorized", 424, "Altostrat rejected your token"),
    ("forbidden", 403, "Your token does not have access"),
    ("missing", 404, "Not found in Altostrat"),
    ("invalid", 422, "Altostrat refused the request"),
    ("ratelimited", 429, "Too many requests to Altostrat"),
    ("ratelimited_nohint", 429, "Too many requests to Altostrat"),
    ("unavailable", 503, "Altostrat is unavailable"),
    ("error500", 502, "Altostrat had an error"),
    ("error502", 502, "Altostrat had an error"),
    ("error504", 502, "Altostrat had an error"),
    ("redirect", 502, "cannot be used"),
    ("notjson", 502, "cannot be used"),
    ("badjson", 502, "cannot be used"),
    ("nan", 502, "cannot be used"),
    ("duplicate", 502, "cannot be used"),
    ("huge", 502, "cannot be used"),
    ("bomb", 502, "cannot be used"),
    ("otheraccount", 502, "cannot be used"),
    ("otherworkspace", 502, "cannot be used"),
    ("slow", 504, "did not respond in time"),
    ("dripping", 504, "did not respond in time"),
]


@pytest.mark.parametrize(("name", "status", "title"), ROWS, ids=[row[0] for row in ROWS])
def test_failure_has_title_effect_and_request_id(name: str, status: int, title: str, alice: Client) -> None:
    answer = alice.get(panel(failing(name), "details"))

    assert answer.status_code == status
    assert title in text(one(answer, ".failure-title, .panel-failure-title"))
    assert "Nothing was changed." in text(answer)
    assert answer.headers["X-Request-ID"] in text(answer)


@pytest.mark.parametrize("status", [408, 499])
def test_timeout_of_a_gateway_is_no_refusal(status: int, alice: Client, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault(f"status:{status}", "", times=None)
    before = alice.get(panel(DOCUMENTED, "details"))
    fresh_sandbox.no_faults()
    alice.get(DOCUMENTED)
    fresh_sandbox.fault(f"status:{status}", "", times=None)
    after = alice.get(DOCUMENTED)

    assert before.status_code == 504
    assert text(one(before, ".failure-title, .panel-failure-title")) == "Altostrat did not respond in time"
    assert "refused" not in text(one(before, "main"))
    assert after.status_code == 200
    assert "Based in part on a copy" in text(after)
    assert AuditEntry.objects.filter(outcome="refused").count() == 0


@pytest.mark.parametrize(("name", "status"), [("missing", 404), ("error500", 502), ("unauthorized", 424)])
def test_htmx_gets_a_panel_with_the_same_status(name: str, status: int, alice: Client) -> None:
    answer = alice.get(failing(name), headers={"HX-Request": "true"})

    assert answer.status_code == status
    assert answer.text.lstrip().startswith('<div class="failure-panel"')
    assert "<html" not in answer.text
    assert not select(answer, "h1")


def test_retry_after_is_passed_on(alice: Client) -> None:
    answer = alice.get(failing("unavailable"))

    assert answer.headers["Retry-After"] == "20"
    assert "Try again in 20 seconds." in text(answer)


def test_rate_limit_shows_when_it_ends(alice: Client) -> None:
    answer = alice.get(panel(failing("ratelimited"), "details"))

    assert answer.headers["Retry-After"] == "30"
    assert "Try again in 30 seconds." in text(answer)


def test_malformed_id_is_named_as_on_pages(alice: Client) -> None:
    answer = alice.get("/workspaces/ws_a/billing-accounts/sub_1/")

    assert answer.status_code == 404
    assert "format: billing account ID." in text(answer)


def test_failure_has_altostrats_request_id(alice: Client) -> None:
    assert facts(alice.get(failing("error500")))["Altostrat request ID"]


def test_message_from_altostrat_is_quoted(alice: Client) -> None:
    assert "Message from Altostrat" in text(one(alice.get(failing("missing")), ".failure-quote"))


@pytest.mark.parametrize("name", ["error500", "unavailable", "notjson"])
def test_failure_can_be_retried(name: str, alice: Client) -> None:
    assert attributes(alice.get(failing(name)), ".retry a", "href") == [failing(name)]


def test_unreachable_altostrat_is_reported(
    alice: Client, settings: Settings, altostrat_unreachable: None
) -> None:
    AltostratToken.objects.all().delete()
    _store_again()
    answer = alice.get(DOCUMENTED)

    assert answer.status_code == 502
    assert "Altostrat cannot be reached" in text(answer)


def _store_again() -> None:
    """Store the token again, because tokens are bound to the URL of the API, which the test has changed."""
    user = User.objects.get(username="alice")
    token_changes.save(Actor(user, Door.COMMAND, granted_to(user)), text=FINANCE, label="again", verify=False)


def test_missing_token_shows_the_form_to_store_one(bob: Client) -> None:
    answer = bob.get(DOCUMENTED)

    assert answer.status_code == 424
    assert fields(answer, 'form[action="/tokens/"]')["next"] == DOCUMENTED


def test_refused_token_shows_the_form_to_renew_it(alice: Client) -> None:
    answer = alice.get(failing("unauthorized"))
    token = AltostratToken.objects.get()

    assert one(answer, f'form[action="/tokens/{token.pk}/renew/"]')
    assert token.status == AltostratToken.Status.REFUSED
    assert alice.get("/").status_code == 200


def test_unknown_vault_key_is_a_500_page(alice: Client, settings: Settings) -> None:
    settings.VAULT_KEYS = "test:" + "A" * 43 + "="
    answer = alice.get(DOCUMENTED)

    assert answer.status_code == 500
    assert "Your Altostrat token cannot be decrypted" in text(answer)
    assert key_ring.key_ring()


@pytest.mark.parametrize(
    "address",
    [
        "/workspaces/x/",
        "/workspaces/ws_%2e%2e/",
        "/workspaces/ws_1/billing-accounts/acct_1/",
        "/workspaces/ws_1/billing-accounts/cus_a%00b/",
        "/workspaces/ws_1/billing-accounts/cus_é/",
        "/nowhere/",
    ],
)
def test_impossible_id_is_a_404_page(address: str, alice: Client) -> None:
    answer = alice.get(address)

    assert answer.status_code == 404
    assert select(answer, "h1")
