"""Settings are checked at startup; errors name the variable and never show its value."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from portal.environment import NamedEnv
from tests.plugins.command_line import Command

pytestmark = pytest.mark.sqlite_only

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": "a" * 60,
    "VAULT_KEYS": "k1:" + "A" * 43 + "=",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "PATH": os.environ["PATH"],
}


def check(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py check` or another command with these variables; an empty value removes one."""
    merged = {name: value for name, value in {**GOOD, **environment}.items() if value}
    return Command(*(words or ("check",)), environment=merged).finish()


def test_portal_starts_with_a_valid_environment() -> None:
    assert check().returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "  "),
        ("VAULT_KEYS", ""),
        ("VAULT_KEYS", "k1:bm90LTMyLWJ5dGVz"),
        ("DEBUG", "ture"),
        ("HTTPS_ONLY", "maybe"),
        ("LOCAL_LOGIN", "2"),
        ("SESSION_IDLE_MINUTES", "0"),
        ("SESSION_MAX_HOURS", "hunter2"),
        ("STEP_UP_MINUTES", "-1"),
        ("DATABASE_URL", "hunter2"),
        ("DATABASE_URL", "postgres://portal:hunter2@db-1,db-2:5433/billing"),
        ("CACHE_URL", "hunter2"),
        ("LOG_LEVEL", "LOUD"),
        ("CSRF_TRUSTED_ORIGINS", "billing.example"),
        ("ALTOSTRAT_API_URL", "http://v1.api.altostrat.io"),
        ("ALTOSTRAT_API_URL", "https://user:hunter2@v1.api.altostrat.io"),
        ("ALTOSTRAT_API_URL", "v1.api.altostrat.io"),
        ("ALTOSTRAT_CONNECT_TIMEOUT", "hunter2"),
        ("ALTOSTRAT_READ_TIMEOUT", "-1"),
        ("ALTOSTRAT_DEADLINE", "nan"),
        ("ALTOSTRAT_MAX_BODY_BYTES", "12"),
        ("MASKED_ROLES", "viewer,hunter2"),
        ("MASKED_ROLES", "superuser"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,hunter2"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ],
)
def test_wrong_variable_is_named_without_its_value(name: str, value: str) -> None:
    finished = check(**{name: value})

    assert finished.returncode != 0
    assert name in finished.stderr
    assert "hunter2" not in finished.stderr + finished.stdout


def test_secret_is_read_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("b" * 60)

    assert check(SECRET_KEY="", SECRET_KEY_FILE=str(secret)).returncode == 0


def test_missing_secret_file_is_named(tmp_path: Path) -> None:
    finished = check(SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "missing"))

    assert finished.returncode != 0
    assert "SECRET_KEY" in finished.stderr


@pytest.mark.parametrize(
    ("servers", "hosts", "ports"),
    [("db-1,db-2", "db-1,db-2", ""), ("db-1:5433,db-2:5434", "db-1,db-2", "5433,5434")],
)
def test_of_several_database_servers_the_one_that_accepts_writes_is_used(
    monkeypatch: pytest.MonkeyPatch, servers: str, hosts: str, ports: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgres://portal@{servers}/billing")
    found = NamedEnv().database("DATABASE_URL", default="")

    assert (found["HOST"], found["PORT"]) == (hosts, ports)
    assert found["OPTIONS"]["target_session_attrs"] == "read-write"


def test_plain_http_is_accepted_on_loopback() -> None:
    assert check(ALTOSTRAT_API_URL="http://127.0.0.1:9/v1").returncode == 0


COMPANY = {"OIDC_CLIENT_ID": "portal", "OIDC_CLIENT_SECRET": "a secret", "OIDC_ROLE_MAP": "staff=viewer"}


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:8002", "HTTP://localhost:8002", "http://[::1]:8002"])
def test_demo_provider_with_real_data_is_refused(issuer: str) -> None:
    done = check(**COMPANY, OIDC_ISSUER=issuer)

    assert done.returncode == 1
    assert "billing.E007" in done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"OIDC_ISSUER": "https://login.example.com"},
        {"OIDC_ISSUER": "http://127.0.0.1:8002", "ALTOSTRAT_API_URL": "http://127.0.0.1:8001"},
        {"OIDC_ISSUER": "http://127.0.0.1:8002", "DEBUG": "on"},
    ],
    ids=str,
)
def test_secure_provider_or_sandbox_is_accepted(environment: dict[str, str]) -> None:
    assert check(**COMPANY, **environment).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("migrate",),
        ("createsuperuser",),
        ("collectstatic", "--noinput"),
        ("runserver", "--noreload"),
        ("generate_vault_key",),
        ("store_token", "--user", "a", "--label", "b"),
        ("shell", "-c", "1"),
    ],
)
def test_missing_setting_is_one_sentence(words: tuple[str, ...]) -> None:
    finished = check(*words, SECRET_KEY="")

    assert finished.returncode == 1
    assert finished.stderr == "Set the SECRET_KEY environment variable.\n"


