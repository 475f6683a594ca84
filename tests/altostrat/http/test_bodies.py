"""Bodies are decompressed up to a limit and accepted only as the expected JSON."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from tests.altostrat.conftest import Caller, Connect, Serve
from tests.altostrat.upstream import answer, chunked, dripping, saying

ClientOf = Callable[..., Caller]

LISTING = b'{"data": []}'
COMPRESSED = gzip.compress(LISTING, mtime=0)  # test IDs contain it
MEBIBYTE = 1024 * 1024


def failure_reason(client: Caller) -> FailureReason | None:
    with pytest.raises(UnexpectedAnswer) as caught:
        client.retrieve_billing_account("ws_a", "cus_b")
    return caught.value.reason


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_gzip_is_decompressed(client_of: ClientOf, encoding: str) -> None:
    client = client_of(saying(answer(COMPRESSED, f"Content-Encoding: {encoding}")))

    assert client.list_workspaces().body == LISTING


def test_identity_means_uncompressed(client_of: ClientOf) -> None:
    assert client_of(saying(answer(LISTING, "Content-Encoding: identity"))).list_workspaces().body == LISTING


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (COMPRESSED[:-4], "gzip", FailureReason.BODY_CUT),
        (COMPRESSED[:8], "gzip", FailureReason.BODY_CUT),
        (COMPRESSED + b"x", "gzip", FailureReason.BODY_MALFORMED),
        (COMPRESSED + COMPRESSED, "gzip", FailureReason.BODY_MALFORMED),
        (COMPRESSED[:-8] + b"\x00" * 8, "gzip", FailureReason.BODY_MALFORMED),
        (LISTING, "gzip", FailureReason.BODY_MALFORMED),
        (zlib.compress(LISTING), "deflate", FailureReason.COMPRESSION_UNKNOWN),
        (LISTING, "br", FailureReason.COMPRESSION_UNKNOWN),
        (COMPRESSED, "gzip, gzip", FailureReason.COMPRESSION_UNKNOWN),
    ],
    ids=["cut", "cut early", "extra byte", "twice", "checksum", "plain", "deflate", "br", "compressed twice"],
)
def test_invalid_or_unknown_compression_is_refused(
    client_of: ClientOf, body: bytes, encoding: str, reason: FailureReason
) -> None:
    client = client_of(saying(answer(body, f"Content-Encoding: {encoding}")))

    assert failure_reason(client) is reason


def test_a_body_at_the_limit_is_read(client_of: ClientOf) -> None:
    client = client_of(saying(answer(LISTING)), max_body_bytes=len(LISTING))

    assert client.list_workspaces().body == LISTING


@pytest.mark.parametrize(
    "said", [answer(LISTING), chunked(LISTING), answer(COMPRESSED, "Content-Encoding: gzip")]
)
def test_a_larger_body_is_refused(client_of: ClientOf, said: bytes) -> None:
    assert (
        failure_reason(client_of(saying(said), max_body_bytes=len(LISTING) - 1))
        is FailureReason.BODY_TOO_LARGE
    )


def test_an_endless_body_is_refused_at_the_limit(serve: Serve, connect: Connect) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    upstream = serve(dripping(chunked(end=b""), chunk, pause_seconds=0))
    client = connect(upstream.url, max_body_bytes=MEBIBYTE, deadline_seconds=600)

    assert failure_reason(client) is FailureReason.BODY_TOO_LARGE


def test_an_endless_gzip_stream_of_nothing_is_refused(client_of: ClientOf) -> None:
    compressor = zlib.compressobj(wbits=31)
    start = compressor.compress(b" ") + compressor.flush(zlib.Z_SYNC_FLUSH)
    nothing = b"\x00\x00\x00\xff\xff" * 20_000
    said = answer(start + nothing, "Content-Encoding: gzip")

    assert failure_reason(client_of(saying(said), max_body_bytes=50_000)) is FailureReason.BODY_TOO_LARGE


def test_a_gzip_bomb_takes_little_memory(client_of: ClientOf) -> None:
    compressor = zlib.compressobj(9, wbits=31)
    bomb = b"".join(compressor.compress(b" " * MEBIBYTE) for _ in range(100)) + compressor.flush()
    client = client_of(
        saying(answer(bomb, "Content-Encoding: gzip")), max_body_bytes=MEBIBYTE, deadline_seconds=5
    )

    tracemalloc.start()
    reason = failure_reason(client)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert reason is FailureReason.BODY_TOO_LARGE
    assert peak < 5 * MEBIBYTE


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "text/json",
        "application/jsonp",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/json, text/html",
        "",
    ],
)
def test_a_success_must_be_declared_as_json(client_of: ClientOf, content_type: str) -> None:
    assert (
        failure_reason(client_of(saying(answer(b"{}", content_type=content_type)))) is FailureReason.NOT_JSON
    )


@pytest.mark.parametrize(
    "body", [b"{", b'{"id": NaN}', b'{"id": "cus_b", "id": "cus_c"}', b"\xff", b"[" * 1000, b"1" * 5000]
)
def test_a_success_must_be_strict_json(client_of: ClientOf, body: bytes) -> None:
    assert failure_reason(client_of(saying(answer(body)))) is FailureReason.JSON_MALFORMED


@pytest.mark.parametrize("body", [b"[]", b"null", b'"cus_b"', b"5"])
def test_a_success_must_have_the_documented_shape(client_of: ClientOf, body: bytes) -> None:
    assert failure_reason(client_of(saying(answer(body)))) is FailureReason.WRONG_SHAPE


@pytest.mark.parametrize("said", [answer(b""), b"HTTP/1.1 204 No Content\r\n\r\n"])
def test_a_success_must_have_a_body(client_of: ClientOf, said: bytes) -> None:
    assert failure_reason(client_of(saying(said))) is FailureReason.NO_BODY


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "cus_other", "workspace_id": "ws_a"}',
        b'{"id": "cus_b", "workspace_id": "ws_other"}',
        b'{"id": 5}',
    ],
)
def test_a_response_about_another_account_is_refused(client_of: ClientOf, body: bytes) -> None:
    assert failure_reason(client_of(saying(answer(body)))) is FailureReason.ANOTHER_OBJECT


def test_a_list_from_another_workspace_is_refused(client_of: ClientOf) -> None:
    client = client_of(saying(answer(b'{"data": [{"id": "cus_b", "workspace_id": "ws_other"}]}')))

    with pytest.raises(UnexpectedAnswer):
        client.list_billing_accounts("ws_a")


def test_a_response_about_another_workspace_is_refused(client_of: ClientOf) -> None:
    with pytest.raises(UnexpectedAnswer):
        client_of(saying(answer(b'{"id": "ws_other"}'))).retrieve_workspace("ws_a")


def test_a_response_without_ids_is_accepted(client_of: ClientOf) -> None:
    got = client_of(saying(answer(b'{"id": null, "name": "A"}'))).retrieve_billing_account("ws_a", "cus_b")

    assert (got.value.id, got.value.name) == (None, "A")


def test_the_error_has_the_status_and_request_id(client_of: ClientOf) -> None:
    client = client_of(saying(answer(b"{", "X-Request-Id: up-1")))

    with pytest.raises(UnexpectedAnswer) as caught:
        client.list_workspaces()

    assert (caught.value.status, caught.value.request_id) == (200, "up-1")
