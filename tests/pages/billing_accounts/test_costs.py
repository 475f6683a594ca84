"""What a view of a billing account costs: queries, writes and size."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.html import texts
from tests.pages.addresses import ACCOUNT, DOCUMENTED
from tests.pages.tables.test_paging import invoice, put, rendering_calls
from tests.plugins.processes import Sandbox


def test_second_view_makes_at_most_12_queries_and_writes_nothing(alice: Client) -> None:
    for _ in range(2):  # on a busy machine, the first may end before the last read
        alice.get(DOCUMENTED)
    with CaptureQueriesContext(connection) as queries:
        alice.get(DOCUMENTED)
    statements = [query["sql"] for query in queries]

    assert len(statements) <= 12, statements
    assert [statement for statement in statements if not statement.startswith("SELECT")] == []


def test_page_has_at_most_40_kb_of_html(alice: Client) -> None:
    assert len(alice.get(DOCUMENTED).content) <= 40 * 1024  # as in the benchmark


def test_page_does_not_grow_with_the_number_of_invoices(alice: Client, fresh_sandbox: Sandbox) -> None:
    calls, sizes = [], []
    for count in (10, 10, 1_000, 10_000):  # the first view compiles the templates
        fresh_sandbox.put("invoices", ACCOUNT, *map(invoice, range(1, count + 1)))
        made, page = rendering_calls(alice, DOCUMENTED)
        calls.append(made)
        sizes.append(len(page))

    assert max(calls[1:]) < 1.3 * min(calls[1:])
    assert max(sizes[1:]) < 1.3 * min(sizes[1:])


@pytest.mark.parametrize("name", ["subscriptions", "payment methods", "organizations"])
def test_page_does_not_grow_with_other_lists(name: str, alice: Client, fresh_sandbox: Sandbox) -> None:
    calls, sizes = [], []
    for count in (20, 20, 1_000):  # the first view compiles the templates
        put(fresh_sandbox, name, count)
        made, page = rendering_calls(alice, DOCUMENTED)
        calls.append(made)
        sizes.append(len(page))

    assert calls[2] < 1.3 * calls[1]
    assert sizes[2] < 1.3 * sizes[1]


def test_status_shows_ten_statements_and_counts_the_others(alice: Client, fresh_sandbox: Sandbox) -> None:
    trials = ({"id": f"sub_{number}", "status": "trialing", "currency": "usd"} for number in range(1, 41))
    fresh_sandbox.put("subscriptions", ACCOUNT, *trials)
    lines = texts(alice.get(DOCUMENTED), "#account-status li")

    assert sum(line.startswith("Trial ends on an unknown date") for line in lines) <= 10
    assert any(re.match(r"3\d more statements about subscriptions", line) for line in lines), lines
