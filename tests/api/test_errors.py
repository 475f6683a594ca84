"""The exception handler, for errors that the sandbox cannot cause."""

from __future__ import annotations

import json
import logging

import pytest
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from billing.altostrat import errors as altostrat
from billing.altostrat.identifiers import InvalidIdentifier
from billing.api.codes import CODES
from billing.api.errors import exception_handler
from billing.failures import Failure, describe, is_relayed
from billing.roles import Permission
from billing.services.actor import NotPermitted
from billing.services.tokens import NoToken
from billing.vault import CannotUnseal

pytestmark = pytest.mark.sqlite_only

FAILURES: list[Exception] = [
    NotPermitted(Permission.BILLING_READ),
    InvalidIdentifier("workspaceId"),
    NoToken(),
    CannotUnseal(),
    *(
        kind("GET", "/workspaces", status)
        for kind, status in [
            (altostrat.Overloaded, None),
            (altostrat.ShareTaken, None),
            (altostrat.Unreachable, None),
            (altostrat.DeadlinePassed, None),
            (altostrat.UnexpectedAnswer, 200),
            (altostrat.TokenRejected, 401),
            (altostrat.RateLimited, 429),
            (altostrat.Unavailable, 503),
            (altostrat.TimedOut, 408),
            (altostrat.Broken, 500),
        ]
    ),
]


def handle(error: Exception) -> HttpResponse:
    request = Request(APIRequestFactory().get("/api/v1/workspaces"))
    return exception_handler(error, {"request": request, "view": None})


def refused(body: bytes, content_type: str) -> altostrat.Refused:
    error = altostrat.Conflict("GET", "/workspaces", 409)
    error.body, error.content_type = body, content_type
    return error


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_failure_has_the_status_of_its_code(error: Exception) -> None:
    failure: Failure = describe(error)

    row = CODES[failure.code]
    assert (row.status, row.type) == (failure.status, failure.type)
    assert handle(error).status_code == failure.status


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_message_says_what_failed_and_what_to_do(error: Exception) -> None:
    message = json.loads(handle(error).content)["message"]

    assert 1 < message.count(".") <= 4
    assert message.endswith(".")


def test_only_altostrats_refusals_are_relayed() -> None:
    assert not any(map(is_relayed, FAILURES))
    assert is_relayed(refused(b"{}", "application/json"))


def test_an_unexpected_error_is_a_500_without_details(caplog: pytest.LogCaptureFixture) -> None:
    answer = handle(RuntimeError("database password is hunter2"))

    assert (answer.status_code, json.loads(answer.content)["code"]) == (500, "internal_error")
    assert b"hunter2" not in answer.content
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_decryption_failure_is_logged_as_an_error(caplog: pytest.LogCaptureFixture) -> None:
    handle(CannotUnseal())

    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@pytest.mark.parametrize(
    ("received", "relayed"),
    [
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json; charset=utf-8"),
        ("application/problem+json", "application/problem+json"),
        ("text/html", "text/plain"),
        ("image/svg+xml", "text/plain"),
        ("application/jsonp", "text/plain"),
        ("", "text/plain"),
    ],
)
def test_anything_but_json_is_relayed_as_plain_text(received: str, relayed: str) -> None:
    answer = handle(refused(b"<h1>No</h1>", received))

    assert answer.headers["Content-Type"] == relayed
    assert answer.content == b"<h1>No</h1>"


def test_the_portals_own_overload_has_retry_after() -> None:
    assert handle(altostrat.Overloaded("GET", "/workspaces")).headers["Retry-After"] == "1"
