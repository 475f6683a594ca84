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


def read_invoices(carol_scanned: Client) -> None:
    assert carol_scanned.post(PAGE).status_code == 302
    read(carol_scanned, "invoices")


def test_accounts_are_read_first(carol_scanned: Client) -> None:
    Scan.objects.all().delete()
    (step,) = attributes(carol_scanned.get(PAGE), ".scan", "hx-get")

    assert step == "/scans/facts/?next=%2Freports%2Finvoices%2F"


def test_invoices_are_read_on_request(carol_scanned: Client, sandbox: Sandbox) -> None:
    sandbox.clear()
    page = carol_scanned.get(PAGE)

    assert button(page, "Read invoices")
    assert sandbox.requests() == []
    assert carol_scanned.get(FILE).status_code == 409
    carol_scanned.post(PAGE)
    assert select(carol_scanned.get(PAGE), "progress")
    assert carol_scanned.get(FILE).status_code == 409


def test_totals_list_and_file_agree(carol_scanned: Client) -> None:
    read_invoices(carol_scanned)
    page, rows = carol_scanned.get(PAGE), rows_of(carol_scanned, FILE)
    totals = [Decimal(value) for value in attributes(page, "[aria-labelledby=totals] td data", "value")]

    assert len(rows) > 20
    assert {row["Currency"] for row in rows} == {"USD"}
    assert totals == [
        sum(Decimal(row["Total"]) for row in rows),
        sum(Decimal(row["Paid"]) for row in rows),
        sum(Decimal(row["Remaining"] or 0) for row in rows),
    ]
    assert texts(page, "#list-title") == [f"{len(rows)} invoices"]
    assert len(select(page, ".invoice-list tbody tr")) == min(len(rows), 100)


def test_filters_apply_to_list_totals_and_file(carol_scanned: Client) -> None:
    read_invoices(carol_scanned)
    every = rows_of(carol_scanned, FILE)
    query = "status=open&workspace=ws_supportdesk0002&currency=usd&minimum=410&since=2020-01-01"
    rows = rows_of(carol_scanned, f"{FILE}&{query}")

    assert {row["Invoice ID"] for row in rows} == {
        row["Invoice ID"]
        for row in every
        if row["Status"] == "open"
        and row["Workspace ID"] == "ws_supportdesk0002"
        and Decimal(row["Total"]) >= 410
    }
    assert 0 < len(rows) < len(every)
    page = carol_scanned.get(f"{PAGE}?{query}")
    assert texts(page, "#list-title") == [f"{len(rows)} invoices"]
    assert field_value(one(page, "#id_minimum")) == "410"
    assert not rows_of(carol_scanned, f"{FILE}&until=2020-01-01")
    assert "No matches" in text(carol_scanned.get(f"{PAGE}?until=2020-01-01"))


def test_zero_is_a_filter(carol_scanned: Client) -> None:
    read_invoices(carol_scanned)
    page = carol_scanned.get(f"{PAGE}?minimum=0")

    assert "Clear filters" in text(page)
    assert one(page, ".filter-more").attributes.keys() >= {"open"}
    assert "Clear filters" not in text(carol_scanned.get(PAGE))


def test_invalid_filter_has_no_file(carol_scanned: Client) -> None:
    read_invoices(carol_scanned)

    assert "was ignored" in text(carol_scanned.get(f"{PAGE}?minimum=ten"))
    refused = carol_scanned.get(f"{FILE}&minimum=ten")
    assert refused.status_code == 422
    assert "Nothing was downloaded" in text(refused)


def test_page_has_at_most_100_rows(carol_scanned: Client, fresh_sandbox: Sandbox) -> None:
    row = {"status": "paid", "currency": "jpy", "total": 7, "created_at": "2020-01-01T00:00:00Z"}
    fresh_sandbox.put("invoices", ACCOUNT, *[{**row, "id": f"in_{number}"} for number in range(250)])
    read_invoices(carol_scanned)
    page = carol_scanned.get(f"{PAGE}?currency=jpy&page=3")

    assert len(select(page, ".invoice-list tbody tr")) == 50
    assert "201 to 250 of 250" in text(page)
    assert attributes(page, "[aria-labelledby=totals] td data", "value") == ["1750", "0", "0"]


def test_incomplete_read_has_no_totals(carol_scanned: Client, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:403", f"{ACCOUNT}/invoices", times=None)
    read_invoices(carol_scanned)
    page = carol_scanned.get(PAGE)

    assert "No totals, because some data could not be read" in text(page)
    assert not select(page, "#totals")
    assert carol_scanned.get(FILE).status_code == 409
    assert "Not included" in rows_of(carol_scanned, f"{FILE}&partial=yes")[0]


def test_totals_name_what_aging_leaves_out(carol_unlimited: Client, fresh_sandbox: Sandbox) -> None:
    amounts = {"draft": 1000, "void": 2000, "uncollectible": 3000, "open": 4000}
    rows = [
        {"id": f"in_{status}", "status": status, "total": amount, "amount_due": amount, "amount_paid": 0}
        for status, amount in amounts.items()
    ]
    for account in {row["ID"] for row in _accounts(carol_unlimited)} - {ACCOUNT}:
        fresh_sandbox.put("invoices", account)
    created = {"currency": "usd", "created_at": "2026-01-01T12:00:00Z", "due_date": "2026-01-31T12:00:00Z"}
    fresh_sandbox.put("invoices", ACCOUNT, *({**created, **row} for row in rows))
    Scan.objects.all().delete()
    read(carol_unlimited)
    read_invoices(carol_unlimited)
    page = carol_unlimited.get(PAGE)

    totals = attributes(page, "[aria-labelledby=totals] td data", "value")
    assert totals == ["100.00", "0.00", "70.00"]
    assert [row["Remaining"] for row in rows_of(carol_unlimited, "/reports/ageing/?format=csv")] == ["40.00"]
    assert "What remains of uncollectible invoices counts here, but not in aging." in text(page)


def _accounts(client: Client) -> list[dict[str, str]]:
    read(client)
    return rows_of(client, "/queues/?format=csv")
