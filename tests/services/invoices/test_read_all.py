"""Reading many invoices: to the end, up to a bound, or not at all. Never a part that is taken for the whole."""

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
from billing.services.invoices.read_all import Walk, walk
from billing.services.tokens import manage as token_changes
from billing.services.tokens import upstream
from tests.altostrat.upstream import Upstream, answer
from tests.services.cast import actor_called
from tests.tokens import FINANCE

pytestmark = pytest.mark.django_db

Page = dict[str, object]
Answers = Callable[[str], Page | int]
_AFTER = re.compile(rb"[?&]after=([^& ]+)")


@pytest.fixture
def says(settings: Settings) -> Iterator[Callable[[Answers], Upstream]]:
    """An Altostrat that answers each cursor as the test says: with a page, or a status."""
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


def read(pages: int = 10, seconds: float = 10, until: str = "", after: str = "") -> Walk:
    actor = actor_called("alice")
    token_changes.save(actor, text=FINANCE, label="t", verify=False)
    return _walk(actor, pages, seconds, until, after)


def _walk(actor: Actor, pages: int, seconds: float, until: str, after: str) -> Walk:
    place = {"workspace_id": "ws_1", "billing_account_id": "cus_1"}
    return walk(
        actor,
        workspace_id=place["workspace_id"],
        billing_account_id=place["billing_account_id"],
        pages=pages,
        seconds=seconds,
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


def test_it_reads_to_the_end(says: Callable[[Answers], Upstream]) -> None:
    says(three_pages)

    found = read()

    assert [row.id for row in found.invoices] == ["in_6", "in_5", "in_4", "in_3", "in_2"]
    assert found.is_complete


def test_it_stops_after_so_many_pages_and_says_where(says: Callable[[Answers], Upstream]) -> None:
    server = says(three_pages)

    found = read(pages=2)

    assert len(server.requests) == 2
    assert not found.is_complete
    assert found.next_after == "in_3"


def test_it_stops_when_the_time_is_over(says: Callable[[Answers], Upstream]) -> None:
    server = says(three_pages)

    found = read(seconds=0)

    assert len(server.requests) == 1
    assert not found.is_complete


def test_it_stops_at_the_invoice_that_is_looked_for(says: Callable[[Answers], Upstream]) -> None:
    server = says(three_pages)

    found = read(until="in_4")

    assert found.named("in_4") is not None
    assert len(server.requests) == 2


def test_the_next_walk_goes_on_without_a_gap(says: Callable[[Answers], Upstream]) -> None:
    says(three_pages)

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
    ids=["cursor again", "nothing new", "empty and more", "more and not where"],
)
def test_a_list_that_leads_back_is_no_list(second: Page, says: Callable[[Answers], Upstream]) -> None:
    first: Page = {"data": rows("in_6", "in_5"), "has_more": True, "next_cursor": "in_5"}
    says(lambda after: second if after else first)

    with pytest.raises(UnexpectedAnswer):
        read()


def test_a_page_that_fails_fails_it_all(says: Callable[[Answers], Upstream]) -> None:
    says(lambda after: 500 if after else three_pages(after))

    with pytest.raises(Broken):
        read()


def test_an_invoice_that_comes_twice_is_counted_once(says: Callable[[Answers], Upstream]) -> None:
    overlapping: Page = {"data": rows("in_5", "in_4"), "has_more": False}
    says(lambda after: overlapping if after else three_pages(after))

    assert [row.id for row in read().invoices] == ["in_6", "in_5", "in_4"]


def test_a_full_page_of_an_old_answer_has_another_behind_it(says: Callable[[Answers], Upstream]) -> None:
    full = rows(*(f"in_{number}" for number in range(200)))
    server = says(lambda after: {"data": rows("in_x") if after else full})

    found = read()

    assert len(found.invoices) == 201
    assert b"after=in_199" in server.requests[1]


def test_who_may_not_read_reads_nothing(says: Callable[[Answers], Upstream]) -> None:
    server = says(three_pages)

    with pytest.raises(NotPermitted):
        _walk(actor_called("otto", Role.AUDITOR), 1, 1, "", "")
    assert server.requests == []
