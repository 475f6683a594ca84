"""A write is sent once, and its error says whether it may have happened."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest

from billing.altostrat import errors
from billing.altostrat.errors import AltostratError
from billing.altostrat.operations.billing_accounts import DELETE_BILLING_ACCOUNT, UPDATE_BILLING_ACCOUNT
from billing.altostrat.operations.invoices import PREVIEW_INVOICE
from billing.altostrat.operations.organizations import EXPORT_ORGANIZATION_USAGE_PDF
from billing.altostrat.operations.payment_methods import SET_DEFAULT_PAYMENT_METHOD
from tests.altostrat.conftest import Caller, Connect, Serve
from tests.altostrat.upstream import Script, answer, hanging_up, silent

ClientOf = Callable[..., Caller]
IDS = {"workspaceId": "ws_a", "billingAccountId": "cus_b"}
CHANGED = b'{"id": "cus_b", "name": "New"}'


def reading_body(*answers: bytes, heads: list[bytes], bodies: list[bytes]) -> Script:
    """Read the body of the request before the response is sent."""

    def script(connection: socket.socket, number: int) -> None:
        length = next(
            (
                int(line.split(b":")[1])
                for line in heads[-1].split(b"\r\n")
                if line.startswith(b"Content-Length")
            ),
            0,
        )
        body = b""
        while len(body) < length:
            body += connection.recv(length - len(body))
        bodies.append(body)
        connection.sendall(answers[min(number, len(answers) - 1)])

    return script


def test_the_body_is_sent_as_json_with_its_length(serve: Serve, connect: Connect) -> None:
    bodies: list[bytes] = []
    heads: list[bytes] = []
    upstream = serve(reading_body(answer(CHANGED), heads=heads, bodies=bodies))
    upstream.requests = heads
    client = connect(upstream.url)

    got = client.call(UPDATE_BILLING_ACCOUNT, None, {"name": "N\u00e9w", "phone": None}, **IDS)

    assert got.value is not None
    assert got.value.name == "New"
    assert json.loads(bodies[0]) == {"name": "N\u00e9w", "phone": None}
    assert b"Content-Type: application/json\r\n" in heads[0]


def test_a_write_without_a_body_has_content_length_0(serve: Serve, connect: Connect) -> None:
    upstream = serve(lambda connection, number: connection.sendall(answer(b'{"message": "Done"}')))

    connect(upstream.url).call(SET_DEFAULT_PAYMENT_METHOD, paymentMethodId="pm_c", **IDS)

    assert b"Content-Length: 0\r\n" in upstream.requests[0]
    assert b"Content-Type" not in upstream.requests[0]


def test_204_is_a_success(client_of: ClientOf) -> None:
    client = client_of(lambda connection, number: connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n"))

    assert client.call(DELETE_BILLING_ACCOUNT, **IDS).status == 204


@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_a_write_is_not_retried(serve: Serve, connect: Connect, code: int) -> None:
    failing = answer(b"{}", "Retry-After: 0", status=f"{code} Failing")
    upstream = serve(lambda connection, number: connection.sendall(failing))

    with pytest.raises(errors.Refused):
        connect(upstream.url).call(DELETE_BILLING_ACCOUNT, **IDS)

    assert len(upstream.requests) == 1


def test_a_preview_is_retried(client_of: ClientOf) -> None:
    script = hanging_up(answer(b"{}", status="503 Failing"), answer(b'{"id": "in_x", "total": 5}'))
    client = client_of(script, deadline_seconds=3)

    assert client.call(PREVIEW_INVOICE, None, {}, **IDS).value.total == 5
    assert client.records[0].attempts == 2


@pytest.mark.parametrize(
    ("script", "may_have_happened"),
    [
        pytest.param(hanging_up(b""), True, id="closed without a response"),
        pytest.param(hanging_up(b"HTTP/1.1 200 OK\r\n"), True, id="truncated head"),
        pytest.param(hanging_up(answer(b"<html>", content_type="text/html")), True, id="not JSON"),
        pytest.param(hanging_up(answer(b"{}", status="500 Oops")), True, id="500"),
        pytest.param(hanging_up(answer(b"{}", status="503 Oops")), True, id="503"),
        pytest.param(silent, True, id="silence"),
        pytest.param(hanging_up(answer(b"{}", status="422 No")), False, id="422"),
        pytest.param(hanging_up(answer(b"{}", status="409 No")), False, id="409"),
        pytest.param(hanging_up(answer(b"{}", status="401 No")), False, id="401"),
        pytest.param(hanging_up(answer(b"{}", status="429 No")), False, id="429"),
        # A proxy may have sent these after Altostrat has made the change.
        *(
            pytest.param(hanging_up(answer(b"{}", status=f"{code} No")), True, id=str(code))
            for code in (406, 407, 408, 418, 421, 424, 425, 426, 440, 444, 460, 494, 498, 499)
        ),
        *(
            pytest.param(
                hanging_up(answer(body, status=f"{code} No", content_type="text/html")),
                True,
                id=f"{code} {body!r}",
            )
            for code in (400, 401, 403, 404, 405, 409, 413, 422, 429)
            for body in (b"", b"<html>", b"[]", b'"No"')
        ),
    ],
)
def test_a_failed_write_says_whether_it_may_have_happened(
    client_of: ClientOf, script: Script, may_have_happened: bool
) -> None:
    client = client_of(script, deadline_seconds=0.5, read_timeout_seconds=0.3)

    with pytest.raises(AltostratError) as caught:
        client.call(UPDATE_BILLING_ACCOUNT, None, {"name": "N"}, **IDS)

    assert errors.may_have_happened(caught.value) is may_have_happened


def test_a_write_that_was_not_sent_cannot_have_happened(connect: Connect, closed_port: int) -> None:
    with pytest.raises(errors.Unreachable) as caught:
        connect(f"http://127.0.0.1:{closed_port}").call(DELETE_BILLING_ACCOUNT, **IDS)

    assert errors.nothing_was_sent(caught.value)
    assert not errors.may_have_happened(caught.value)


def test_a_file_is_returned_unchanged(client_of: ClientOf) -> None:
    client = client_of(hanging_up(answer(b"%PDF-1.7", content_type="application/pdf; charset=binary")))

    assert client.call(EXPORT_ORGANIZATION_USAGE_PDF, workspaceId="ws_a").value == b"%PDF-1.7"


def test_a_page_instead_of_a_file_is_refused(client_of: ClientOf) -> None:
    client = client_of(hanging_up(answer(b"<html>", content_type="text/html")))

    with pytest.raises(errors.UnexpectedAnswer):
        client.call(EXPORT_ORGANIZATION_USAGE_PDF, workspaceId="ws_a")
