"""The expected bills of all accounts: page and file."""

from __future__ import annotations

from decimal import Decimal

from django.test import Client

from billing.models import ScanPart
from tests.html import attributes, button, select, text, texts
from tests.pages.scans.steps import read, rows_of
from tests.plugins.processes import Sandbox

PAGE = "/reports/expected-bills/"
FILE = f"{PAGE}?format=csv"


def preview(carol_scanned: Client) -> None:
    assert carol_scanned.post(PAGE).status_code == 302
    read(carol_scanned, "previews")


def test_accounts_are_read_first(carol: Client) -> None:
    (step,) = attributes(carol.get(PAGE), ".scan", "hx-get")

    assert step == "/scans/facts/?next=%2Freports%2Fexpected-bills%2F"


def test_previews_are_made_on_request_and_once_each(carol_scanned: Client, sandbox: Sandbox) -> None:
    sandbox.clear()

    assert button(carol_scanned.get(PAGE), "Preview bills")
    assert carol_scanned.get(FILE).status_code == 409
    assert sandbox.requests() == []
    preview(carol_scanned)
    found = sandbox.requests()
    assert {one["method"] for one in found} == {"POST"}
    assert all(one["path"].endswith("/invoices/preview") for one in found)
    assert len(found) == len(rows_of(carol_scanned, FILE)) > 0
    assert sandbox.writes() == []


def test_totals_list_and_file_agree(carol_scanned: Client) -> None:
    preview(carol_scanned)
    page, rows = carol_scanned.get(PAGE), rows_of(carol_scanned, FILE)
    totals = [Decimal(value) for value in attributes(page, ".ages td data", "value")]

    assert {row["Currency"] for row in rows} == {"USD"}
    assert totals == [
        sum(Decimal(row["Amount"] or 0) for row in rows if int(row["Days"]) <= days) for days in (30, 90)
    ]
    assert totals[1] > 0
    assert all(0 <= int(row["Days"]) <= 90 for row in rows)
    assert texts(page, "#list-title") == [f"{len(rows)} bill{'s' if len(rows) > 1 else ''}"]
    assert "Only the next bill of each subscription is included" in text(page)


def test_preview_that_fails_is_missing_and_there_are_no_totals(
    carol_scanned: Client, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.fault("status:403", "/invoices/preview", times=1)
    preview(carol_scanned)
    page = carol_scanned.get(PAGE)

    assert "No totals, because some data could not be read" in text(page)
    assert len(select(page, ".scan-missing li")) == 1
    assert not select(page, ".ages")
    assert carol_scanned.get(FILE).status_code == 409


def test_stored_previews_are_sealed(carol_scanned: Client) -> None:
    preview(carol_scanned)
    stored = "".join(ScanPart.objects.filter(scan__kind="previews").values_list("envelope", flat=True))

    assert stored
    assert not any(secret in stored for secret in ("sub_", "cus_", "Prairie"))


def test_subscriptions_without_a_date_are_named_and_ended_ones_are_not(
    carol_unlimited: Client, fresh_sandbox: Sandbox
) -> None:
    running = {"status": "active", "currency": "usd", "current_period_end": None}
    rows = (
        {**running, "id": "sub_undated"},
        {**running, "id": "sub_late", "current_period_end": "2026-02-20T12:00:00Z"},
        {**running, "id": "sub_unknown", "status": "grace"},
        {**running, "id": "sub_over", "status": "canceled"},
        {**running, "id": "sub_ending", "cancel_at_period_end": True},
        {**running, "id": "sub_paused", "status": "paused"},
    )
    fresh_sandbox.put("subscriptions", "cus_gmd3htvd7p28fhm1", *rows)
    read(carol_unlimited)
    preview(carol_unlimited)
    page = carol_unlimited.get(PAGE)

    shown = [" ".join(row.split()) for row in texts(page, ".scan-missing li")]
    assert shown == [
        "Prairie Rural Clinics: sub_undated. Its period has no end.",
        "Prairie Rural Clinics: sub_late. Its bill was expected on 20 Feb 2026.",
        "Prairie Rural Clinics: sub_unknown. Its status “grace” is not known.",
    ]
    assert "Not included, because it is not known when these subscriptions are billed next:" in text(page)
    assert not {row["Subscription id"] for row in rows_of(carol_unlimited, FILE)} & {
        row["id"] for row in rows
    }
