"""What a view of a billing account costs: queries, writes and size."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.pages.addresses import ACCOUNT, DOCUMENTED
from tests.pages.tables.test_paging import invoice, rendering_calls
from tests.plugins.processes import Sandbox


def test_second_view_makes_at_most_12_queries_and_writes_nothing(alice: Client) -> None:
    alice.get(DOCUMENTED)
    with CaptureQueriesContext(connection) as queries:
        alice.get(DOCUMENTED)
    statements = [query["sql"] for query in queries]

    assert len(statements) <= 12, statements
    assert [statement for statement in statements if not statement.startswith("SELECT")] == []


def test_page_has_at_most_40_kb_of_html(alice: Client) -> None:
    assert len(alice.get(DOCUMENTED).content) <= 40_000


def test_page_does_not_grow_with_the_number_of_invoices(alice: Client, fresh_sandbox: Sandbox) -> None:
    calls, sizes = [], []
    for count in (10, 10, 1_000, 10_000):  # the first view compiles the templates
        fresh_sandbox.put("invoices", ACCOUNT, *map(invoice, range(1, count + 1)))
        made, page = rendering_calls(alice, DOCUMENTED)
        calls.append(made)
        sizes.append(len(page))

    assert max(calls[1:]) < 1.3 * min(calls[1:])
    assert max(sizes[1:]) < 1.3 * min(sizes[1:])
