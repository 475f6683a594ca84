"""Sign-in with a password, and sign-out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry, User
from billing.roles import Role
from tests import html
from tests.pages.addresses import DOCUMENTED

PASSWORD = "a long enough pass phrase"


@pytest.fixture
def erin(db: None, client: Client) -> Client:
    """Return a browser without a session. The user erin has a password."""
    cache.clear()
    erin = User.objects.create_user("erin", password=PASSWORD)
    erin.groups.add(Group.objects.get(name=Role.VIEWER.value))
    return client


def _sign_in(client: Client, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/accounts/sign-in/", {"username": "erin", "password": password, **more})


def test_person_signs_in(erin: Client) -> None:
    answer = _sign_in(erin)

    assert answer.headers["Location"] == "/"
    assert erin.get("/").status_code == 200


def test_sign_in_redirects_to_the_requested_page(erin: Client) -> None:
    assert _sign_in(erin, next=DOCUMENTED).headers["Location"] == DOCUMENTED


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example", r"/\evil.example", "javascript:1"]
)
def test_sign_in_never_redirects_to_another_site(url: str, erin: Client) -> None:
    assert _sign_in(erin, next=url).headers["Location"] == "/"


def test_wrong_password_is_refused_and_only_the_username_is_kept(erin: Client) -> None:
    answer = _sign_in(erin, password="wrong-password-text")

    assert answer.status_code == 422
    assert html.alerts(answer) == ["Wrong username or password. Passwords are case-sensitive."]
    assert html.attributes(answer, "#id_username", "value") == ["erin"]
    assert "wrong-password-text" not in answer.text


def test_ten_wrong_passwords_lock_the_person_out(erin: Client) -> None:
    for _ in range(10):
        answer = _sign_in(erin, password="wrong")

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "Wait 15 minutes" in html.text(answer)


def test_person_who_is_signed_in_is_redirected(erin: Client) -> None:
    _sign_in(erin)

    assert erin.get("/accounts/sign-in/?next=/tokens/").headers["Location"] == "/tokens/"


def test_page_says_that_passwords_are_disabled(erin: Client, settings: Settings) -> None:
    settings.LOCAL_LOGIN = False

    assert html.texts(erin.get("/accounts/sign-in/"), ".lead") == ["Sign-in with a password is turned off."]
    assert _sign_in(erin).status_code == 404


def test_person_signs_out(erin: Client) -> None:
    _sign_in(erin)
    answer = erin.post("/accounts/sign-out/", follow=True)

    assert html.alerts(answer) == ["You have signed out."]
    assert erin.get("/").status_code == 302
    assert AuditEntry.objects.filter(verb="session.sign_out").exists()


def test_sign_in_changes_the_session_key(erin: Client) -> None:
    erin.get("/accounts/sign-in/")
    _sign_in(erin)
    first = erin.session.session_key
    erin.post("/accounts/sign-out/")
    _sign_in(erin)

    assert erin.session.session_key != first


def test_password_leaves_an_audit_row_and_a_warning(erin: Client, caplog: pytest.LogCaptureFixture) -> None:
    _sign_in(erin)

    assert AuditEntry.objects.get(verb="session.sign_in").detail == "with a password"
    warning = next(record for record in caplog.records if "with a password" in record.message)
    assert warning.levelname == "WARNING"
    assert "erin" not in warning.getMessage()


@pytest.mark.parametrize("setting", ["DEBUG", "DEMO"])
def test_no_warning_if_passwords_are_expected(
    setting: str, erin: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    setattr(settings, setting, True)
    _sign_in(erin)

    assert not [record for record in caplog.records if "with a password" in record.message]


def test_person_without_a_role_cannot_sign_in(erin: Client) -> None:
    User.objects.get().groups.clear()
    answer = _sign_in(erin)

    assert answer.status_code == 403
    assert html.texts(answer, "h1") == ["Your account has no role here yet"]
    assert "_auth_user_id" not in erin.session
    assert [(entry.verb, entry.outcome, entry.detail) for entry in AuditEntry.objects.all()] == [
        ("session.sign_in", "refused", "no role")
    ]
