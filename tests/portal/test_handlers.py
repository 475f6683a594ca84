"""The WSGI application, as a server calls it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_started
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from pytest_django import Settings
from structlog.testing import capture_logs
from structlog.typing import EventDict

from billing.api.middleware import SecurityHeadersMiddleware
from portal.handlers import PageHandler, PortalHandler

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]


@pytest.fixture(scope="module")
def application() -> PortalHandler:
    return PortalHandler()


@pytest.fixture
def lines() -> Iterator[list[EventDict]]:
    """Yield the fields of the lines of the access log."""
    with capture_logs() as written:
        yield written


def environ(path: str = "/healthz", **variables: str) -> dict[str, Any]:
    return RequestFactory().get(path).environ | variables


def call(application: PortalHandler, **variables: str) -> tuple[str, dict[str, str], bytes]:
    """Return the status, the headers and the body of a response."""
    started: list[Any] = []
    body = application(environ(**variables), lambda *start: started.extend(start))  # type: ignore[arg-type]
    return started[0], dict(started[1]), b"".join(body)


def answer_with(monkeypatch: pytest.MonkeyPatch, response: HttpResponse | StreamingHttpResponse) -> None:
    def get_response(handler: PageHandler, request: HttpRequest) -> Any:
        return response

    monkeypatch.setattr(PageHandler, "get_response", get_response)


def test_request_does_not_contain_variables_of_the_process(application: PortalHandler) -> None:
    seen: list[dict[str, Any]] = []

    def remember(environ: dict[str, Any], **_: Any) -> None:
        seen.append(environ)

    request_started.connect(remember)
    try:
        call(application, SECRET_KEY="secret", SCRIPT_URL="/evil", HTTP_CONTENT_LENGTH="7", HTTP_PROXY="evil")
    finally:
        request_started.disconnect(remember)

    assert seen[0]["PATH_INFO"] == "/healthz"
    assert not {"SECRET_KEY", "SCRIPT_URL", "HTTP_CONTENT_LENGTH", "HTTP_PROXY"} & seen[0].keys()


def test_access_log_has_route_status_and_size(application: PortalHandler, lines: list[EventDict]) -> None:
    _, _, body = call(application)

    (line,) = lines
    assert isinstance(line.pop("duration_ms"), float)
    assert len(line.pop("request_id")) == 32
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "route": "/healthz",
        "person": None,
        "status": 200,
        "bytes": len(body),
    }


def test_fault_outside_of_django_is_answered_with_a_request_id(
    application: PortalHandler, lines: list[EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PageHandler, "get_response", None)
    status, headers, body = call(application)

    assert status == "500 Internal Server Error"
    assert headers["X-Request-ID"].encode() in body
    assert lines[0]["status"] == 500


def test_long_response_is_streamed_and_logged_at_its_end(
    application: PortalHandler, lines: list[EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_with(monkeypatch, StreamingHttpResponse([b"ab", b"cd"]))
    body: Any = application(environ(), lambda *_: None)  # type: ignore[arg-type]

    assert list(body) == [b"ab", b"cd"]
    assert not lines
    body.close()
    assert (lines[0]["route"], lines[0]["status"], lines[0]["bytes"]) == ("-", 200, 4)


def test_response_that_cannot_be_completed_does_not_end_normally(
    application: PortalHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"ab"
        raise ValueError("a row")

    answer_with(monkeypatch, StreamingHttpResponse(chunks()))
    body: Any = application(environ(), lambda *_: None)  # type: ignore[arg-type]

    with pytest.raises(ConnectionAbortedError, match="could not be completed"):
        list(body)
    body.close()


API = {"PATH_INFO": "/api/v1/workspaces", "HTTP_AUTHORIZATION": "Bearer unknown"}


def test_program_gets_the_headers_that_django_sets_for_a_browser(application: PortalHandler) -> None:
    _, for_browser, _ = call(application, PATH_INFO="/api/v1/workspaces")
    _, for_program, _ = call(application, **API)

    # The challenge depends on whether a key was sent.
    differing = {"X-Request-ID", "Content-Length", "Content-Type", "WWW-Authenticate"}
    assert {item for item in for_program.items() if item[0] not in differing} == {
        item for item in for_browser.items() if item[0] not in differing
    }
    assert for_program["X-Frame-Options"] == "DENY"


def test_only_https_has_hsts(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    middleware = SecurityHeadersMiddleware(lambda _: HttpResponse())
    responses = [middleware(RequestFactory().get("/", secure=secure)) for secure in (False, True)]

    assert ["Strict-Transport-Security" in response for response in responses] == [False, True]


def test_unknown_host_is_refused_after_a_known_one(application: PortalHandler) -> None:
    hosts = ("testserver", "evil.example", "evil.example")

    assert [call(application, **API, HTTP_HOST=host)[0][:3] for host in hosts] == ["401", "400", "400"]


def test_call_returns_its_database_connection(
    application: PortalHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: closed.append(True))
    call(application, **API)

    assert closed == [True]
