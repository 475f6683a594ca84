"""Request IDs, caller addresses behind proxies, and cache headers."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def behind_a_proxy(settings: Settings) -> None:
    """Trust the test client, which is on 127.0.0.1, as a proxy."""
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def recorded_address(client: Client, forwarded: str, peer: str = "127.0.0.1") -> str | None:
    """Return the address that the audit log holds for a refused sign-in."""
    client.post(
        "/accounts/sign-in/",
        {"username": "nobody", "password": "wrong"},
        REMOTE_ADDR=peer,
        headers={"X-Forwarded-For": forwarded},
    )
    return AuditEntry.objects.get(verb="session.sign_in").address


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.7"])
@pytest.mark.parametrize("offered", ["erp-2026.11_23", "0" * 32, "", "a" * 65, "<script>alert(1)</script>"])
def test_request_id_of_the_caller_is_not_used(client: Client, offered: str, peer: str) -> None:
    # By default, a proxy passes it on.
    used = client.get("/readyz", headers={"x-request-id": offered}, REMOTE_ADDR=peer)["X-Request-ID"]

    assert used != offered
    assert len(used) == 32


@pytest.mark.usefixtures("behind_a_proxy", "static_files")
@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("198.51.100.9, 203.0.113.5", "203.0.113.5"),  # the caller made up the first one
        ("203.0.113.5, 10.1.2.3", "203.0.113.5"),
        ("203.0.113.5:4711", "203.0.113.5"),
        ("[2001:db8::1]:4711, fd00::1", "2001:db8::1"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("203.0.113.5, unknown, 10.1.2.3", "10.1.2.3"),
        ("", "127.0.0.1"),
        ("<script>", "127.0.0.1"),
    ],
)
def test_caller_is_the_last_address_that_is_not_a_proxy(forwarded: str, address: str, client: Client) -> None:
    assert recorded_address(client, forwarded) == address


@pytest.mark.usefixtures("static_files")
def test_forwarded_address_of_other_callers_is_ignored(client: Client, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/8"),)

    assert recorded_address(client, "203.0.113.5") == "127.0.0.1"


@pytest.mark.usefixtures("behind_a_proxy", "static_files")
def test_sign_in_throttle_counts_the_caller_not_the_proxy(client: Client) -> None:
    def wrong(address: str) -> int:
        form = {"username": "eve", "password": "wrong"}
        return client.post("/accounts/sign-in/", form, headers={"X-Forwarded-For": address}).status_code

    statuses = [wrong("203.0.113.5") for _ in range(10)]

    assert statuses[-1] == 429 != statuses[0]
    assert wrong("203.0.113.6") == statuses[0]


def answers_as_secure(client: Client, forwarded: str, peer: str = "127.0.0.1") -> bool:
    """Return whether the portal treats a request as HTTPS, instead of redirecting it there."""
    headers = {"X-Forwarded-Proto": forwarded}
    return client.get("/accounts/sign-in/", headers=headers, REMOTE_ADDR=peer).status_code == 200


@pytest.mark.usefixtures("behind_a_proxy", "static_files")
def test_only_trusted_proxies_set_the_scheme(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert answers_as_secure(client, "https")
    assert answers_as_secure(client, "http,https")
    assert not answers_as_secure(client, "https,http")  # the last one is the nearest proxy's
    assert not answers_as_secure(client, "https", peer="192.0.2.7")


@pytest.mark.usefixtures("behind_a_proxy", "static_files")
@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/accounts/sign-in/", {}),
        ("/api/v1/workspaces", {}),
        ("/api/v1/workspaces", {"Authorization": "Bearer abp_wrong"}),
    ],
)
@pytest.mark.parametrize(
    ("forwarded", "peer", "reason"),
    [
        ({"X-Forwarded-Proto": "https"}, "192.0.2.7", "is not in TRUSTED_PROXIES"),
        ({}, "127.0.0.1", "sends no X-Forwarded-Proto"),
        ({"X-Forwarded-Proto": "on"}, "127.0.0.1", "sends no X-Forwarded-Proto"),
    ],
)
def test_redirect_without_end_is_refused(
    path: str,
    key: dict[str, str],
    forwarded: dict[str, str],
    peer: str,
    reason: str,
    client: Client,
    settings: Settings,
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get(path, headers=forwarded | key, REMOTE_ADDR=peer)

    assert answer.status_code == 400
    assert f"The proxy in front of the portal {reason}." in answer.content.decode()
    assert client.get("/healthz", headers=forwarded, REMOTE_ADDR=peer).status_code == 200


@pytest.mark.usefixtures("behind_a_proxy", "static_files")
@pytest.mark.parametrize(
    ("forwarded", "peer"), [("http", "127.0.0.1"), ("http", "192.0.2.7"), ("", "192.0.2.7")]
)
def test_caller_without_https_is_redirected(
    forwarded: str, peer: str, client: Client, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    headers = {"X-Forwarded-Proto": forwarded} if forwarded else {}
    answer = client.get("/accounts/sign-in/", headers=headers, REMOTE_ADDR=peer)

    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/accounts/sign-in/")


@pytest.mark.usefixtures("behind_a_proxy", "static_files")
def test_program_without_https_is_refused_and_not_redirected(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/api/v1/workspaces", headers={"X-Forwarded-Proto": "http"})

    assert (answer.status_code, answer.json()["code"]) == (403, "https_required")
    assert "Location" not in answer.headers


@pytest.mark.usefixtures("behind_a_proxy")
def test_forwarded_host_is_not_used_even_from_a_trusted_proxy(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    evil = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "4711",
        "Forwarded": "host=evil.example;proto=https",
    }
    answer = client.get("/accounts/sign-in/", headers={"X-Forwarded-Proto": "http", **evil})

    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/accounts/sign-in/")


def test_requests_have_different_ids(client: Client) -> None:
    assert client.get("/readyz")["X-Request-ID"] != client.get("/readyz")["X-Request-ID"]


@pytest.mark.parametrize("path", ["/", "/accounts/sign-in/", "/healthz", "/no/such/page"])
def test_responses_are_not_cached(client: Client, path: str) -> None:
    assert client.get(path)["Cache-Control"] == "no-store"
