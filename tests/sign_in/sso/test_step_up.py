"""A person who is signed in signs in again at the provider before a change."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from billing.models import AuditEntry, User, UserSession
from tests import html
from tests.sign_in.sso.conftest import finish
from tests.sign_in.sso.forging_provider import ForgingProvider


@pytest.fixture
def signed_in(sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider) -> Client:
    """Return a person who entered their credentials at the provider an hour ago."""
    forger.claims = {"auth_time": int(time.time()) - 3600}
    sso_sign_in()
    return client


def _leave(client: Client, forger: ForgingProvider) -> dict[str, str]:
    answer = client.get("/accounts/sso/?step_up=1&next=/tokens/")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    forger.nonce = asked["nonce"]
    return asked


def _step_up(client: Client, forger: ForgingProvider) -> Any:
    return finish(client, code="a-code", state=_leave(client, forger)["state"])


def _assert_refused(answer: Any, client: Client, before: UserSession) -> None:
    assert answer.status_code == 403
    assert UserSession.objects.get(pk=before.pk).signed_in_at == before.signed_in_at
    assert client.session["_auth_user_id"] == str(User.objects.get(username="ada").pk)
    assert AuditEntry.objects.filter(outcome="refused").count() == 1


def test_provider_has_to_ask_for_credentials(signed_in: Client, forger: ForgingProvider) -> None:
    asked = _leave(signed_in, forger)

    assert (asked["prompt"], asked["max_age"]) == ("login", "0")


def test_step_up_renews_the_session_and_continues(signed_in: Client, forger: ForgingProvider) -> None:
    key, before = signed_in.session.session_key, UserSession.objects.get()
    now = int(time.time())
    forger.claims = {"auth_time": now}
    answer = _step_up(signed_in, forger)

    assert answer.headers["Location"] == "/tokens/"
    after = UserSession.objects.get()
    assert (after.pk, after.signed_in_at.timestamp()) == (before.pk, now)
    assert signed_in.session.session_key != key
    assert signed_in.get("/").status_code == 200
    assert AuditEntry.objects.filter(verb="session.step_up", outcome="succeeded").count() == 1
    assert AuditEntry.objects.filter(verb="session.sign_in").count() == 1


@pytest.mark.parametrize(
    "auth_time",
    [None, "soon", True, float("nan"), int(time.time()) - 3600, int(time.time()) + 3600, 0, 10**400],
    ids=["none", "word", "truth", "nan", "an hour ago", "in an hour", "zero", "endless"],
)
def test_answer_without_a_fresh_auth_time_is_refused(
    auth_time: Any, signed_in: Client, forger: ForgingProvider
) -> None:
    before = UserSession.objects.get()
    forger.claims = {"auth_time": auth_time}

    _assert_refused(_step_up(signed_in, forger), signed_in, before)


def test_page_says_that_the_provider_did_not_ask(signed_in: Client, forger: ForgingProvider) -> None:
    assert html.texts(_step_up(signed_in, forger), "h1") == ["You were not asked to sign in again"]


@pytest.mark.parametrize("subject", ["person-2", "person-3"])
def test_another_person_is_refused(
    subject: str, signed_in: Client, sso_sign_in: Callable[..., Any], forger: ForgingProvider
) -> None:
    people, before = User.objects.count(), UserSession.objects.get()
    forger.claims = {"auth_time": int(time.time()), "sub": subject}

    answer = _step_up(signed_in, forger)
    _assert_refused(answer, signed_in, before)
    assert html.texts(answer, "h1") == ["You used a different account"]
    assert User.objects.count() == people
    assert AuditEntry.objects.get(outcome="refused").actor_name == "ada"


def test_session_of_a_person_who_lost_every_group_ends(signed_in: Client, forger: ForgingProvider) -> None:
    forger.claims = {"auth_time": int(time.time()), "groups": []}
    answer = _step_up(signed_in, forger)

    assert answer.status_code == 403
    assert html.texts(answer, "h1") == ["Your account has no role here"]
    assert signed_in.get("/").status_code == 302


def test_visitor_gets_an_ordinary_sign_in(client: Client, forger: ForgingProvider) -> None:
    answer = client.get("/accounts/sso/?step_up=1")

    assert "prompt=" not in answer.headers["Location"]


def test_person_with_a_password_cannot_step_up_at_the_provider(
    client: Client, forger: ForgingProvider
) -> None:
    client.force_login(User.objects.create_superuser("erin"))

    assert client.get("/accounts/sso/?step_up=1").status_code == 404


def test_answer_to_a_step_up_signs_nobody_in(signed_in: Client, forger: ForgingProvider) -> None:
    asked = _leave(signed_in, forger)
    signed_in.post("/accounts/sign-out/")
    forger.claims = {"auth_time": int(time.time())}
    answer = finish(signed_in, code="a-code", state=asked["state"])

    assert answer.status_code == 403
    assert signed_in.get("/").status_code == 302
