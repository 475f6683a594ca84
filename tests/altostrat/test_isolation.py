"""Neither the environment nor earlier calls affect a call."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing.altostrat.client import AltostratClient
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import UnexpectedAnswer
from tests.altostrat.conftest import CANARY, Connect, Serve
from tests.altostrat.upstream import answer, saying

LISTING = answer(b'{"data": []}')


def test_a_netrc_does_not_replace_the_token(
    serve: Serve, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    upstream = serve(saying(LISTING))

    connect(upstream.url).list_workspaces()

    assert f"Authorization: Bearer {CANARY}".encode() in upstream.requests[0]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_variable_does_not_redirect_the_call(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    proxy, upstream = serve(saying(LISTING)), serve(saying(LISTING))
    monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    connect(upstream.url).list_workspaces()

    assert (len(upstream.requests), len(proxy.requests)) == (1, 0)


def test_a_proxy_variable_does_not_redirect_a_call_over_tls(
    serve: Serve, connect: Connect, ca_bundle: str, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(saying(LISTING))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)

    with pytest.raises(Exception, match="GET /workspaces"):
        connect(f"https://127.0.0.1:{closed_port}", ca_bundle=ca_bundle).list_workspaces()

    assert proxy.requests == []


def test_cookies_are_discarded(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(answer(b'{"data": []}', "Set-Cookie: session=of-alice; Path=/"), LISTING))
    client = connect(upstream.url)

    client.list_workspaces()
    client.list_workspaces()

    assert b"cookie" not in upstream.requests[1].lower()


def test_two_people_share_only_the_connection(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(LISTING))
    alice = connect(upstream.url)
    bob = AltostratClient(alice.transport, BearerToken("token-of-bob"))

    alice.list_workspaces()
    bob.list_workspaces()

    assert len(upstream.connections) == 1
    assert b"Bearer token-of-bob" in upstream.requests[1]
    assert CANARY.encode() not in upstream.requests[1]


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_redirect_is_not_followed(serve: Serve, connect: Connect, status: str) -> None:
    elsewhere = serve(saying(LISTING))
    upstream = serve(saying(answer(b"", f"Location: {elsewhere.url}/workspaces", status=status)))

    with pytest.raises(UnexpectedAnswer):
        connect(upstream.url).list_workspaces()

    assert (len(upstream.requests), len(elsewhere.requests)) == (1, 0)


def test_a_redirect_on_the_same_host_is_not_followed(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(answer(b"", "Location: /elsewhere", status="302 Found"), LISTING))

    with pytest.raises(UnexpectedAnswer):
        connect(upstream.url).list_workspaces()

    assert len(upstream.requests) == 1
