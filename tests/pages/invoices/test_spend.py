"""The monthly spend, and the aging of open invoices."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.html import Source, attributes, one, select, text
from tests.pages.addresses import DOCUMENTED
from tests.pages.invoices.test_invoices import LATE, ODD, csv_rows

SPEND, AGING = f"{DOCUMENTED}spend/", f"{LATE}/aging/"


def cents(page: Source, label: str) -> list[int]:
    """Return the amounts of a column, with its total."""
    return [
        round(float(value) * 100) for value in attributes(page, f'td[data-label="{label}"] data', "value")
    ]


def test_total_is_the_sum_of_the_months(alice: Client) -> None:
    totals = cents(alice.get(SPEND), "Total")

    assert len(totals) == 14  # twelve months, the earlier ones, and the total
    assert sum(totals[:-1]) == totals[-1]


def test_chart_is_an_accessible_image(alice: Client) -> None:
    page = alice.get(SPEND)

    assert len(select(page, "svg[role=img]")) == 3  # for a phone, a panel and a page
    assert attributes(page, "svg[role=img]", "aria-label") == ["Spend per month in USD"] * 3
    assert attributes(page, "svg[role=img]", "aria-describedby") == ["spend-usd"] * 3
    assert "Highest in" in text(one(page, "#spend-usd"))
    assert not select(page, "[style]")
    ids = attributes(page, "[id]", "id")
    assert len(ids) == len(set(ids))


def test_open_amounts_have_a_pattern(alice: Client) -> None:
    fills = attributes(alice.get(f"{LATE}/spend/"), "path.chart-part-open", "fill")

    assert "url(#open-usd-wide)" in fills


def test_page_says_what_is_included(alice: Client) -> None:
    note = text(one(alice.get(SPEND), ".card-note"))

    assert "paid, open and uncollectible invoices" in note
    assert "(UTC)" in note


@pytest.mark.parametrize("months", ["12", "24", "all"])
def test_file_has_the_rows_of_the_page(months: str, alice: Client) -> None:
    page = alice.get(f"{SPEND}?months={months}")
    (link,) = attributes(page, 'a[href$="format=csv"]', "href")
    totals = [round(float(row["Total"]) * 100) for row in csv_rows(alice.get(f"{SPEND}{link}"))]

    assert totals == cents(page, "Total")[:-1]
    assert sum(totals) == cents(page, "Total")[-1]


def test_unknown_status_is_not_included(alice: Client) -> None:
    page = text(alice.get(f"{ODD}/cus_oddtomorrow00001/spend/"))

    assert "Not included: 1 with the unknown status “disputed”." in page


def test_yen_have_no_decimals(alice: Client) -> None:
    amount = select(alice.get(f"{ODD}/cus_oddyen0000000001/spend/"), "tfoot data")[-1]

    assert re.fullmatch(r"\d+", amount.attributes["value"] or "")
    assert re.fullmatch(r"¥[\d,]+ JPY", text(amount))


def test_buckets_add_up_to_the_invoices(alice: Client) -> None:
    page = alice.get(AGING)
    owed = cents(page, "Remaining")

    buckets, total, rows = owed[:6], owed[6], owed[7:]
    assert sum(buckets) == total == sum(rows)
    assert len(rows) == 4
    assert "More than 90 days late" in text(page)


def test_account_without_open_invoices(alice: Client) -> None:
    assert "No open invoices" in text(alice.get(f"{DOCUMENTED}aging/"))
