"""`bin/serve` does not start with a wrong setting and names it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from billing.vault import generate_key
from tests.plugins.processes import ROOT, running_portal
from tests.tokens import FINANCE

pytestmark = pytest.mark.sqlite_only


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the server until it exits."""
    return subprocess.run(
        ["bin/serve"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory, static_files: None) -> dict[str, str]:
    """Return the environment of a stopped portal that has a stored token."""
    with running_portal(
        tmp_path_factory.mktemp("start"), "http://127.0.0.1:1", command=["bin/serve"]
    ) as portal:
        portal.manage("create_staff", "alice", "--role", "editor")
        portal.manage("store_token", "--user", "alice", "--label", "F", "--no-verify", stdin=FINANCE)
        return dict(portal.environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VAULT_KEYS", ""),
        ("VAULT_KEYS", "k1:short"),
        ("VAULT_KEYS", generate_key("another")),
        ("VAULT_KEYS", generate_key("test")),
        ("ALTOSTRAT_API_URL", "http://v1.api.altostrat.io"),
        ("VAULT_KEYS", "example:cmVwbGFjZS1tZS13aXRoLWEtZ2VuZXJhdGVkLWtleSE="),
        ("SECRET_KEY", "replace-me-with-fifty-random-characters-or-more-please"),
        ("SECRET_KEY", ""),
        ("ALTOSTRAT_DEADLINE", "soon"),
        ("DATABASE_URL", "mysql://root@localhost/portal"),
        ("PORT", "none"),
    ],
    ids=[
        "none",
        "malformed",
        "another",
        "another of the same id",
        "plain http",
        "sample key",
        "sample secret",
        "no secret",
        "no deadline",
        "no such database",
        "no port",
    ],
)
def test_portal_does_not_start_and_names_the_variable(stopped: dict[str, str], name: str, value: str) -> None:
    finished = start({**stopped, name: value})

    assert finished.returncode != 0
    assert name in finished.stderr
    assert "Traceback" not in finished.stderr


def test_portal_of_several_workers_does_not_start_either(stopped: dict[str, str]) -> None:
    finished = start({**stopped, "VAULT_KEYS": "k1:short", "WEB_CONCURRENCY": "3"})

    assert finished.returncode != 0
    assert "VAULT_KEYS" in finished.stderr


def test_error_does_not_show_the_key(stopped: dict[str, str]) -> None:
    key = generate_key("another")

    assert key.partition(":")[2] not in start({**stopped, "VAULT_KEYS": key}).stderr


def test_second_portal_on_the_same_port_does_not_start(
    stopped: dict[str, str], tmp_path: Path, static_files: None
) -> None:
    with running_portal(tmp_path, "http://127.0.0.1:1", command=["bin/serve"]) as portal:
        finished = start({**stopped, "PORT": portal.environment["PORT"]})

    assert finished.returncode != 0
    assert f"PORT={portal.environment['PORT']}" in finished.stderr


def test_portal_starts_without_altostrat(stopped: dict[str, str], tmp_path: Path, static_files: None) -> None:
    with running_portal(tmp_path, "http://127.0.0.1:1", command=["bin/serve"]) as portal:
        assert portal.pid > 0