SAMPLE = {
    name: value
    for name, _, value in (
        line.partition("=") for line in (ROOT / ".env.example").read_text().splitlines() if line[:1].isupper()
    )
    if name in {"SECRET_KEY", "VAULT_KEYS"}
}
RENAMED = {"VAULT_KEYS": SAMPLE["VAULT_KEYS"].replace("example:", f"{GOOD['VAULT_KEYS']},mine:")}


@pytest.mark.parametrize("secrets", [SAMPLE, {"SECRET_KEY": SAMPLE["SECRET_KEY"]}, RENAMED])
def test_sample_secrets_are_for_development_only(secrets: dict[str, str]) -> None:
    finished = check(**secrets)
    deployed = check("check", "--deploy", DEBUG="on", **secrets)

    assert check(DEBUG="on", **secrets).returncode == 0
    assert finished.returncode == deployed.returncode == 1
    for name, value in secrets.items():
        assert f"{name} " in finished.stderr
        assert f"{name} " in deployed.stderr
        assert value not in finished.stderr + deployed.stderr


@pytest.mark.parametrize(
    ("environment", "warning"),
    [
        ({"TRUSTED_PROXIES": "10.0.0.1"}, "billing.W002"),
        ({"TRUSTED_PROXIES": "10.0.0.1", "LOCAL_LOGIN": "on"}, None),
        ({**COMPANY, "TRUSTED_PROXIES": "10.0.0.1", "OIDC_ISSUER": "https://login.example.com"}, None),
        ({"LOCAL_LOGIN": "on"}, "billing.W003"),
        ({"LOCAL_LOGIN": "on", "HTTPS_ONLY": "off"}, None),
    ],
    ids=str,
)
def test_deploy_check_warns_about_a_portal_that_nobody_can_use(
    environment: dict[str, str], warning: str | None
) -> None:
    done = check("check", "--deploy", **environment)

    assert done.returncode == 0
    assert re.findall(r"billing\.W00[23]", done.stderr) == ([warning] if warning else [])


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtp+tls://user:p%40ss@mail.example:2587", 2587),
        ("smtp+tls://user:p%40ss@mail.example", 587),
        ("smtp+ssl://user:p%40ss@mail.example", 465),
        ("smtp://user:p%40ss@mail.example", 25),
    ],
)
def test_address_of_a_mail_server_is_read(monkeypatch: pytest.MonkeyPatch, url: str, port: int) -> None:
    monkeypatch.setenv("EMAIL_URL", url)

    assert NamedEnv().mail("EMAIL_URL") == {
        "host": "mail.example",
        "port": port,
        "username": "user",
        "password": "p@ss",
        "use_tls": url.startswith("smtp+tls"),
        "use_ssl": url.startswith("smtp+ssl"),
    }
