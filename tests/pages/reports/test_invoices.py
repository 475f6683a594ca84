"""All invoices of all accounts: page, filters and file."""

from __future__ import annotations

from decimal import Decimal

from django.test import Client

from billing.models import Scan
from tests.html import attributes, button, field_value, one, select, text, texts
from tests.pages.scans.steps import read, rows_of
from tests.plugins.processes import Sandbox

PAGE = "/reports/invoices/"
FILE = f"{PAGE}?format=csv"
ACCOUNT = "cus_gmd3htvd7p28fhm1"


def read_invoices(desk: Client) -> None:
    assert desk.post(PAGE).status_code == 302
    read(desk, "invoices")


def test_accounts_are_read_first(desk: Client) -> None:
    Scan.objects.all().delete()
    (step,) = attributes(desk.get(PAGE), ".scan", "hx-get")

    assert step == "/scans/facts/?next=%2Freports%2Finvoices%2F"


def test_invoices_are_read_on_request(desk: Client, sandbox: Sandbox) -> None:
    sandbox.clear()
    page = desk.get(PAGE)

    assert button(page, "Read invoices")
    assert sandbox.requests() == []
    assert desk.get(FILE).status_code == 409
    desk.post(PAGE)
    assert select(desk.get(PAGE), "progress")
    assert desk.get(FILE).status_code == 409


def test_totals_list_and_file_agree(desk: Client) -> None:
    read_invoices(desk)
    page, rows = desk.get(PAGE), rows_of(desk, FILE)
    totals = [Decimal(value) for value in attributes(page, "[aria-labelledby=totals] td data", "value")]

    assert len(rows) > 20
    assert {row["Currency"] for row in rows} == {"USD"}
    assert totals == [
        sum(Decimal(row["Total"]) for row in rows),
        sum(Decimal(row["Remaining"] or 0) for row in rows),
    ]
    assert texts(page, "#list-title") == [f"{len(rows)} invoices"]
    assert len(select(page, ".invoice-list tbody tr")) == min(len(rows), 100)


def test_filters_apply_to_list_totals_and_file(desk: Client) -> None:
    read_invoices(desk)
    every = rows_of(desk, FILE)
    query = "status=open&workspace=ws_supportdesk0002&currency=usd&minimum=410&since=2020-01-01"
    rows = rows_of(desk, f"{FILE}&{query}")

    assert {row["Invoice ID"] for row in rows} == {
        row["Invoice ID"]
        for row in every
        if row["Status"] == "open"
        and row["Workspace ID"] == "ws_supportdesk0002"
        and Decimal(row["Total"]) >= 410
    }
    assert 0 < len(rows) < len(every)
    page = desk.get(f"{PAGE}?{query}")
    assert texts(page, "#list-title") == [f"{len(rows)} invoices"]
    assert field_value(one(page, "#id_minimum")) == "410"
    assert not rows_of(desk, f"{FILE}&until=2020-01-01")
    assert "No matches" in text(desk.get(f"{PAGE}?until=2020-01-01"))


def test_invalid_filter_has_no_file(desk: Client) -> None:
    read_invoices(desk)

    assert "was ignored" in text(desk.get(f"{PAGE}?minimum=ten"))
    refused = desk.get(f"{FILE}&minimum=ten")
    assert refused.status_code == 422
    assert "Nothing was downloaded" in text(refused)


def test_page_has_at_most_100_rows(desk: Client, fresh_sandbox: Sandbox) -> None:
    row = {"status": "paid", "currency": "jpy", "total": 7, "created_at": "2020-01-01T00:00:00Z"}
    fresh_sandbox.put("invoices", ACCOUNT, *[{**row, "id": f"in_{number}"} for number in range(250)])
    read_invoices(desk)
    page = desk.get(f"{PAGE}?currency=jpy&page=3")

    assert len(select(page, ".invoice-list tbody tr")) == 50
    assert "201 to 250 of 250" in text(page)
    assert attributes(page, "[aria-labelledby=totals] td data", "value") == ["1750", "0"]


def test_incomplete_read_has_no_totals(desk: Client, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:403", f"{ACCOUNT}/invoices", times=None)
    read_invoices(desk)
    page = desk.get(PAGE)

    assert "No totals, because some data could not be read" in text(page)
    assert not select(page, "#totals")
    assert desk.get(FILE).status_code == 409
    assert "Not included" in rows_of(desk, f"{FILE}&partial=yes")[0]
