"""Errors and logs never contain the token, the body or ids."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType

import pytest

from billing.altostrat.client import AltostratClient
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import AltostratError, RateLimited
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.transport import Transport, TransportConfig
from tests.altostrat.conftest import CANARY, Caller
from tests.altostrat.upstream import Script, answer, hanging_up, saying, silent

ClientOf = Callable[..., Caller]

ACCOUNT_ID = "cus_b1"
SECRET = b'{"message": "SECRET of cus_b1", "code": "SECRET", "email": "SECRET@example.org"}'
FAILURES: dict[str, Script] = {
    "refused": saying(answer(SECRET, status="422 Unprocessable")),
    "rejected": saying(answer(SECRET, f"X-Echo: {CANARY}", status="401 Unauthorized")),
    "broken": saying(answer(SECRET, status="500 Oops")),
    "unavailable": saying(answer(SECRET, status="503 Oops")),
    "reset": hanging_up(b""),
    "cut head": hanging_up(b"HTTP/1.1 200 OK\r\nX-SECRET: y"),
    "cut body": hanging_up(answer(SECRET)[:-5]),
    "malformed": saying(b"SECRET\r\n\r\n"),
    "bad json": saying(answer(SECRET[:-1])),
    "another object": saying(answer(b'{"id": "SECRET"}')),
    "silent": silent,
    "redirect": saying(answer(b"", "Location: https://SECRET.example", status="302 Found")),
}
FORBIDDEN = ("CANARY", "SECRET", ACCOUNT_ID, "127.0.0.1")


@pytest.fixture(params=list(FAILURES.values()), ids=list(FAILURES))
def failure(client_of: ClientOf, request: pytest.FixtureRequest) -> AltostratError:
    """Return the error of a call for each of the FAILURES."""
    with pytest.raises(AltostratError) as caught:
        client_of(request.param, deadline_seconds=0.12).retrieve_billing_account("ws_a", ACCOUNT_ID)
    return caught.value


def test_an_error_reveals_nothing(failure: AltostratError) -> None:
    shown = f"{failure!s} {failure!r} {''.join(traceback.format_exception(failure))}"

    assert not [word for word in FORBIDDEN if word in shown]


def test_an_error_has_no_cause_or_context(failure: AltostratError) -> None:
    assert failure.__cause__ is None
    assert failure.__context__ is None


def test_variables_in_the_traceback_do_not_reveal_the_token(failure: AltostratError) -> None:
    inside = [repr(values) for name, values in locals_of(failure.__traceback__) if "/billing/" in name]

    assert inside
    assert not [shown for shown in inside if "CANARY" in shown or "SECRET" in shown]


@pytest.mark.parametrize("content_type", ["application/json", f"application/json; echo={CANARY}"])
def test_a_success_that_repeats_the_token_is_refused(client_of: ClientOf, content_type: str) -> None:
    body = b"{}" if CANARY in content_type else b'{"name": "%b"}' % CANARY.encode()

    with pytest.raises(AltostratError) as caught:
        client_of(saying(answer(body, content_type=content_type))).retrieve_workspace("ws_a")

    assert caught.value.reason is FailureReason.ECHO


def test_the_body_of_a_refusal_that_repeats_the_token_is_discarded(client_of: ClientOf) -> None:
    said = answer(b'{"message": "What is %b?"}' % CANARY.encode(), "Retry-After: 60", status="429 Slow")

    with pytest.raises(RateLimited) as caught:
        client_of(saying(said)).list_workspaces()

    assert (caught.value.body, caught.value.message, caught.value.content_type) == (b"", None, "")
    assert caught.value.retry_after_seconds == 60


def test_an_unexpected_exception_reveals_nothing(caplog: pytest.LogCaptureFixture) -> None:
    transport = Transport(TransportConfig("http://127.0.0.1:9"))
    transport._pool = None  # type: ignore[assignment]

    with pytest.raises(AltostratError) as caught, caplog.at_level(logging.DEBUG):
        AltostratClient(transport, BearerToken(CANARY)).list_workspaces()

    assert caught.value.__context__ is None
    assert "AttributeError" in caplog.text
    assert "CANARY" not in caplog.text + str(caught.value)


@pytest.mark.parametrize(
    "script", [*FAILURES.values(), saying(answer(b"{}"))], ids=[*FAILURES.keys(), "success"]
)
def test_debug_logs_contain_neither_token_nor_body(
    client_of: ClientOf, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        try:
            client_of(script, deadline_seconds=0.12).retrieve_billing_account("ws_a", ACCOUNT_ID)
        except AltostratError:
            logging.getLogger("test").exception("It failed.")

    assert not [word for word in ("CANARY", "SECRET") if word in caplog.text]


def test_the_repr_of_a_client_does_not_reveal_the_token(client_of: ClientOf) -> None:
    client = client_of(silent)

    assert "CANARY" not in f"{client!r} {vars(client)!r}"


def locals_of(link: TracebackType | None) -> Iterator[tuple[str, dict[str, object]]]:
    while link is not None:
        yield link.tb_frame.f_code.co_filename, link.tb_frame.f_locals
        link = link.tb_next
