"""The list of an account's invoices, its pages, filter and files, and the page of one invoice."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from tests.html import Source, alerts, attributes, facts, one, select, text, texts
from tests.pages.addresses import DOCUMENTED
from tests.pages.invoices.conftest import PutInvoices

INVOICES = f"{DOCUMENTED}invoices/"
ODD = "/workspaces/ws_oddshapes00000001/billing-accounts"
LATE = "/workspaces/ws_supportdesk0002/billing-accounts/cus_gmd3htvd7p28fhm1"


def links(page: Source) -> list[str]:
    """Return the invoices that a list links to, in order."""
    return [link for link in attributes(page, "a", "href") if link.startswith(f"{INVOICES}in_")]


def csv_rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_totals_of_one_invoice_do_not_say_all(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices({"status": "open", "total": 1000, "amount_due": 1000})

    assert texts(alice.get(INVOICES), ".ages .spend-title") == ["Totals of 1 invoice"]


def test_complete_list_says_so(alice: Client) -> None:
    page = alice.get(INVOICES)

    assert len(links(page)) == 13
    assert texts(page, ".card-lead") == ["All 13 invoices"]
    assert not select(page, "a[rel=next]")


def test_file_has_the_rows_of_the_list_without_bearer_links(alice: Client) -> None:
    answer = alice.get(f"{INVOICES}?format=csv")
    rows = csv_rows(answer)

    assert answer["Content-Disposition"].startswith("attachment")
    assert [f"{INVOICES}{row['Invoice ID']}/" for row in rows] == links(alice.get(INVOICES))
    assert not {"PDF", "Payment page"} & set(rows[0])


def test_file_has_bearer_links_on_request(alice: Client) -> None:
    answer = alice.get(f"{INVOICES}?format=csv&links=yes")

    assert "https://pay.stripe.com/" in answer.getvalue().decode()


def test_filter_shows_how_many_invoices_were_read(alice: Client) -> None:
    page = alice.get(f"{LATE}/invoices/?status=open")

    assert [tag.rpartition(" ")[0].rpartition(" ")[0] for tag in texts(page, "td .tag")] == ["Past due"] * 4
    assert re.search(r"4 of all \d+ invoices have the status “Open”\.", text(one(page, ".card-lead")))


def test_filter_applies_to_the_file(alice: Client) -> None:
    rows = csv_rows(alice.get(f"{LATE}/invoices/?status=open&format=csv"))

    assert {row["Status"] for row in rows} == {"open"}
    assert len(rows) == 4


def test_pages_have_no_gaps(alice: Client) -> None:
    every = links(alice.get(INVOICES))
    cursor = every[4].rstrip("/").rpartition("/")[2]

    older = links(alice.get(f"{INVOICES}?after={cursor}"))
    newer = links(alice.get(f"{INVOICES}?before={cursor}"))

    assert [link.partition("?")[0] for link in older] == every[5:]
    assert [link.partition("?")[0] for link in newer] == every[:4]


def test_invoice_has_lines_and_sums(alice: Client) -> None:
    page = alice.get(links(alice.get(INVOICES))[0])
    sums = facts(one(page, ".sums"))

    assert sums["Subtotal"] == "$300.00 USD"
    assert sums["Discount: 10% Off Coupon"] == "less $30.00 USD"
    assert sums["Total"] == "$270.00 USD"
    assert not alerts(page)


def test_document_links_send_no_referrer(alice: Client) -> None:
    page = alice.get(links(alice.get(INVOICES))[0])

    found = select(page, 'a[href^="https://invoice.stripe.com/"], a[href^="https://pay.stripe.com/"]')
    assert [link.attributes["rel"] for link in found] == ["noreferrer noopener external"] * 2
    assert "Anyone who has these links can open them" in text(page)


def test_unknown_invoice_is_not_found(alice: Client) -> None:
    answer = alice.get(f"{INVOICES}in_nowhere/")

    assert answer.status_code == 404
    assert "None of the account's invoices has this ID." in text(answer)


def test_outdated_cursor_still_finds_the_invoice(alice: Client) -> None:
    every = links(alice.get(INVOICES))
    oldest = every[-1].rstrip("/").rpartition("/")[2]

    assert alice.get(f"{every[0]}?after={oldest}").status_code == 200


@pytest.mark.parametrize(
    "query", ["after=%0a", "before=a%20b", f"after={'x' * 300}"], ids=["line", "blank", "long"]
)
def test_malformed_cursor_is_refused(query: str, alice: Client) -> None:
    assert alice.get(f"{INVOICES}?{query}").status_code == 404


@pytest.mark.parametrize(
    ("account", "shown"),
    [
        ("cus_oddtomorrow00001", "Unknown status “disputed”"),
        ("cus_oddempty00000001", "No number"),
        ("cus_oddyen0000000001", "Amounts in JPY"),
    ],
    ids=["unknown status", "no number", "yen"],
)
def test_unusual_invoices_are_listed(account: str, shown: str, alice: Client) -> None:
    page = alice.get(f"{ODD}/{account}/invoices/")

    assert page.status_code == 200
    assert shown in text(page)


def test_invoices_need_a_token_that_can_access_the_account(alice: Client, carol: Client) -> None:
    link = links(alice.get(INVOICES))[0]

    assert carol.get(INVOICES).status_code in {403, 404}
    assert carol.get(link).status_code in {403, 404}
