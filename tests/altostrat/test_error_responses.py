"""The status determines the error; the body only adds details."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import responses

import pytest

from billing.altostrat import errors
from billing.altostrat.errors import Refused
from billing.altostrat.failure_reasons import FailureReason
from tests.altostrat.conftest import Caller
from tests.altostrat.upstream import answer, dripping, hanging_up, saying

ClientOf = Callable[..., Caller]


def status(code: int, body: object = None, *headers: str, **kwargs: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return answer(content, *headers, status=f"{code} {responses.get(code, 'Other')}", **kwargs)


def refused(client: Caller) -> Refused:
    with pytest.raises(Refused) as caught:
        client.retrieve_billing_account("ws_a", "cus_b")
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, errors.Refused),
        (401, errors.TokenRejected),
        (402, errors.Refused),
        (403, errors.NotAllowed),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.Refused),
        (418, errors.Refused),
        (422, errors.Invalid),
        (429, errors.RateLimited),
        (408, errors.TimedOut),
        (499, errors.TimedOut),
        (500, errors.Broken),
        (501, errors.Broken),
        (502, errors.Broken),
        (503, errors.Unavailable),
        (504, errors.Broken),
        (599, errors.Broken),
    ],
)
def test_each_status_has_its_error(client_of: ClientOf, code: int, kind: type[Refused]) -> None:
    client = client_of(saying(status(code, None, "X-Request-Id: up-1", "Retry-After: 60")))

    error = refused(client)

    assert type(error) is kind
    assert (error.status, error.request_id) == (code, "up-1")
    assert (client.records[0].status, client.records[0].outcome) == (code, kind.__name__)


@pytest.mark.parametrize("code", [300, 301, 302, 303, 304, 307, 308, 399])
def test_a_redirect_is_unexpected(client_of: ClientOf, code: int) -> None:
    client = client_of(saying(status(code, None, "Location: https://elsewhere.example/")))

    with pytest.raises(errors.UnexpectedAnswer) as caught:
        client.list_workspaces()

    assert caught.value.reason is FailureReason.REDIRECT


def test_the_documented_format_is_read(client_of: ClientOf) -> None:
    body = {
        "type": "unprocessable_entity",
        "code": "active_subscriptions_exist",
        "message": "There are active subscriptions.",
        "doc_url": "https://altostrat.io/docs/errors",
    }

    error = refused(client_of(saying(status(422, body))))

    assert (error.code, error.message) == ("active_subscriptions_exist", "There are active subscriptions.")
    assert error.doc_url == "https://altostrat.io/docs/errors"


def test_a_message_alone_is_read(client_of: ClientOf) -> None:
    error = refused(client_of(saying(status(401, {"message": "Unauthorized or invalid token provided."}))))

    assert (error.message, error.code) == ("Unauthorized or invalid token provided.", None)


def test_messages_of_fields_are_read(client_of: ClientOf) -> None:
    body = {
        "message": "Invalid.",
        "errors": {"email": ["Is no address.", "Too long."], "name": "Missing.", "x": []},
    }

    error = refused(client_of(saying(status(422, body))))

    assert isinstance(error, errors.Invalid)
    assert error.fields == {"email": ("Is no address.", "Too long."), "name": ("Missing.",)}


@pytest.mark.parametrize(
    "body", [{"errors": []}, {"errors": None}, {"errors": "text"}, {"errors": {"a": {"b": 1}}}]
)
def test_invalid_field_messages_are_ignored(client_of: ClientOf, body: object) -> None:
    error = refused(client_of(saying(status(422, body))))

    assert isinstance(error, errors.Invalid)
    assert error.fields == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad Gateway</html>",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 9999,
        b'{"message": 5, "code": ["x"]}',
    ],
)
def test_an_unknown_body_is_kept_but_not_interpreted(client_of: ClientOf, body: bytes) -> None:
    error = refused(client_of(saying(status(404, body, content_type="text/html"))))

    assert type(error) is errors.NotFound
    assert (error.message, error.code, error.doc_url) == (None, None, None)
    assert (error.body, error.content_type) == (body, "text/html" if body else "")


def test_a_link_without_https_is_ignored(client_of: ClientOf) -> None:
    assert refused(client_of(saying(status(400, {"doc_url": "javascript:alert(1)"})))).doc_url is None


@pytest.mark.parametrize("code", [401, 503])
def test_a_huge_error_body_is_discarded(client_of: ClientOf, code: int) -> None:
    huge = b" " * 300_000

    error = refused(client_of(saying(status(code, huge, "Retry-After: 60"))))

    assert (error.status, error.body) == (code, b"")


def test_a_truncated_error_body_is_discarded(client_of: ClientOf) -> None:
    said = status(403, b'{"message": "No."}').replace(b"Content-Length: 18", b"Content-Length: 180")

    error = refused(client_of(hanging_up(said)))

    assert (type(error), error.body) == (errors.NotAllowed, b"")


def test_a_dripping_error_body_is_discarded(client_of: ClientOf) -> None:
    said = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 1000\r\n\r\n"

    error = refused(client_of(dripping(said, b" "), deadline_seconds=0.4))

    assert (type(error), error.body) == (errors.TokenRejected, b"")


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(("header", "seconds"), [("30", 30), ("x", None), ("-5", None), ("9" * 400, 86400)])
def test_retry_after_is_read(client_of: ClientOf, code: int, header: str, seconds: int | None) -> None:
    error = refused(client_of(saying(status(code, None, f"Retry-After: {header}")), deadline_seconds=0.6))

    assert isinstance(error, (errors.RateLimited, errors.Unavailable))
    assert error.retry_after_seconds == seconds


def test_a_malformed_content_type_is_discarded(client_of: ClientOf) -> None:
    assert refused(client_of(saying(status(400, None, content_type="text/ä")))).content_type == ""
