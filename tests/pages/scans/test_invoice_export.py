"""The export of the invoices of many accounts."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from billing.models import AuditEntry, Scan, ScanPart
from tests.html import attributes, button, text
from tests.pages.scans.steps import read, rows_of
from tests.plugins.processes import Sandbox

ADDRESS = "/queues/all/invoices/"


def test_accounts_are_read_first(carol: Client) -> None:
    (step,) = attributes(carol.get(ADDRESS), ".scan", "hx-get")

    assert step == "/scans/facts/?next=%2Fqueues%2Fall%2Finvoices%2F"


def test_export_starts_on_request(carol_scanned: Client, sandbox: Sandbox) -> None:
    sandbox.clear()
    page = carol_scanned.get(ADDRESS)

    assert button(page, "Start export")
    assert sandbox.requests() == []


def test_file_has_every_page_of_every_account(carol_scanned: Client, sandbox: Sandbox) -> None:
    carol_scanned.post(ADDRESS)
    sandbox.clear()
    read(carol_scanned, "invoices")
    rows = rows_of(carol_scanned, f"{ADDRESS}?format=csv")

    paths = [row["path"] for row in sandbox.requests()]
    assert len({re.sub(r"\?.*", "", path) for path in paths}) == 4
    assert len({row["Invoice ID"] for row in rows}) == len(rows) > 20
    assert {"Prairie Rural Clinics", "Prairie Telehealth Inc."} <= {row["Account"] for row in rows}
    assert not any("https://" in value for row in rows for value in row.values())
    assert {row["Remaining"] for row in rows if row["Status"] == "paid"} == {"0.00"}


def test_filter_limits_the_export(carol_scanned: Client) -> None:
    address = f"{ADDRESS}?q=name:rural"
    carol_scanned.post(address)
    read(carol_scanned, "invoices")

    assert {row["Account"] for row in rows_of(carol_scanned, f"{address}&format=csv")} == {
        "Prairie Rural Clinics"
    }
    # An export belongs to its filter.
    assert carol_scanned.get(f"{ADDRESS}?format=csv").status_code == 409


def test_unfinished_export_has_no_file(carol_scanned: Client) -> None:
    carol_scanned.post(ADDRESS)
    answer = carol_scanned.get(f"{ADDRESS}?format=csv")

    assert answer.status_code == 409
    assert "Not all invoices have been read yet." in text(answer)


def test_failed_account_is_reported_and_left_out_on_request(carol_scanned: Client, sandbox: Sandbox) -> None:
    carol_scanned.post(ADDRESS)
    sandbox.fault("status:403", "/invoices")
    try:
        read(carol_scanned, "invoices")
    finally:
        sandbox.no_faults()
    page = text(carol_scanned.get(ADDRESS))
    answer = carol_scanned.get(f"{ADDRESS}?format=xlsx")

    assert "Some data could not be read" in page
    assert "Your token does not have access" in page
    assert "Download incomplete CSV" in page
    assert answer.status_code == 409
    assert "Could not be read: " in answer.text
    rows = rows_of(carol_scanned, f"{ADDRESS}?format=csv&partial=yes")
    assert [row["Not included"] for row in rows if row["Not included"]] == [rows[0]["Not included"]]
    assert rows[0]["Not included"].endswith(": Your token does not have access")
    accounts = {row["Account"] for row in rows[1:]}
    assert accounts
    assert rows[0]["Not included"].partition(":")[0] not in accounts


@pytest.mark.parametrize(("path", "queue"), [("/billing-accounts$", "all"), ("/subscriptions", "past-due")])
def test_data_missing_in_the_queue_is_missing_in_the_file(
    path: str, queue: str, carol_unlimited: Client, sandbox: Sandbox
) -> None:
    address = f"/queues/{queue}/invoices/"
    if path.startswith("/sub"):
        read(carol_unlimited, "directory")
    sandbox.fault("status:403", path)
    try:
        read(carol_unlimited)
    finally:
        sandbox.no_faults()
    carol_unlimited.post(address)
    read(carol_unlimited, "invoices")

    assert "Some data could not be read" in text(carol_unlimited.get(address))
    assert carol_unlimited.get(f"{address}?format=csv").status_code == 409
    assert rows_of(carol_unlimited, f"{address}?format=csv&partial=yes")[0]["Not included"]


def test_invalid_filter_redirects_to_its_message(carol_scanned: Client) -> None:
    assert carol_scanned.get(f"{ADDRESS}?q=color:red").headers["Location"] == "/queues/all/?q=color%3Ared"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize(("kind", "address"), [("invoices", ADDRESS), ("facts", "/queues/all/")])
def test_part_that_does_not_open_prevents_the_file(
    kind: str, address: str, ending: str, carol_scanned: Client
) -> None:
    carol_scanned.post(ADDRESS)
    read(carol_scanned, "invoices")
    part = ScanPart.objects.filter(scan__kind=kind).order_by("-number")[0]
    ScanPart.objects.filter(pk=part.pk).update(envelope=f"{part.envelope[:-8]}AAAAAAA=")
    answer = carol_scanned.get(f"{address}?format={ending}")

    assert answer.status_code == 503
    assert "The list could not be read" in text(answer)
    assert "Content-Disposition" not in answer.headers
    assert not AuditEntry.objects.filter(verb="list.download").exists()
    # The next request starts a new scan.
    assert carol_scanned.get(address).status_code == 200
    assert carol_scanned.get(f"{address}?format={ending}").status_code == 409


def test_stored_results_are_sealed(carol_scanned: Client) -> None:
    carol_scanned.post(ADDRESS)
    read(carol_scanned, "invoices")

    for scan in Scan.objects.all():
        assert "Prairie" not in scan.envelope
        assert not any("Prairie" in part.envelope for part in scan.parts.all())


def test_export_does_not_depend_on_a_new_list_of_accounts(carol_scanned: Client, sandbox: Sandbox) -> None:
    Scan.objects.filter(kind="directory").delete()
    sandbox.fault("status:403", "/billing-accounts$")
    try:
        read(carol_scanned, "directory")
    finally:
        sandbox.no_faults()
    carol_scanned.post(ADDRESS)
    sandbox.clear()
    read(carol_scanned, "invoices")

    assert len({re.sub(r"\?.*", "", row["path"]) for row in sandbox.requests()}) == 4
    assert rows_of(carol_scanned, f"{ADDRESS}?format=csv")


def test_account_that_rejected_the_token_prevents_the_file_of_other_queues(
    carol_unlimited: Client, sandbox: Sandbox
) -> None:
    read(carol_unlimited, "directory")
    sandbox.fault("status:401", "/subscriptions$")
    try:
        read(carol_unlimited)
    finally:
        sandbox.no_faults()
    carol_unlimited.post("/queues/past-due/invoices/")
    read(carol_unlimited, "invoices")

    assert carol_unlimited.get("/queues/past-due/invoices/?format=csv").status_code == 409
