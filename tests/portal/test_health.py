"""The health checks cover only the portal, not Altostrat."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from billing.services.tokens import manage as token_changes
from billing.vault import generate_key
from tests.services.cast import actor_called
from tests.tokens import FINANCE


def test_healthz_needs_no_database(client: Client) -> None:
    answer = client.get("/healthz", headers={"host": "10.1.2.3"})

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_passes(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    checks = answer.json()["checks"]
    assert {name: check["state"] for name, check in checks.items()} == {
        "database": "ok",
        "migrations": "ok",
        "vault": "ok",
        "cache": "ok",
    }
    assert checks["database"]["age_seconds"] == 0
    assert checks["migrations"]["age_seconds"] >= 0


@pytest.mark.django_db
def test_readyz_passes_when_altostrat_is_unavailable(client: Client, altostrat_unreachable: None) -> None:
    assert client.get("/readyz").status_code == 200


def test_readyz_fails_without_a_database(client: Client) -> None:
    answer = client.get("/readyz")  # without the django_db mark there is no database

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["state"] == "failed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "ring", ["", "k1:short", generate_key("other")], ids=["none", "malformed", "another"]
)
def test_readyz_fails_with_a_wrong_vault_key(client: Client, settings: Settings, ring: str) -> None:
    token_changes.save(actor_called("alice"), text=FINANCE, label="F", verify=False)
    settings.VAULT_KEYS = ring

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["vault"]["state"] == "failed"


@pytest.mark.django_db
def test_readyz_shows_no_reason(client: Client, settings: Settings) -> None:
    settings.VAULT_KEYS = "k1:short"

    assert set(client.get("/readyz").json()) == {"status", "checks"}
