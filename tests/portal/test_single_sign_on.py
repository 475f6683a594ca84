"""The single sign-on variables are checked at startup, without calling the provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.command_line import Command
from tests.portal.test_environment import GOOD, check

pytestmark = pytest.mark.sqlite_only

SSO = {
    "OIDC_ISSUER": "https://login.example",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "hunter2",
    "OIDC_ROLE_MAP": "staff=viewer",
}


def setting(name: str, **environment: str) -> str:
    """Return the setting in a process with these variables."""
    code = f"import django; django.setup(); from django.conf import settings; print(repr(settings.{name}))"
    done = Command(code=code, environment={**GOOD, **environment}).finish()
    done.check_returncode()
    return done.stdout.strip()


def test_portal_starts_while_the_provider_is_unavailable() -> None:
    assert check(**{**SSO, "OIDC_ISSUER": "https://127.0.0.1:1"}).returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_ISSUER", "http://login.example"),
        ("OIDC_ISSUER", "login.example"),
        ("OIDC_ISSUER", "https://user:hunter2@login.example"),
        ("OIDC_ISSUER", "https://login.example/?tenant=hunter2"),
        ("OIDC_CLIENT_ID", ""),
        ("OIDC_CLIENT_SECRET", ""),
        ("OIDC_SCOPES", "profile"),
        ("OIDC_ROLE_MAP", ""),
        ("OIDC_ROLE_MAP", "hunter2"),
        ("OIDC_ROLE_MAP", "hunter2=king"),
        ("OIDC_ROLE_MAP", "=viewer"),
        ("OIDC_ROLE_MAP", "hunter2=root"),
        ("OIDC_TRUST_EMAIL", "perhaps"),
    ],
)
def test_wrong_variable_is_named(name: str, value: str) -> None:
    finished = check(**{**SSO, name: value})

    assert finished.returncode != 0
    assert name in finished.stderr
    assert "hunter2" not in finished.stderr + finished.stdout


def test_client_secret_is_read_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n")
    without = {name: value for name, value in SSO.items() if name != "OIDC_CLIENT_SECRET"}

    assert check(**without, OIDC_CLIENT_SECRET_FILE=str(secret)).returncode == 0
    assert setting("OIDC_CLIENT_SECRET", **without, OIDC_CLIENT_SECRET_FILE=str(secret)) == "'from-a-file'"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "False"),
        ({"DEBUG": "on"}, "True"),
        ({"DEMO": "on", "ALTOSTRAT_API_URL": "http://127.0.0.1:1"}, "True"),
        ({"LOCAL_LOGIN": "on"}, "True"),
        ({"LOCAL_LOGIN": "off", "DEBUG": "on"}, "False"),
    ],
    ids=str,
)
def test_local_login_is_off_in_production_by_default(environment: dict[str, str], expected: str) -> None:
    assert setting("LOCAL_LOGIN", **environment) == expected
