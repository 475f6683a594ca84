"""Bodies are unpacked, capped, and believed only as the JSON that was asked for."""

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
PACKED = gzip.compress(LISTING)
MEBIBYTE = 1024 * 1024


def reason_of_refusal(client: Caller) -> FailureReason | None:
    with pytest.raises(UnexpectedAnswer) as caught:
        client.retrieve_billing_account("ws_a", "cus_b")
    return caught.value.reason


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_it_unpacks_gzip(client_of: ClientOf, encoding: str) -> None:
    client = client_of(saying(answer(PACKED, f"Content-Encoding: {encoding}")))

    assert client.list_workspaces().body == LISTING


def test_it_takes_identity_for_none(client_of: ClientOf) -> None:
    assert client_of(saying(answer(LISTING, "Content-Encoding: identity"))).list_workspaces().body == LISTING


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (PACKED[:-4], "gzip", FailureReason.BODY_CUT),
        (PACKED[:8], "gzip", FailureReason.BODY_CUT),
        (PACKED + b"x", "gzip", FailureReason.BODY_MALFORMED),
        (PACKED + PACKED, "gzip", FailureReason.BODY_MALFORMED),
        (PACKED[:-8] + b"\x00" * 8, "gzip", FailureReason.BODY_MALFORMED),
        (LISTING, "gzip", FailureReason.BODY_MALFORMED),
        (zlib.compress(LISTING), "deflate", FailureReason.COMPRESSION_UNKNOWN),
        (LISTING, "br", FailureReason.COMPRESSION_UNKNOWN),
        (PACKED, "gzip, gzip", FailureReason.COMPRESSION_UNKNOWN),
    ],
    ids=["cut", "cut early", "a byte more", "twice", "wrong sum", "none", "deflate", "br", "packed twice"],
)
def test_it_refuses_other_packing(
    client_of: ClientOf, body: bytes, encoding: str, reason: FailureReason
) -> None:
    client = client_of(saying(answer(body, f"Content-Encoding: {encoding}")))

    assert reason_of_refusal(client) is reason


def test_a_body_as_large_as_the_limit_is_read(client_of: ClientOf) -> None:
    client = client_of(saying(answer(LISTING)), max_body_bytes=len(LISTING))

    assert client.list_workspaces().body == LISTING


@pytest.mark.parametrize(
    "said", [answer(LISTING), chunked(LISTING), answer(PACKED, "Content-Encoding: gzip")]
)
def test_a_larger_body_is_refused(client_of: ClientOf, said: bytes) -> None:
    assert (
        reason_of_refusal(client_of(saying(said), max_body_bytes=len(LISTING) - 1))
        is FailureReason.BODY_TOO_LARGE
    )


def test_an_endless_body_is_cut_off_at_the_limit(serve: Serve, connect: Connect) -> None:
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    upstream = serve(dripping(chunked(end=b""), piece, pause_seconds=0))
    client = connect(upstream.url, max_body_bytes=MEBIBYTE, deadline_seconds=600)

    assert reason_of_refusal(client) is FailureReason.BODY_TOO_LARGE


def test_a_gzip_stream_that_unpacks_to_nothing_is_cut_off(client_of: ClientOf) -> None:
    packer = zlib.compressobj(wbits=31)
    start = packer.compress(b" ") + packer.flush(zlib.Z_SYNC_FLUSH)
    nothing = b"\x00\x00\x00\xff\xff" * 20_000
    said = answer(start + nothing, "Content-Encoding: gzip")

    assert reason_of_refusal(client_of(saying(said), max_body_bytes=50_000)) is FailureReason.BODY_TOO_LARGE


def test_a_bomb_takes_no_memory(client_of: ClientOf) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b" " * MEBIBYTE) for _ in range(100)) + packer.flush()
    client = client_of(
        saying(answer(bomb, "Content-Encoding: gzip")), max_body_bytes=MEBIBYTE, deadline_seconds=5
    )

    tracemalloc.start()
    reason = reason_of_refusal(client)
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
def test_a_success_has_to_be_declared_as_json(client_of: ClientOf, content_type: str) -> None:
    assert (
        reason_of_refusal(client_of(saying(answer(b"{}", content_type=content_type))))
        is FailureReason.NOT_JSON
    )


@pytest.mark.parametrize(
    "body", [b"{", b'{"id": NaN}', b'{"id": "cus_b", "id": "cus_c"}', b"\xff", b"[" * 1000, b"1" * 5000]
)
def test_a_success_has_to_be_strict_json(client_of: ClientOf, body: bytes) -> None:
    assert reason_of_refusal(client_of(saying(answer(body)))) is FailureReason.JSON_MALFORMED


@pytest.mark.parametrize("body", [b"[]", b"null", b'"cus_b"', b"5"])
def test_a_success_has_to_have_the_documented_shape(client_of: ClientOf, body: bytes) -> None:
    assert reason_of_refusal(client_of(saying(answer(body)))) is FailureReason.WRONG_SHAPE


@pytest.mark.parametrize("said", [answer(b""), b"HTTP/1.1 204 No Content\r\n\r\n"])
def test_a_success_has_to_say_something(client_of: ClientOf, said: bytes) -> None:
    assert reason_of_refusal(client_of(saying(said))) is FailureReason.NO_BODY


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "cus_other", "workspace_id": "ws_a"}',
        b'{"id": "cus_b", "workspace_id": "ws_other"}',
        b'{"id": 5}',
    ],
)
def test_an_answer_about_another_account_is_refused(client_of: ClientOf, body: bytes) -> None:
    assert reason_of_refusal(client_of(saying(answer(body)))) is FailureReason.ANOTHER_OBJECT


def test_a_listing_of_another_workspace_is_refused(client_of: ClientOf) -> None:
    client = client_of(saying(answer(b'{"data": [{"id": "cus_b", "workspace_id": "ws_other"}]}')))

    with pytest.raises(UnexpectedAnswer):
        client.list_billing_accounts("ws_a")


def test_another_workspace_than_the_one_asked_for_is_refused(client_of: ClientOf) -> None:
    with pytest.raises(UnexpectedAnswer):
        client_of(saying(answer(b'{"id": "ws_other"}'))).retrieve_workspace("ws_a")


def test_an_answer_without_ids_is_taken_for_what_was_asked(client_of: ClientOf) -> None:
    got = client_of(saying(answer(b'{"id": null, "name": "A"}'))).retrieve_billing_account("ws_a", "cus_b")

    assert (got.value.id, got.value.name) == (None, "A")


def test_a_refusal_of_a_success_names_its_status_and_request(client_of: ClientOf) -> None:
    client = client_of(saying(answer(b"{", "X-Request-Id: up-1")))

    with pytest.raises(UnexpectedAnswer) as caught:
        client.list_workspaces()

    assert (caught.value.status, caught.value.request_id) == (200, "up-1")
