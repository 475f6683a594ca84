"""The monthly spend, and the ages of open invoices."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from django.test import Client

from tests.pages.addresses import DOCUMENTED
from tests.pages.invoices.test_invoices import LATE, ODD, words

SPEND, AGEING = f"{DOCUMENTED}spend/", f"{LATE}/ageing/"


def cents(page: str, label: str) -> list[int]:
    """The amounts of a column, the total last."""
    found = re.findall(rf'data-label="{label}">(?:<strong>)?<data class="money" value="([^"]+)"', page)
    return [round(float(value) * 100) for value in found]


def test_the_table_has_every_month_and_a_total_that_is_its_rows(alice: Client) -> None:
    totals = cents(alice.get(SPEND).text, "Total")

    assert len(totals) == 14  # twelve months, what is earlier, and all together
    assert sum(totals[:-1]) == totals[-1]


def test_the_chart_is_a_picture_with_words_and_without_a_style(alice: Client) -> None:
    page = alice.get(SPEND).text

    assert page.count('role="img"') == 3  # for a phone, a panel and a page
    assert '<title id="chart-usd-wide-title">Spend per month in USD</title>' in page
    assert "Highest in" in page
    assert "style=" not in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_what_is_open_differs_by_pattern(alice: Client) -> None:
    page = alice.get(f"{LATE}/spend/").text

    assert 'fill="url(#open-usd-wide)"' in page


def test_it_says_what_counts(alice: Client) -> None:
    page = words(alice.get(SPEND).text)

    assert "Drafts and voided invoices are not" in page
    assert "UTC" in page


@pytest.mark.parametrize("months", ["12", "24", "all"])
def test_the_file_has_the_rows_of_the_page(months: str, alice: Client) -> None:
    page = alice.get(f"{SPEND}?months={months}").text
    link = unescape(re.findall(r'href="([^"]+format=csv)"', page)[0])
    text = alice.get(f"{SPEND}{link}").getvalue().decode("utf-8-sig")
    totals = [round(float(row["Total"]) * 100) for row in csv.DictReader(io.StringIO(text))]

    assert totals == cents(page, "Total")[:-1]
    assert sum(totals) == cents(page, "Total")[-1]


def test_a_status_that_nobody_documented_is_left_out_and_named(alice: Client) -> None:
    page = words(alice.get(f"{ODD}/cus_oddtomorrow00001/spend/").text)

    assert "1 “disputed”" in page


def test_yen_have_no_fraction(alice: Client) -> None:
    assert re.search(r'value="\d+">¥[\d,]+\xa0JPY', alice.get(f"{ODD}/cus_oddyen0000000001/spend/").text)


def test_ages_are_counted_and_add_up_to_the_invoices_listed(alice: Client) -> None:
    page = alice.get(AGEING).text
    owed = cents(page, "Still owed")

    buckets, together, rows = owed[:6], owed[6], owed[7:]
    assert sum(buckets) == together == sum(rows)
    assert len(rows) == 4
    assert "More than 90 days late" in page


def test_nothing_open_is_said_so(alice: Client) -> None:
    assert "No open invoice" in words(alice.get(f"{DOCUMENTED}ageing/").text)
