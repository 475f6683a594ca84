"""A provider that is down, slow, endless or redirects: the page says so, and nobody is signed out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest
from django.test import Client
from pytest_django import Settings

from billing.altostrat.http import deadlines
from billing.models import AuditEntry
from billing.services.sign_in import identity_provider
from tests import html
from tests.clock import Clock, stopped_clock
from tests.sign_in.sso.conftest import finish, start
from tests.sign_in.sso.forging_provider import ForgingProvider

DISCOVERY = "/.well-known/openid-configuration"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


Trouble = Callable[[BinaryIO, Clock], None]


def _slow(start: bytes, piece: bytes) -> Trouble:
    """Send a piece each second until the client closes the connection."""

    def write(out: BinaryIO, clock: Clock) -> None:
        out.write(start)
        while True:
            out.write(piece)
            clock.now += 1

    return write


def _once(answer: bytes) -> Trouble:
    def write(out: BinaryIO, clock: Clock) -> None:
        out.write(answer)

    return write


TROUBLE: dict[str, Trouble] = {
    "slow body": _slow(HEAD + b"Content-Length: 900000\r\n\r\n", b"a"),
    "slow head": _slow(HEAD + b"X-Slow: ", b"a"),
    "endless interim answers": _slow(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "huge": _slow(HEAD + b"Content-Length: 900000000\r\n\r\n", b" " * 1_000_000),
    "breaks off": _once(HEAD + b"Content-Length: 5000\r\n\r\n{"),
    "no answer": _once(b""),
    "redirects": _once(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
}

# A connection that closes without an answer is tried again, but a code is redeemed only once.
ATTEMPTS = {("no answer", DISCOVERY): 3, ("no answer", "/keys"): 3}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of deadlines, which the provider moves."""
    return stopped_clock(monkeypatch, deadlines)


@pytest.mark.parametrize("name", TROUBLE)
def test_start_shows_that_the_provider_is_unavailable(
    name: str, client: Client, forger: ForgingProvider, clock: Clock
) -> None:
    forger.raw_answers[DISCOVERY] = lambda out: TROUBLE[name](out, clock)
    answer = client.get("/accounts/sso/")

    assert answer.status_code == 503
    assert html.texts(answer, "h1") == ["The sign-in service is unavailable"]
    assert forger.requested == [DISCOVERY] * ATTEMPTS.get((name, DISCOVERY), 1)


@pytest.mark.parametrize("path", ["/token", "/keys"])
@pytest.mark.parametrize("name", TROUBLE)
def test_finish_is_refused_with_one_audit_row(
    name: str, path: str, client: Client, forger: ForgingProvider, clock: Clock
) -> None:
    asked = start(client)
    forger.nonce = asked["nonce"]
    forger.raw_answers[path] = lambda out: TROUBLE[name](out, clock)
    answer = finish(client, code="a-code", state=asked["state"])

    assert answer.status_code == 503
    assert forger.requested.count(path) == ATTEMPTS.get((name, path), 1)
    assert client.get("/").status_code == 302
    assert AuditEntry.objects.get().outcome == "refused"


def test_calls_to_the_provider_share_the_deadline_of_the_request(
    client: Client, forger: ForgingProvider, clock: Clock, settings: Settings
) -> None:
    asked = start(client)
    forger.nonce = asked["nonce"]
    body = json.dumps(forger.token_answer("a-code")).encode()

    def write_late(out: BinaryIO) -> None:
        clock.now += settings.ALTOSTRAT_DEADLINE - 1
        out.write(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(body), body[:-1]))
        out.flush()
        clock.now += 1
        out.write(body[-1:])  # only now the portal can go on

    forger.raw_answers["/token"] = write_late
    forger.requested.clear()

    assert finish(client, code="a-code", state=asked["state"]).status_code == 503
    assert forger.requested == ["/token"]


def test_person_who_is_signed_in_stays_signed_in_while_the_provider_is_down(
    sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider, settings: Settings
) -> None:
    sso_sign_in()
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    identity_provider._provider.cache_clear()

    assert client.get("/").status_code == 200
    assert Client().get("/accounts/sso/").status_code == 503
    assert client.get("/").status_code == 200


def test_proxies_of_the_environment_are_ignored(
    sso_sign_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert sso_sign_in().status_code == 302
