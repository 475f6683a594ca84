"""What a view of a billing account costs: queries and writes."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.pages.addresses import DOCUMENTED


def test_second_view_makes_at_most_12_queries_and_writes_nothing(alice: Client) -> None:
    alice.get(DOCUMENTED)
    with CaptureQueriesContext(connection) as queries:
        alice.get(DOCUMENTED)
    statements = [query["sql"] for query in queries]

    assert len(statements) <= 12, statements
    assert [statement for statement in statements if not statement.startswith("SELECT")] == []
