"""A provider that is down, slow, endless, or sends us elsewhere: a calm page, soon, and nobody thrown out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry
from billing.services.sign_in import identity_provider
from billing.sso import bounded
from tests.sign_in.sso.conftest import come_back, leave
from tests.sign_in.sso.forging_provider import ForgingProvider

DISCOVERY = "/.well-known/openid-configuration"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _drip(start: bytes) -> Callable[[BinaryIO], None]:
    def write(out: BinaryIO) -> None:
        out.write(start)
        for _ in range(100):
            out.write(b"a")
            out.flush()
            time.sleep(0.1)

    return write


def _endless_interim(out: BinaryIO) -> None:
    for _ in range(100):
        out.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        out.flush()
        time.sleep(0.1)


def _huge(out: BinaryIO) -> None:
    out.write(HEAD + b"Content-Length: 900000000\r\n\r\n")
    for _ in range(900):
        out.write(b" " * 1_000_000)


TROUBLE: dict[str, Callable[[BinaryIO], None]] = {
    "drips in the body": _drip(HEAD + b"Content-Length: 5000\r\n\r\n"),
    "drips in the head": _drip(HEAD + b"X-Drip: "),
    "endless interim answers": _endless_interim,
    "huge": _huge,
    "breaks off": lambda out: out.write(HEAD + b"Content-Length: 5000\r\n\r\n{"),  # type: ignore[dict-item]
    "no answer": lambda out: None,
    "redirects": lambda out: out.write(  # type: ignore[dict-item]
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    ),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shorter deadline, so that the tests are."""
    monkeypatch.setattr(bounded, "DEADLINE_SECONDS", 0.7)


@pytest.mark.parametrize("name", TROUBLE)
def test_the_way_there_ends_soon_in_a_calm_page(name: str, client: Client, forger: ForgingProvider) -> None:
    forger.wire[DISCOVERY] = TROUBLE[name]
    began = time.monotonic()
    answer = client.get("/accounts/sso/")

    assert time.monotonic() - began < 2
    assert answer.status_code == 503
    assert "does not answer" in answer.text


@pytest.mark.parametrize("place", ["/token", "/keys"])
@pytest.mark.parametrize("name", TROUBLE)
def test_the_way_back_ends_soon_with_one_audit_row(
    name: str, place: str, client: Client, forger: ForgingProvider
) -> None:
    asked = leave(client)
    forger.nonce = asked["nonce"]
    forger.wire[place] = TROUBLE[name]
    began = time.monotonic()
    answer = come_back(client, code="a-code", state=asked["state"])

    assert time.monotonic() - began < 3
    assert answer.status_code == 503
    assert client.get("/").status_code == 302
    assert AuditEntry.objects.get().outcome == "refused"


def test_those_who_are_signed_in_are_served_while_it_is_down(
    dance: Callable[..., Any], client: Client, forger: ForgingProvider, settings: Settings
) -> None:
    dance()
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    identity_provider._provider.cache_clear()

    assert client.get("/").status_code == 200
    assert Client().get("/accounts/sso/").status_code == 503
    assert client.get("/").status_code == 200


def test_it_never_asks_through_a_proxy_of_the_environment(
    dance: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert dance().status_code == 302
