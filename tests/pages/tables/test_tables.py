"""A table on a page: what is sorted, how, and what is offered to download."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from billing.models import AuditEntry
from billing.pages.tables import listing
from billing.pages.tables.csv_file import harmless
from billing.pages.tables.table import Table
from tests.pages.addresses import ACCOUNTS, DOCUMENTED, WORKSPACE
from tests.pages.tables.table_of import COLUMNS, Sale, table_of
from tests.pages.tables.test_exports import asked, rows_of


def names(table: Table[Sale], query: str) -> list[str]:
    """The first column of the page."""
    return [str(row[0].value) for row in listing.shown(asked(query), table)]


ROWS = [
    Sale("beta", 900, "usd", seats=2),
    Sale("Alpha", 100, "zar", None, seats=None),
    Sale("alpha", 1000, "usd", datetime(2020, 1, 1, tzinfo=UTC), seats=10),
    Sale("", None, "eur"),
]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["beta", "Alpha", "alpha", ""]),
        ("sort=name", ["Alpha", "alpha", "beta", ""]),
        ("sort=-name", ["beta", "alpha", "Alpha", ""]),
        ("sort=total", ["beta", "alpha", "Alpha", ""]),
        ("sort=-total", ["Alpha", "alpha", "beta", ""]),
        ("sort=at", ["alpha", "beta", "", "Alpha"]),
        ("sort=seats", ["beta", "", "alpha", "Alpha"]),
        ("sort=nothing", ["beta", "Alpha", "alpha", ""]),
        ("sort=--name", ["beta", "Alpha", "alpha", ""]),
    ],
)
def test_it_is_in_the_order_that_the_address_asks_for(sort: str, order: list[str]) -> None:
    assert names(table_of(ROWS), sort) == order


def test_a_table_may_have_an_order_of_its_own() -> None:
    assert names(table_of(ROWS, sort="-name"), "") == ["beta", "alpha", "Alpha", ""]
    assert names(table_of(ROWS, sort="-name"), "sort=name") == ["Alpha", "alpha", "beta", ""]


@given(
    st.lists(st.builds(Sale, st.text(), st.none() | st.integers(), st.sampled_from(("usd", "jpy", None)))),
    st.sampled_from(("", "name", "-name", "total", "-total", "at", "-on", "seats", "pdf")),
)
def test_the_page_and_the_file_have_the_same_rows_in_the_same_order(rows: list[Sale], sort: str) -> None:
    shown = listing.shown(asked(f"sort={sort}"), table_of(rows))
    written = rows_of(table_of(rows), f"format=csv&sort={sort}")

    assert len(shown) == len(written) - 1 == len(rows)
    plain = [str(row[0].value).encode("utf-8", "replace").decode() for row in shown]
    assert [cells[0] for cells in written[1:]] == [harmless(text) for text in plain]


def test_a_list_that_is_not_complete_is_not_sorted() -> None:
    shown = listing.shown(asked("sort=name"), table_of(ROWS, incomplete="There is more."))

    assert [row[0].value for row in shown] == [row.name for row in ROWS]
    assert not any(heading.link for heading in shown.headings)


def test_a_heading_sorts_by_it_then_the_other_way_and_keeps_the_query() -> None:
    def link(query: str) -> QueryDict:
        heading = listing.shown(asked(query), table_of(ROWS)).headings[0]
        assert heading.link.startswith("/sales/?")
        return QueryDict(heading.link.partition("?")[2])

    assert link("q=a%26b&q=c")["sort"] == "name"
    assert link("q=a%26b&q=c").getlist("q") == ["a&b", "c"]
    assert link("sort=name")["sort"] == "-name"
    assert link("sort=-name")["sort"] == "name"


def test_one_heading_says_how_it_is_sorted() -> None:
    html = render_to_string(
        "parts/tables/table.html", {"table": listing.shown(asked("sort=-name"), table_of(ROWS))}
    )

    assert re.findall(r'aria-sort="(\w+)"', html) == ["descending"]


def test_figures_are_figures_and_links_lead_to_the_web_only() -> None:
    rows = [Sale(pdf="javascript:alert(1)"), Sale(pdf="https://pay.example/a?b=1&c=2"), Sale(name="<b>")]
    html = render_to_string("parts/tables/table.html", {"table": listing.shown(asked(""), table_of(rows))})

    assert '<td class="figure" data-label="Total"><data class="money" value="1234.50">' in html
    assert 'href="javascript' not in html
    assert 'href="https://pay.example/a?b=1&amp;c=2" rel="noreferrer noopener external"' in html
    assert "<b>" not in html


def test_files_with_links_are_offered_apart() -> None:
    shown = listing.shown(asked("sort=name"), table_of(ROWS))
    without = replace(table_of(ROWS), columns=COLUMNS[:-1])

    assert [way.has_links for way in shown.downloads] == [False, False, True, True]
    assert shown.downloads[0].link == "/sales/?sort=name&format=csv"
    assert shown.downloads[3].link == "/sales/?sort=name&format=xlsx&links=yes"
    assert len(listing.shown(asked(""), without).downloads) == 2


def test_rows_are_read_one_at_a_time_unless_they_are_sorted() -> None:
    def endless() -> Iterator[Sale]:
        while True:
            yield Sale()

    assert next(iter(table_of(endless()).sorted_rows(asked("")))) == Sale()


def test_two_columns_of_one_key_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="same key"):
        Table("sales", "Sales", (COLUMNS[0], COLUMNS[0]), [])


@pytest.mark.parametrize(
    ("address", "named"),
    [("/workspaces/", "ACME Corporation"), (ACCOUNTS, "ACME Corp Billing")],
    ids=["workspaces", "accounts"],
)
def test_the_lists_sort_and_download(address: str, named: str, alice: Client) -> None:
    page = alice.get(address, {"sort": "-name"}).text
    listed = re.findall(r'<td class="row-main"><a href="[^"]+">([^<]+)', unescape(page))
    answer = alice.get(address, {"sort": "-name", "format": "csv"})
    body = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    assert listed == sorted(listed, key=str.casefold, reverse=True)
    assert named in listed
    assert [row[0] for row in csv.reader(io.StringIO(body, newline=""))][1:] == listed
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_audit_knows_who_took_a_list_along(alice: Client) -> None:
    for ask in (alice.get, alice.head):
        b"".join(ask(ACCOUNTS, {"format": "xlsx"}).streaming_content)  # type: ignore[attr-defined]  # to its end

    (entry,) = AuditEntry.objects.filter(verb="list.download")
    assert entry.actor_name == "alice"
    assert entry.subject.startswith("billing-accounts-ws_a1b2c3d4e5f6g7h8-")
    assert entry.detail == "5 rows"


def test_a_failure_is_a_page_and_no_file(alice: Client) -> None:
    answer = alice.get("/workspaces/ws_nowhere/billing-accounts/", {"format": "csv"})

    assert answer.status_code in {403, 404}
    assert "Content-Disposition" not in answer.headers
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("address", "named", "cells"),
    [
        (f"{DOCUMENTED}subscriptions/", "subscriptions-cus_a1b2c3d4e5f6g7h8", ["locations", "users"]),
        (f"{DOCUMENTED}payment-methods/", "payment-methods-cus_a1b2c3d4e5f6g7h8", ["4242", "5454"]),
        (
            f"/workspaces/{WORKSPACE}/organizations/",
            "organizations-ws_a1b2c3d4e5f6g7h8",
            ["org_aBcDeFg123456789"],
        ),
        (
            f"/workspaces/{WORKSPACE}/members/",
            "members-ws_a1b2c3d4e5f6g7h8",
            ["auth0|64f5a6b7c8d9e0f1a2b3c4d5"],
        ),
    ],
    ids=["subscriptions", "payment methods", "organizations", "members"],
)
def test_a_list_that_is_no_table_is_a_file_as_well(
    address: str, named: str, cells: list[str], alice: Client
) -> None:
    assert re.search(r'href="[^"]*\?format=xlsx"', alice.get(address).text)
    answer = alice.get(address, {"format": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]

    assert named in answer.headers["Content-Disposition"]
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert all(any(cell in row for row in rows) for cell in cells)
