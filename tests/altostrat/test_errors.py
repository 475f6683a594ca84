"""Errors say which call failed and how, and nothing else."""

from __future__ import annotations

import pickle

import pytest

from billing.altostrat import errors
from billing.altostrat.errors import AltostratError, Refused
from billing.altostrat.failure_reasons import FailureReason


def test_the_message_names_the_call_and_the_upstream_request() -> None:
    error = AltostratError("GET", "/workspaces/{workspaceId}", 502, "req-1", FailureReason.HEAD_CUT)

    assert str(error) == (
        "GET /workspaces/{workspaceId}: "
        "status 502; the connection closed within the response headers; upstream request req-1"
    )


def test_the_message_omits_unknown_details() -> None:
    assert str(AltostratError("GET", "/workspaces")) == "GET /workspaces"


def test_the_message_does_not_contain_the_body() -> None:
    error = Refused("GET", "/workspaces", 400)
    error.body, error.message, error.code = b"canary", "canary", "canary"

    assert "canary" not in f"{error!s} {error!r}"


@pytest.mark.parametrize(
    "name", ["TokenRejected", "NotAllowed", "NotFound", "Conflict", "Invalid", "RateLimited"]
)
def test_refusals_have_a_common_base_class(name: str) -> None:
    assert issubclass(getattr(errors, name), Refused)


def test_the_portals_own_rate_limit_has_a_pause_and_no_body() -> None:
    error = errors.RateLimited.before_sending(7)

    assert error.retry_after_seconds == 7
    assert error.body == b""


def test_an_error_can_be_pickled() -> None:
    error = pickle.loads(pickle.dumps(errors.NotFound("GET", "/workspaces", 404, "req-1")))

    assert str(error) == "GET /workspaces: status 404; upstream request req-1"
