"""A person who is signed in proves anew that it is them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from billing.models import AuditEntry, User
from billing.services.sign_in import session_data
from tests.sign_in.sso.conftest import come_back
from tests.sign_in.sso.forging_provider import ForgingProvider


@pytest.fixture
def signed_in(dance: Callable[..., Any], client: Client, forger: ForgingProvider) -> Client:
    """Somebody who proved it an hour ago."""
    forger.claims = {"auth_time": int(time.time()) - 3600}
    dance()
    return client


def _leave(client: Client, forger: ForgingProvider) -> dict[str, str]:
    answer = client.get("/accounts/sso/?step_up=1&next=/tokens/")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    forger.nonce = asked["nonce"]
    return asked


def _step_up(client: Client, forger: ForgingProvider) -> Any:
    return come_back(client, code="a-code", state=_leave(client, forger)["state"])


def _assert_refused(answer: Any, client: Client, auth_time: float) -> None:
    assert answer.status_code == 403
    assert client.session[session_data.AUTH_TIME] == auth_time
    assert client.session["_auth_user_id"] == str(User.objects.get(username="ada").pk)
    assert AuditEntry.objects.filter(outcome="refused").count() == 1


def test_the_provider_is_told_to_ask_again(signed_in: Client, forger: ForgingProvider) -> None:
    asked = _leave(signed_in, forger)

    assert (asked["prompt"], asked["max_age"]) == ("login", "0")


def test_it_renews_the_session_and_goes_on(signed_in: Client, forger: ForgingProvider) -> None:
    before = dict(signed_in.session)
    before_key = signed_in.session.session_key
    now = int(time.time())
    forger.claims = {"auth_time": now}
    answer = _step_up(signed_in, forger)

    assert answer.headers["Location"] == "/tokens/"
    after = signed_in.session
    assert after[session_data.AUTH_TIME] == now
    assert after[session_data.SIGNED_IN_AT] == before[session_data.SIGNED_IN_AT]
    assert after.session_key != before_key
    assert AuditEntry.objects.filter(verb="session.step_up", outcome="succeeded").count() == 1
    assert AuditEntry.objects.filter(verb="session.sign_in").count() == 1


@pytest.mark.parametrize(
    "auth_time",
    [None, "soon", True, float("nan"), int(time.time()) - 3600, int(time.time()) + 3600, 0, 10**400],
    ids=["none", "word", "truth", "nan", "an hour ago", "in an hour", "zero", "endless"],
)
def test_it_does_not_believe_a_provider_that_did_not_ask(
    auth_time: Any, signed_in: Client, forger: ForgingProvider
) -> None:
    before = signed_in.session[session_data.AUTH_TIME]
    forger.claims = {"auth_time": auth_time}

    _assert_refused(_step_up(signed_in, forger), signed_in, before)


def test_it_says_that_the_provider_did_not_ask(signed_in: Client, forger: ForgingProvider) -> None:
    assert "You were not asked to sign in again" in _step_up(signed_in, forger).text


@pytest.mark.parametrize("subject", ["person-2", "person-3"])
def test_it_refuses_another_person(
    subject: str, signed_in: Client, dance: Callable[..., Any], forger: ForgingProvider
) -> None:
    people = User.objects.count()
    before = signed_in.session[session_data.AUTH_TIME]
    forger.claims = {"auth_time": int(time.time()), "sub": subject}

    answer = _step_up(signed_in, forger)
    _assert_refused(answer, signed_in, before)
    assert "somebody else" in answer.text
    assert User.objects.count() == people
    assert AuditEntry.objects.get(outcome="refused").actor_name == "ada"


def test_it_ends_the_session_of_somebody_who_lost_every_group(
    signed_in: Client, forger: ForgingProvider
) -> None:
    forger.claims = {"auth_time": int(time.time()), "groups": []}
    answer = _step_up(signed_in, forger)

    assert answer.status_code == 403
    assert "no role" in answer.text
    assert signed_in.get("/").status_code == 302


def test_it_is_a_plain_sign_in_for_nobody(client: Client, forger: ForgingProvider) -> None:
    answer = client.get("/accounts/sso/?step_up=1")

    assert "prompt=" not in answer.headers["Location"]


def test_somebody_with_a_password_cannot_prove_it_there(client: Client, forger: ForgingProvider) -> None:
    client.force_login(User.objects.create_superuser("erin"))

    assert client.get("/accounts/sso/?step_up=1").status_code == 404


def test_an_answer_to_a_step_up_signs_nobody_in(signed_in: Client, forger: ForgingProvider) -> None:
    asked = _leave(signed_in, forger)
    signed_in.post("/accounts/sign-out/")
    forger.claims = {"auth_time": int(time.time())}
    answer = come_back(signed_in, code="a-code", state=asked["state"])

    assert answer.status_code == 403
    assert signed_in.get("/").status_code == 302


def test_a_provider_that_does_not_say_when_leaves_the_time_open(
    dance: Callable[..., Any], client: Client
) -> None:
    dance()

    assert client.session[session_data.AUTH_TIME] == 0
