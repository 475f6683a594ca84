"""Signing in and out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry, User
from billing.roles import Role
from tests.pages.addresses import DOCUMENTED

PASSWORD = "a long enough pass phrase"


@pytest.fixture
def erin(db: None, client: Client) -> Client:
    """Somebody with a password, not signed in."""
    cache.clear()
    erin = User.objects.create_user("erin", password=PASSWORD)
    erin.groups.add(Group.objects.get(name=Role.VIEWER.value))
    return client


def _sign_in(client: Client, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/accounts/sign-in/", {"username": "erin", "password": password, **more})


def test_it_signs_in(erin: Client) -> None:
    answer = _sign_in(erin)

    assert answer.headers["Location"] == "/"
    assert erin.get("/").status_code == 200


def test_it_goes_on_to_where_the_person_wanted(erin: Client) -> None:
    assert _sign_in(erin, next=DOCUMENTED).headers["Location"] == DOCUMENTED


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", r"/\evil.example", "javascript:1"]
)
def test_it_never_leads_to_another_site(elsewhere: str, erin: Client) -> None:
    assert _sign_in(erin, next=elsewhere).headers["Location"] == "/"


def test_it_refuses_a_wrong_password_and_keeps_only_the_name(erin: Client) -> None:
    answer = _sign_in(erin, password="wrong-password-text")

    assert answer.status_code == 422
    assert "Wrong username or password." in answer.text
    assert 'value="erin"' in answer.text
    assert "wrong-password-text" not in answer.text


def test_it_pauses_after_ten_wrong_passwords(erin: Client) -> None:
    for _ in range(10):
        answer = _sign_in(erin, password="wrong")

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "Wait 15 minutes" in answer.text


def test_it_passes_on_a_person_who_is_signed_in_already(erin: Client) -> None:
    _sign_in(erin)

    assert erin.get("/accounts/sign-in/?next=/tokens/").headers["Location"] == "/tokens/"


def test_it_says_calmly_that_local_sign_in_is_switched_off(erin: Client, settings: Settings) -> None:
    settings.LOCAL_LOGIN = False

    assert "turned off" in erin.get("/accounts/sign-in/").text
    assert _sign_in(erin).status_code == 404


def test_it_signs_out_and_says_so(erin: Client) -> None:
    _sign_in(erin)
    answer = erin.post("/accounts/sign-out/", follow=True)

    assert "You have signed out." in answer.text
    assert erin.get("/").status_code == 302
    assert AuditEntry.objects.filter(verb="session.sign_out").exists()


def test_it_starts_a_new_session_at_sign_in(erin: Client) -> None:
    erin.get("/accounts/sign-in/")
    _sign_in(erin)
    first = erin.session.session_key
    erin.post("/accounts/sign-out/")
    _sign_in(erin)

    assert erin.session.session_key != first


def test_a_password_leaves_its_trace_in_audit_and_log(erin: Client, caplog: pytest.LogCaptureFixture) -> None:
    _sign_in(erin)

    assert AuditEntry.objects.get(verb="session.sign_in").detail == "with a password"
    warning = next(record for record in caplog.records if "with a password" in record.message)
    assert warning.levelname == "WARNING"
    assert "erin" not in warning.getMessage()


@pytest.mark.parametrize("switch", ["DEBUG", "DEMO"])
def test_nobody_is_warned_where_a_password_is_the_usual_way(
    switch: str, erin: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    setattr(settings, switch, True)
    _sign_in(erin)

    assert not [record for record in caplog.records if "with a password" in record.message]


def test_it_does_not_let_in_who_has_no_role_and_says_whom_to_ask(erin: Client) -> None:
    User.objects.get().groups.clear()
    answer = _sign_in(erin)

    assert answer.status_code == 403
    assert "Ask an administrator" in answer.text
    assert "_auth_user_id" not in erin.session
    assert [(entry.verb, entry.outcome, entry.detail) for entry in AuditEntry.objects.all()] == [
        ("session.sign_in", "refused", "no role")
    ]
