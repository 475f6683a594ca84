"""The list of an account's invoices, its pages, its filter and its files, and one invoice."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client

from tests.pages.addresses import DOCUMENTED

INVOICES = f"{DOCUMENTED}invoices/"
ODD = "/workspaces/ws_oddshapes00000001/billing-accounts"
LATE = "/workspaces/ws_supportdesk0002/billing-accounts/cus_gmd3htvd7p28fhm1"


def words(page: str) -> str:
    """The text of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ").replace("&nbsp;", " ")


def links(page: str) -> list[str]:
    """The invoices that a list links to, in its order."""
    return re.findall(rf'href="({DOCUMENTED}invoices/in_[^"]+)"', page)


def test_it_lists_every_invoice_and_says_that_it_does(alice: Client) -> None:
    page = alice.get(INVOICES).text

    assert len(links(page)) == 13
    assert "13 invoices: all there are." in words(page)
    assert "Older" not in words(page)


def test_a_file_holds_what_is_listed_and_no_bearer_links(alice: Client) -> None:
    listed = alice.get(INVOICES)
    answer = alice.get(f"{INVOICES}?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert answer["Content-Disposition"].startswith("attachment")
    assert [f"{INVOICES}{row['Invoice id']}/" for row in rows] == links(listed.text)
    assert not {"PDF", "Hosted page"} & set(rows[0])


def test_a_file_with_links_is_there_for_who_asks(alice: Client) -> None:
    answer = alice.get(f"{INVOICES}?format=csv&links=yes")

    assert "https://pay.stripe.com/" in answer.getvalue().decode()


def test_a_filter_says_how_many_it_looked_at(alice: Client) -> None:
    page = alice.get(f"{LATE}/invoices/?status=open").text

    assert page.count(">Open</span>") == 4
    assert re.search(
        r"Altostrat cannot filter invoices, so the portal read all \d+ of this account\.", words(page)
    )
    assert "4 of them are open" in words(page)


def test_a_filtered_file_holds_the_filtered(alice: Client) -> None:
    answer = alice.get(f"{LATE}/invoices/?status=open&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert {row["Status"] for row in rows} == {"open"}
    assert len(rows) == 4


def test_going_older_and_back_leaves_no_gap(alice: Client) -> None:
    every = links(alice.get(INVOICES).text)
    cursor = every[4].rstrip("/").rpartition("/")[2]

    behind = links(alice.get(f"{INVOICES}?after={cursor}").text)
    before = links(alice.get(f"{INVOICES}?before={cursor}").text)

    assert [link.partition("?")[0] for link in behind] == every[5:]
    assert [link.partition("?")[0] for link in before] == every[:4]


def test_one_invoice_shows_its_lines_and_sums(alice: Client) -> None:
    page = words(alice.get(links(alice.get(INVOICES).text)[0]).text)

    assert "10% Off Coupon" in page
    assert "Subtotal $300.00 USD" in page
    assert "less $30.00 USD" in page
    assert "Total $270.00 USD" in page
    assert "come to" not in page


def test_its_documents_are_links_that_tell_nobody_where_from(alice: Client) -> None:
    page = alice.get(links(alice.get(INVOICES).text)[0]).text

    found = re.findall(r'<a href="https://(?:invoice|pay)\.stripe\.com/[^>]*>', page)
    assert len(found) == 2
    assert all('rel="noreferrer noopener external"' in link for link in found)
    assert "Whoever has such a link can open it" in words(page)


def test_an_invoice_that_is_nowhere_is_said_to_be_after_reading_all(alice: Client) -> None:
    answer = alice.get(f"{INVOICES}in_nowhere/")

    assert answer.status_code == 404
    assert "All invoices of the billing account were read" in words(answer.text)


def test_a_stale_hint_still_finds_the_invoice(alice: Client) -> None:
    every = links(alice.get(INVOICES).text)
    oldest = every[-1].rstrip("/").rpartition("/")[2]

    assert alice.get(f"{every[0]}?after={oldest}").status_code == 200


@pytest.mark.parametrize(
    "wrong", ["after=%0a", "before=a%20b", f"after={'x' * 300}"], ids=["line", "gap", "long"]
)
def test_a_cursor_that_none_can_be_is_refused(wrong: str, alice: Client) -> None:
    assert alice.get(f"{INVOICES}?{wrong}").status_code == 404


@pytest.mark.parametrize(
    ("account", "shown"),
    [
        ("cus_oddtomorrow00001", "disputed"),
        ("cus_oddempty00000001", "No number"),
        ("cus_oddyen0000000001", "¥"),
    ],
    ids=["status of tomorrow", "no number", "yen"],
)
def test_odd_shapes_are_shown_as_they_are(account: str, shown: str, alice: Client) -> None:
    page = alice.get(f"{ODD}/{account}/invoices/")

    assert page.status_code == 200
    assert shown in page.text


def test_another_persons_token_sees_none_of_it(alice: Client, carol: Client) -> None:
    link = links(alice.get(INVOICES).text)[0]

    assert carol.get(INVOICES).status_code in {403, 404}
    assert carol.get(link).status_code in {403, 404}
