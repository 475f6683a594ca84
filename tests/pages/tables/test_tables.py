"""Tables on pages: order, cells and download links."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from billing.models import AuditEntry
from billing.pages.tables.csv_file import escape_formulas
from billing.pages.tables.page_table import page_table
from billing.pages.tables.table import Table
from tests.html import attributes, select, texts
from tests.pages.addresses import ACCOUNTS, DOCUMENTED, WORKSPACE
from tests.pages.tables.table_of import COLUMNS, Sale, table_of
from tests.pages.tables.test_exports import request_for, rows_of


def names(table: Table[Sale], query: str) -> list[str]:
    return [str(row[0].value) for row in page_table(request_for(query), table)]


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
def test_rows_are_sorted_as_requested(sort: str, order: list[str]) -> None:
    assert names(table_of(ROWS), sort) == order


def test_table_has_a_default_order() -> None:
    assert names(table_of(ROWS, sort="-name"), "") == ["beta", "alpha", "Alpha", ""]
    assert names(table_of(ROWS, sort="-name"), "sort=name") == ["Alpha", "alpha", "beta", ""]


@given(
    st.lists(st.builds(Sale, st.text(), st.none() | st.integers(), st.sampled_from(("usd", "jpy", None)))),
    st.sampled_from(("", "name", "-name", "total", "-total", "at", "-on", "seats", "pdf")),
)
def test_page_and_file_have_the_same_rows(rows: list[Sale], sort: str) -> None:
    shown = page_table(request_for(f"sort={sort}"), table_of(rows))
    written = rows_of(table_of(rows), f"format=csv&sort={sort}")

    assert len(shown) == len(written) - 1 == len(rows)
    plain = [str(row[0].value).encode("utf-8", "replace").decode() for row in shown]
    assert [cells[0] for cells in written[1:]] == [escape_formulas(text) for text in plain]


def test_incomplete_list_cannot_be_sorted() -> None:
    shown = page_table(request_for("sort=name"), table_of(ROWS, incomplete="There is more."))

    assert [row[0].value for row in shown] == [row.name for row in ROWS]
    assert not any(heading.link for heading in shown.headings)


def test_heading_toggles_the_order_and_keeps_the_query() -> None:
    def link(query: str) -> QueryDict:
        heading = page_table(request_for(query), table_of(ROWS)).headings[0]
        assert heading.link.startswith("/sales/?")
        return QueryDict(heading.link.partition("?")[2])

    assert link("q=a%26b&q=c")["sort"] == "name"
    assert link("q=a%26b&q=c").getlist("q") == ["a&b", "c"]
    assert link("sort=name")["sort"] == "-name"
    assert link("sort=-name")["sort"] == "name"


def test_sorted_heading_has_aria_sort() -> None:
    html = render_to_string(
        "parts/tables/table.html", {"table": page_table(request_for("sort=-name"), table_of(ROWS))}
    )

    assert attributes(html, "th", "aria-sort") == ["descending"]


def test_amounts_are_aligned_and_only_https_is_linked() -> None:
    rows = [Sale(pdf="javascript:alert(1)"), Sale(pdf="https://pay.example/a?b=1&c=2"), Sale(name="<b>")]
    html = render_to_string("parts/tables/table.html", {"table": page_table(request_for(""), table_of(rows))})

    assert attributes(html, "td.figure[data-label=Total] data", "value") == ["1234.50"] * 3
    links = select(html, "td a")
    assert [link.attributes["href"] for link in links] == ["https://pay.example/a?b=1&c=2", Sale.pdf]
    assert {link.attributes["rel"] for link in links} == {"noreferrer noopener external"}
    assert texts(html, "td:first-child")[2] == "<b>"


def test_downloads_with_links_are_separate() -> None:
    shown = page_table(request_for("sort=name"), table_of(ROWS))
    without = replace(table_of(ROWS), columns=COLUMNS[:-1])

    assert [download.has_links for download in shown.downloads] == [False, False, True, True]
    assert shown.downloads[0].link == "/sales/?sort=name&format=csv"
    assert shown.downloads[3].link == "/sales/?sort=name&format=xlsx&links=yes"
    assert len(page_table(request_for(""), without).downloads) == 2


def test_unsorted_rows_are_read_one_at_a_time() -> None:
    def endless() -> Iterator[Sale]:
        while True:
            yield Sale()

    assert next(iter(table_of(endless()).sorted_rows(request_for("")))) == Sale()


def test_columns_need_different_keys() -> None:
    with pytest.raises(ValueError, match="same key"):
        Table("sales", "Sales", (COLUMNS[0], COLUMNS[0]), [])


@pytest.mark.parametrize(
    ("address", "named"),
    [("/workspaces/", "ACME Corporation"), (ACCOUNTS, "ACME Corp Billing")],
    ids=["workspaces", "accounts"],
)
def test_list_can_be_sorted_and_downloaded(address: str, named: str, alice: Client) -> None:
    listed = texts(alice.get(address, {"sort": "-name"}), "td.row-main > a")
    answer = alice.get(address, {"sort": "-name", "format": "csv"})
    body = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    assert listed == sorted(listed, key=str.casefold, reverse=True)
    assert named in listed
    assert [row[0] for row in csv.reader(io.StringIO(body, newline=""))][1:] == listed
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Cache-Control"] == "no-store"


def test_download_is_audited(alice: Client) -> None:
    for method in (alice.get, alice.head):
        b"".join(method(ACCOUNTS, {"format": "xlsx"}).streaming_content)  # type: ignore[attr-defined]

    (entry,) = AuditEntry.objects.filter(verb="list.download")
    assert entry.actor_name == "alice"
    assert entry.subject.startswith("billing-accounts-ws_a1b2c3d4e5f6g7h8-")
    assert entry.detail == "5 rows"


def test_download_of_one_row_is_audited_as_such(alice: Client) -> None:
    alice.get(f"{ACCOUNTS}cus_qctd7kt95e167w1b/payment-methods/", {"format": "csv"}).getvalue()

    assert AuditEntry.objects.get(verb="list.download").detail == "1 row"


def test_failed_download_is_a_page(alice: Client) -> None:
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
def test_every_list_can_be_downloaded(address: str, named: str, cells: list[str], alice: Client) -> None:
    assert any(link.endswith("?format=xlsx") for link in attributes(alice.get(address), "a", "href"))
    answer = alice.get(address, {"format": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]

    assert named in answer.headers["Content-Disposition"]
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert all(any(cell in row for row in rows) for cell in cells)
