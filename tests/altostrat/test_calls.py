"""Successful calls: the request, the answer and the record."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from billing.altostrat import trace
from billing.altostrat.identifiers import InvalidIdentifier
from billing.altostrat.operations.billing_accounts import RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.operation import Operation
from tests.altostrat.conftest import CANARY, Connect, Serve
from tests.altostrat.upstream import answer, chunked, saying

ACCOUNT = b'{"id": "cus_b", "workspace_id": "ws_a",  "name": "\\u00c4"}'


def test_a_billing_account_is_retrieved(serve: Serve, connect: Connect) -> None:
    client = connect(serve(saying(answer(ACCOUNT, "X-Request-Id: up-1"))).url)

    got = client.retrieve_billing_account("ws_a", "cus_b")

    assert got.value.name == "Ä"
    assert (got.status, got.content_type, got.request_id) == (200, "application/json", "up-1")


def test_the_body_is_kept_unchanged(serve: Serve, connect: Connect) -> None:
    client = connect(serve(saying(chunked(ACCOUNT[:7], ACCOUNT[7:]))).url)

    assert client.retrieve_billing_account("ws_a", "cus_b").body == ACCOUNT


def test_the_answer_has_a_time_and_a_duration(serve: Serve, connect: Connect) -> None:
    started_at = datetime.now(UTC)
    got = connect(serve(saying(answer(ACCOUNT))).url).retrieve_billing_account("ws_a", "cus_b")

    assert started_at <= got.received_at <= datetime.now(UTC)
    assert got.duration_seconds > 0


def test_a_request_has_exactly_these_headers(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(answer(ACCOUNT)))

    connect(upstream.url, portal_request_id="req-7", version="1.2").retrieve_billing_account("ws_a", "cus_b")

    request_line, *headers = upstream.requests[0].decode().rstrip().split("\r\n")
    assert request_line == "GET /workspaces/ws_a/billing-accounts/cus_b HTTP/1.1"
    assert sorted(headers) == [
        "Accept-Encoding: gzip",
        "Accept: application/json",
        f"Authorization: Bearer {CANARY}",
        f"Host: 127.0.0.1:{upstream.port}",
        "User-Agent: altostrat-billing-portal/1.2",
        "X-Request-ID: req-7",
    ]


def test_a_call_continues_the_trace_of_its_request(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = serve(saying(answer(ACCOUNT)))
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    reset = trace.current_parent.set(trace.parent_of(parent))
    try:
        connect(upstream.url).retrieve_billing_account("ws_a", "cus_b")
    finally:
        trace.current_parent.reset(reset)

    assert f"\r\ntraceparent: {parent}\r\n".encode() in upstream.requests[0]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nX-Evil: 1",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ],
)
def test_a_malformed_trace_is_not_continued(header: str) -> None:
    assert trace.parent_of(header) is None


@pytest.mark.parametrize("bad", ["", "a b", "a\r\nX-Evil: 1", "ä", "x" * 129])
def test_a_malformed_request_id_is_not_sent(serve: Serve, connect: Connect, bad: str) -> None:
    upstream = serve(saying(answer(ACCOUNT)))

    connect(upstream.url, portal_request_id=bad).retrieve_billing_account("ws_a", "cus_b")

    assert b"X-" not in upstream.requests[0]


def test_the_base_url_may_have_a_path(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(answer(b'{"data": []}')))

    connect(upstream.url + "/v1/").list_billing_accounts("ws_a")

    assert upstream.requests[0].startswith(b"GET /v1/workspaces/ws_a/billing-accounts HTTP/1.1\r\n")


def test_each_method_of_the_client_requests_its_path(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(answer(b'{"data": []}'), answer(b"{}"), answer(b'{"data": []}'), answer(b"{}")))
    client = connect(upstream.url)

    client.list_workspaces()
    client.retrieve_workspace("ws_a")
    client.list_billing_accounts("ws_a")
    client.retrieve_billing_account("ws_a", "cus_b")

    assert [request.split(b" ")[1].decode() for request in upstream.requests] == [
        "/workspaces",
        "/workspaces/ws_a",
        "/workspaces/ws_a/billing-accounts",
        "/workspaces/ws_a/billing-accounts/cus_b",
    ]


def test_nothing_is_sent_for_a_malformed_id(serve: Serve, connect: Connect) -> None:
    upstream = serve(saying(answer(ACCOUNT)))

    with pytest.raises(InvalidIdentifier):
        connect(upstream.url).retrieve_billing_account("ws_a/../..", "cus_b")

    assert upstream.requests == []


def test_connections_are_reused(serve: Serve, connect: Connect) -> None:
    upstream = serve(
        saying(answer(ACCOUNT), chunked(ACCOUNT), answer(b"", status="204 No Content"), answer(ACCOUNT))
    )
    client = connect(upstream.url)

    for _ in range(2):
        client.retrieve_billing_account("ws_a", "cus_b")
    client.call(Operation("delete", "DELETE", "/x", parse=lambda document: document))
    client.retrieve_billing_account("ws_a", "cus_b")

    assert len(upstream.requests) == 4
    assert len(upstream.connections) == 1


def test_a_call_is_recorded_without_ids(serve: Serve, connect: Connect) -> None:
    client = connect(serve(saying(answer(ACCOUNT, "CF-Ray: ray-1"))).url)

    client.retrieve_billing_account("ws_a", "cus_b")

    (record,) = client.records
    assert (record.operation, record.method, record.path_template) == (
        "retrieve_billing_account",
        "GET",
        RETRIEVE_BILLING_ACCOUNT.path_template,
    )
    assert (record.status, record.outcome, record.request_id, record.attempts) == (200, "200", "ray-1", 1)
    assert record.duration_seconds > 0
    assert "cus_b" not in repr(record)


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        (["X-Request-Id: first", "X-Amz-Cf-Id: later"], "first"),
        (["X-Amzn-RequestId: amzn"], "amzn"),
        (["X-Amz-Cf-Id: cf=="], "cf=="),
        (["X-Request-Id: has a space", "CF-Ray: ray"], "ray"),
        ([f"X-Request-Id: {'x' * 129}"], None),
        (["X-Request-Id: \u00e4"], None),
        ([f"X-Request-Id: Bearer-{CANARY}"], None),
        ([], None),
    ],
    ids=str,
)
def test_the_upstream_request_id(
    serve: Serve, connect: Connect, headers: list[str], request_id: str | None
) -> None:
    client = connect(serve(saying(answer(ACCOUNT, *headers))).url)

    assert client.retrieve_billing_account("ws_a", "cus_b").request_id == request_id


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'APPLICATION/JSON;Charset="UTF-8"',
        "application/hal+json",
    ],
)
def test_these_content_types_are_json(serve: Serve, connect: Connect, content_type: str) -> None:
    client = connect(serve(saying(answer(ACCOUNT, content_type=content_type))).url)

    assert client.retrieve_billing_account("ws_a", "cus_b").content_type == content_type


def test_an_operation_may_have_no_body(serve: Serve, connect: Connect) -> None:
    client = connect(serve(saying(b"HTTP/1.1 204 No Content\r\n\r\n")).url)

    got = client.call(Operation("delete", "DELETE", "/x", parse=lambda document: document))

    assert (got.value, got.status, got.body) == (None, 204, b"")


def test_the_repr_of_an_answer_has_no_body(serve: Serve, connect: Connect) -> None:
    got = connect(serve(saying(answer(b'{"email": "person@example.org"}'))).url).retrieve_workspace("ws_a")

    assert "person" not in repr(got)
