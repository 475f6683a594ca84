"""Signing out ends our session and leads on to the provider, which ends its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry, User
from billing.services.sign_in import identity_provider
from tests.sign_in.sso.forging_provider import ForgingProvider

Dance = Callable[..., Any]


def _leads_to(answer: Any) -> str:
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert found, answer.text
    return unescape(found[1])


def test_it_ends_our_session_and_leads_to_the_providers_end(
    dance: Dance, client: Client, forger: ForgingProvider
) -> None:
    dance()
    target = urlsplit(_leads_to(client.post("/accounts/sign-out/")))

    assert f"{target.scheme}://{target.netloc}{target.path}" == f"{forger.url}/end"
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    assert query["id_token_hint"] == forger.id_tokens[-1]
    assert query["post_logout_redirect_uri"] == "http://testserver/accounts/sign-in/"
    assert query["client_id"] == "portal"
    assert client.get("/").status_code == 302
    assert not Session.objects.exists()
    assert AuditEntry.objects.filter(verb="session.sign_out").count() == 1


def test_it_says_so_once_the_provider_has_sent_the_browser_back(dance: Dance, client: Client) -> None:
    dance()
    on_the_way = client.post("/accounts/sign-out/")

    assert "You have signed out.</p>" not in on_the_way.text
    assert "You have signed out." in client.get("/accounts/sign-in/?state=x").text


def test_the_policy_stays_as_strict_as_it_is(dance: Dance, client: Client) -> None:
    dance()
    policy = client.post("/accounts/sign-out/").headers["Content-Security-Policy"]

    assert "form-action 'self';" in f"{policy};"


@pytest.mark.parametrize("address", [None, "http://evil.example/end", "javascript:alert(1)"])
def test_it_signs_out_here_where_the_provider_has_no_usable_end(
    address: str | None, dance: Dance, client: Client, forger: ForgingProvider
) -> None:
    forger.discovery = {"end_session_endpoint": address}
    dance()
    answer = client.post("/accounts/sign-out/", follow=True)

    assert "may still be signed in at your company" in answer.text
    assert client.get("/").status_code == 302


def test_it_signs_out_here_while_the_provider_is_down(
    dance: Dance, client: Client, settings: Settings
) -> None:
    dance()
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    identity_provider._provider.cache_clear()
    answer = client.post("/accounts/sign-out/", follow=True)

    assert "may still be signed in at your company" in answer.text
    assert client.get("/").status_code == 302


def test_it_does_without_the_hint_when_the_vaults_key_is_gone(
    dance: Dance, client: Client, settings: Settings
) -> None:
    dance()
    settings.VAULT_KEYS = "other:" + "A" * 43 + "="

    assert "id_token_hint" not in _leads_to(client.post("/accounts/sign-out/"))


def test_somebody_with_a_password_is_not_sent_to_the_provider(
    client: Client, forger: ForgingProvider
) -> None:
    client.force_login(User.objects.create_user("erin"))

    assert client.post("/accounts/sign-out/").headers["Location"] == "/accounts/sign-in/"
