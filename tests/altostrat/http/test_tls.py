"""The token is sent only to a host with a valid certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from billing.altostrat.errors import Unreachable
from billing.altostrat.failure_reasons import FailureReason
from tests.altostrat.conftest import Connect, Serve
from tests.altostrat.upstream import answer, chunked, saying

LISTING = b'{"data": []}'


def test_a_host_with_a_trusted_certificate_is_called(
    serve: Serve, connect: Connect, server_tls: ssl.SSLContext, ca_bundle: str
) -> None:
    upstream = serve(saying(answer(LISTING), chunked(LISTING)), tls=server_tls)
    client = connect(upstream.url, ca_bundle=ca_bundle)

    assert client.list_workspaces().body == client.list_workspaces().body == LISTING
    assert len(upstream.connections) == 2  # one connection, counted as plain and as TLS


def test_an_unknown_authority_is_refused(serve: Serve, connect: Connect, server_tls: ssl.SSLContext) -> None:
    upstream = serve(saying(answer(LISTING)), tls=server_tls)

    with pytest.raises(Unreachable) as caught:
        connect(upstream.url).list_workspaces()

    assert caught.value.reason is FailureReason.NOT_TRUSTED
    assert upstream.requests == []


def test_a_certificate_for_another_host_is_refused(
    serve: Serve, connect: Connect, authority: trustme.CA, ca_bundle: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.altostrat.example").configure_cert(context)
    upstream = serve(saying(answer(LISTING)), tls=context)
    client = connect(upstream.url, ca_bundle=ca_bundle, deadline_seconds=3)

    with pytest.raises(Unreachable) as caught:
        client.list_workspaces()

    assert caught.value.reason is FailureReason.NOT_TRUSTED
    assert client.records[0].attempts == 1


def test_a_ca_bundle_replaces_the_public_authorities(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    context = connect("https://127.0.0.1:1", ca_bundle=str(other)).transport._tls_context()

    assert context is not None
    assert len(context.get_ca_certs()) == 1


def test_old_versions_of_tls_are_refused(
    serve: Serve, connect: Connect, authority: trustme.CA, ca_bundle: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    upstream = serve(saying(answer(LISTING)), tls=context)

    with pytest.raises(Unreachable) as caught:
        connect(upstream.url, ca_bundle=ca_bundle).list_workspaces()

    assert caught.value.reason in (FailureReason.TLS_FAILED, FailureReason.CONNECTION_LOST)


def test_a_host_without_tls_is_refused(serve: Serve, connect: Connect, ca_bundle: str) -> None:
    upstream = serve(saying(answer(LISTING)))
    url = upstream.url.replace("http:", "https:")
    client = connect(url, ca_bundle=ca_bundle, connect_timeout_seconds=0.1, deadline_seconds=0.3)

    with pytest.raises(Unreachable):
        client.list_workspaces()


def test_session_keys_are_not_logged(
    serve: Serve,
    connect: Connect,
    server_tls: ssl.SSLContext,
    ca_bundle: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    upstream = serve(saying(answer(LISTING)), tls=server_tls)

    connect(upstream.url, ca_bundle=ca_bundle).list_workspaces()

    assert not keys.exists()
