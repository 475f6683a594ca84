"""Sign-out ends the session here and then redirects to the provider, which ends its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry, User
from billing.services.sign_in import identity_provider
from tests import html
from tests.sign_in.sso.forging_provider import ForgingProvider

SignIn = Callable[..., Any]


def _redirect_of(answer: Any) -> str:
    return str(html.one(answer, "meta[http-equiv=refresh]").attributes["content"]).removeprefix("0; url=")


def test_sign_out_ends_the_session_here_and_at_the_provider(
    sso_sign_in: SignIn, client: Client, forger: ForgingProvider
) -> None:
    sso_sign_in()
    target = urlsplit(_redirect_of(client.post("/accounts/sign-out/")))

    assert f"{target.scheme}://{target.netloc}{target.path}" == f"{forger.url}/end"
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    assert query["id_token_hint"] == forger.id_tokens[-1]
    assert query["post_logout_redirect_uri"] == "http://testserver/accounts/sign-in/"
    assert query["client_id"] == "portal"
    assert client.get("/").status_code == 302
    assert not Session.objects.exists()
    assert AuditEntry.objects.filter(verb="session.sign_out").count() == 1


def test_message_is_shown_after_the_provider_has_redirected_back(sso_sign_in: SignIn, client: Client) -> None:
    sso_sign_in()
    redirecting = client.post("/accounts/sign-out/")

    assert html.alerts(redirecting) == []
    assert html.alerts(client.get("/accounts/sign-in/?state=x")) == ["You have signed out."]


def test_content_security_policy_stays_strict(sso_sign_in: SignIn, client: Client) -> None:
    sso_sign_in()
    policy = client.post("/accounts/sign-out/").headers["Content-Security-Policy"]

    assert "form-action 'self';" in f"{policy};"


@pytest.mark.parametrize("address", [None, "http://evil.example/end", "javascript:alert(1)"])
def test_sign_out_works_if_the_provider_has_no_usable_endpoint(
    address: str | None, sso_sign_in: SignIn, client: Client, forger: ForgingProvider
) -> None:
    forger.discovery = {"end_session_endpoint": address}
    sso_sign_in()
    answer = client.post("/accounts/sign-out/", follow=True)

    assert "may still be signed in at your company" in html.alerts(answer)[0]
    assert client.get("/").status_code == 302


def test_sign_out_works_while_the_provider_is_down(
    sso_sign_in: SignIn, client: Client, settings: Settings
) -> None:
    sso_sign_in()
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    identity_provider._provider.cache_clear()
    answer = client.post("/accounts/sign-out/", follow=True)

    assert "may still be signed in at your company" in html.alerts(answer)[0]
    assert client.get("/").status_code == 302


def test_sign_out_works_without_the_vault_key(
    sso_sign_in: SignIn, client: Client, settings: Settings
) -> None:
    sso_sign_in()
    settings.VAULT_KEYS = "other:" + "A" * 43 + "="

    assert "id_token_hint" not in _redirect_of(client.post("/accounts/sign-out/"))


def test_person_with_a_password_is_not_redirected_to_the_provider(
    client: Client, forger: ForgingProvider
) -> None:
    client.force_login(User.objects.create_user("erin"))

    assert client.post("/accounts/sign-out/").headers["Location"] == "/accounts/sign-in/"
