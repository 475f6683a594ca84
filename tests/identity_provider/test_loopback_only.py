"""The demo's OpenID Provider requires no password, so it must be reachable from this machine only."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator

import pytest
import requests

from tests.plugins.identity_provider import IdentityProvider, command, running_identity_provider
from tests.plugins.processes import ROOT
from tests.plugins.services import free_port

GOOD = IdentityProvider(1, "http://127.0.0.1:2").environment()


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    """Yield the provider, without a running portal."""
    with running_identity_provider(free_port(), "http://127.0.0.1:1") as running:
        yield running


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NODE_ENV", "production"),
        ("IDP_ISSUER", "http://192.0.2.1:8000"),
        ("IDP_ISSUER", "https://login.example"),
        ("IDP_REDIRECT_URIS", "https://billing.example/accounts/sso/callback/"),
        ("IDP_POST_LOGOUT_REDIRECT_URIS", "http://127.0.0.1:1/ http://billing.example/"),
        ("IDP_BACKCHANNEL_LOGOUT_URI", "http://billing.example/"),
        ("IDP_BACKCHANNEL_LOGOUT_URI", ""),
        ("IDP_CLIENT_SECRET", ""),
        ("IDP_PORT", "eighty"),
    ],
)
def test_unsafe_option_prevents_the_start(name: str, value: str) -> None:
    done = subprocess.run(
        command(),
        cwd=ROOT,
        env={**GOOD, name: value},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 2
    assert name in done.stderr
    assert GOOD["IDP_CLIENT_SECRET"] not in done.stderr


def test_provider_listens_on_loopback_only(provider: IdentityProvider) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
        outward.connect(("192.0.2.1", 9))  # sends nothing, but reveals the address of this machine
        address = outward.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("This machine has no other address than loopback.")
    with pytest.raises(ConnectionRefusedError), socket.create_connection((address, provider.port), timeout=3):
        pass


def test_other_host_names_are_rejected(provider: IdentityProvider) -> None:
    answer = requests.get(f"{provider.issuer}/jwks", headers={"Host": "evil.example"}, timeout=5)

    assert answer.status_code == 421


def test_form_cannot_use_the_control_urls(provider: IdentityProvider) -> None:
    answer = requests.post(f"{provider.issuer}/_control/rotate-keys", data={"a": "b"}, timeout=5)

    assert answer.status_code == 404


def test_control_urls_need_the_option() -> None:
    port = free_port()
    provider = IdentityProvider(port, "http://127.0.0.1:1")
    provider.start(control=False)
    try:
        answer = requests.post(f"{provider.issuer}/_control/rotate-keys", json={}, timeout=5)
    finally:
        provider.stop()

    assert answer.status_code == 404


def test_pkce_is_required(provider: IdentityProvider) -> None:
    asked = {
        "client_id": GOOD["IDP_CLIENT_ID"],
        "response_type": "code",
        "scope": "openid",
        "redirect_uri": "http://127.0.0.1:1/accounts/sso/callback/",
    }
    answer = requests.get(f"{provider.issuer}/auth", params=asked, timeout=5, allow_redirects=False)

    assert "error=invalid_request" in answer.headers["Location"]
