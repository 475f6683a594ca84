"""Reading many invoices, up to a limit."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from billing.altostrat.errors import Broken, UnexpectedAnswer
from billing.roles import Role
from billing.services.actor import Actor, NotPermitted
from billing.services.invoices.read_all import InvoiceList, read_invoices
from billing.services.reads import concurrent
from billing.services.tokens import upstream
from tests.altostrat.upstream import Upstream, answer
from tests.services.cast import actor_called
from tests.tokens import FINANCE

pytestmark = pytest.mark.django_db

Page = dict[str, object]
Answers = Callable[[str], Page | int]
_AFTER = re.compile(rb"[?&]after=([^& ]+)")


@pytest.fixture
def serve(settings: Settings) -> Iterator[Callable[[Answers], Upstream]]:
    """Yield an Altostrat that answers each cursor with the page or the status of the test."""
    running: list[Upstream] = []

    def start(answers: Answers) -> Upstream:
        def script(connection: socket.socket, number: int) -> None:
            found = _AFTER.search(server.requests[number].partition(b"\r\n")[0])
            page = answers(found[1].decode() if found else "")
            if isinstance(page, int):
                connection.sendall(answer(b"{}", status=f"{page} Failing"))
            else:
                connection.sendall(answer(json.dumps(page).encode()))

        server = Upstream(script)
        running.append(server)
        settings.ALTOSTRAT_API_URL = server.url
        upstream.transport.cache_clear()
        return server

    yield start
    for server in running:
        server.close()
    upstream.transport.cache_clear()


def rows(*ids: str) -> list[dict[str, str]]:
    return [{"id": name} for name in ids]


def read(max_pages: int = 10, max_seconds: float = 10, until: str = "", after: str = "") -> InvoiceList:
    actor = actor_called("alice", token=FINANCE)
    return _read(actor, max_pages, max_seconds, until, after)


def _read(actor: Actor, max_pages: int, max_seconds: float, until: str, after: str) -> InvoiceList:
    return read_invoices(
        actor,
        workspace_id="ws_1",
        billing_account_id="cus_1",
        max_pages=max_pages,
        max_seconds=max_seconds,
        until=until,
        after=after,
    )


def three_pages(after: str) -> Page:
    pages: dict[str, Page] = {
        "": {"data": rows("in_6", "in_5"), "has_more": True, "next_cursor": "in_5"},
        "in_5": {"data": rows("in_4", "in_3"), "has_more": True},
        "in_3": {"data": rows("in_2"), "has_more": False, "next_cursor": None},
    }
    return pages[after]


def test_complete_list_is_read_to_its_end(serve: Callable[[Answers], Upstream]) -> None:
    serve(three_pages)

    found = read()

    assert [row.id for row in found.invoices] == ["in_6", "in_5", "in_4", "in_3", "in_2"]
    assert found.is_complete


def test_page_limit_leaves_a_cursor(serve: Callable[[Answers], Upstream]) -> None:
    server = serve(three_pages)

    found = read(max_pages=2)

    assert len(server.requests) == 2
    assert not found.is_complete
    assert found.next_after == "in_3"


def test_time_limit_ends_the_read(serve: Callable[[Answers], Upstream]) -> None:
    server = serve(three_pages)

    found = read(max_seconds=0)

    assert len(server.requests) == 1
    assert not found.is_complete


def test_what_was_read_before_the_deadline_of_the_request_is_shown(
    serve: Callable[[Answers], Upstream], monkeypatch: pytest.MonkeyPatch
) -> None:
    def two_in_time(after: str) -> Page:
        if after == "in_5":
            monkeypatch.setattr(concurrent, "request_ends_at", lambda: float("-inf"))
        return three_pages(after)

    server = serve(two_in_time)
    found = read()

    assert len(server.requests) == 2
    assert [row.id for row in found.invoices] == ["in_6", "in_5", "in_4", "in_3"]
    assert (found.is_complete, found.next_after) == (False, "in_3")


def test_read_ends_at_the_requested_invoice(serve: Callable[[Answers], Upstream]) -> None:
    server = serve(three_pages)

    found = read(until="in_4")

    assert found.find("in_4") is not None
    assert len(server.requests) == 2


def test_next_read_continues_without_a_gap(serve: Callable[[Answers], Upstream]) -> None:
    serve(three_pages)

    found = read(after="in_5")

    assert [row.id for row in found.invoices] == ["in_4", "in_3", "in_2"]


@pytest.mark.parametrize(
    "second",
    [
        {"data": rows("in_1"), "has_more": True, "next_cursor": "in_5"},
        {"data": rows("in_6", "in_5"), "has_more": True, "next_cursor": "in_9"},
        {"data": [], "has_more": True, "next_cursor": "in_9"},
        {"data": [{"number": "without an id"}], "has_more": True, "next_cursor": None},
    ],
    ids=["repeated cursor", "nothing new", "empty page", "no cursor"],
)
def test_list_that_does_not_advance_is_an_error(second: Page, serve: Callable[[Answers], Upstream]) -> None:
    first: Page = {"data": rows("in_6", "in_5"), "has_more": True, "next_cursor": "in_5"}
    serve(lambda after: second if after else first)

    with pytest.raises(UnexpectedAnswer):
        read()


def test_failed_page_fails_the_read(serve: Callable[[Answers], Upstream]) -> None:
    serve(lambda after: 500 if after else three_pages(after))

    with pytest.raises(Broken):
        read()


def test_duplicate_invoice_is_listed_once(serve: Callable[[Answers], Upstream]) -> None:
    overlapping: Page = {"data": rows("in_5", "in_4"), "has_more": False}
    serve(lambda after: overlapping if after else three_pages(after))

    assert [row.id for row in read().invoices] == ["in_6", "in_5", "in_4"]


def test_full_page_without_has_more_is_not_the_last(serve: Callable[[Answers], Upstream]) -> None:
    full = rows(*(f"in_{number}" for number in range(200)))
    server = serve(lambda after: {"data": rows("in_x") if after else full})

    found = read()

    assert len(found.invoices) == 201
    assert b"after=in_199" in server.requests[1]


def test_read_needs_permission(serve: Callable[[Answers], Upstream]) -> None:
    server = serve(three_pages)

    with pytest.raises(NotPermitted):
        _read(actor_called("otto", Role.AUDITOR), 1, 1, "", "")
    assert server.requests == []
