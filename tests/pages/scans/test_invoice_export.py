"""The invoices of many accounts in one file: complete, or no file."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry, Scan, ScanPart
from tests.pages.scans.test_queues import read
from tests.plugins.processes import Sandbox

ADDRESS = "/queues/all/invoices/"


@pytest.fixture
def desk(carol: Client, settings: Settings) -> Client:
    """carol, whose four accounts have been read."""
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(carol)
    return carol


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def test_it_reads_the_accounts_first(carol: Client) -> None:
    page = carol.get(ADDRESS).text

    assert 'hx-get="/scans/facts/?next=%2Fqueues%2Fall%2Finvoices%2F"' in page


def test_it_asks_before_it_reads(desk: Client, sandbox: Sandbox) -> None:
    sandbox.clear()
    page = desk.get(ADDRESS).text

    assert "Read the invoices of 4 accounts" in page
    assert sandbox.requests() == []


def test_the_file_has_every_page_of_every_account(desk: Client, sandbox: Sandbox) -> None:
    desk.post(ADDRESS)
    sandbox.clear()
    read(desk, "invoices")
    rows = rows_of(desk, f"{ADDRESS}?format=csv")

    paths = [row["path"] for row in sandbox.requests()]
    assert len({re.sub(r"\?.*", "", path) for path in paths}) == 4
    assert len({row["Invoice id"] for row in rows}) == len(rows) > 20
    assert {"Prairie Rural Clinics", "Prairie Telehealth Inc."} <= {row["Account"] for row in rows}
    assert not any("https://" in value for row in rows for value in row.values())


def test_it_takes_the_accounts_of_the_filter_alone(desk: Client) -> None:
    address = f"{ADDRESS}?q=name:rural"
    desk.post(address)
    read(desk, "invoices")

    assert {row["Account"] for row in rows_of(desk, f"{address}&format=csv")} == {"Prairie Rural Clinics"}
    # What was read for one filter is not taken for another.
    assert desk.get(f"{ADDRESS}?format=csv").status_code == 409


def test_before_the_end_there_is_no_file(desk: Client) -> None:
    desk.post(ADDRESS)
    answer = desk.get(f"{ADDRESS}?format=csv")

    assert answer.status_code == 409
    assert "Not every invoice has been read yet." in answer.text


def test_an_account_that_fails_is_named_and_there_is_no_file(desk: Client, sandbox: Sandbox) -> None:
    desk.post(ADDRESS)
    sandbox.fault("status:403", "/invoices")
    try:
        read(desk, "invoices")
    finally:
        sandbox.no_faults()
    page = desk.get(ADDRESS).text
    answer = desk.get(f"{ADDRESS}?format=xlsx")

    assert "There is no file, since it would not be complete" in page
    assert "Altostrat does not let you see this" in page
    assert "Download CSV" not in page
    assert answer.status_code == 409
    assert "could not be read: " in answer.text


@pytest.mark.parametrize(("path", "queue"), [("/billing-accounts$", "all"), ("/subscriptions", "past-due")])
def test_what_the_queue_itself_misses_is_missing_in_the_file(
    path: str, queue: str, carol: Client, sandbox: Sandbox, settings: Settings
) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    address = f"/queues/{queue}/invoices/"
    if path.startswith("/sub"):
        read(carol, "directory")
    sandbox.fault("status:403", path)
    try:
        read(carol)
    finally:
        sandbox.no_faults()
    carol.post(address)
    read(carol, "invoices")

    assert "There is no file, since it would not be complete" in carol.get(address).text
    assert carol.get(f"{address}?format=csv").status_code == 409


def test_a_wrong_filter_leads_to_its_message(desk: Client) -> None:
    assert desk.get(f"{ADDRESS}?q=colour:red").headers["Location"] == "/queues/all/?q=colour%3Ared"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize(("kind", "address"), [("invoices", ADDRESS), ("facts", "/queues/all/")])
def test_a_part_that_does_not_open_gives_no_file(kind: str, address: str, ending: str, desk: Client) -> None:
    desk.post(ADDRESS)
    read(desk, "invoices")
    part = ScanPart.objects.filter(scan__kind=kind).order_by("-number")[0]
    ScanPart.objects.filter(pk=part.pk).update(envelope=f"{part.envelope[:-8]}AAAAAAA=")
    answer = desk.get(f"{address}?format={ending}")

    assert answer.status_code == 503
    assert "The list could not be read" in answer.text
    assert "Content-Disposition" not in answer.headers
    assert not AuditEntry.objects.filter(verb="list.download").exists()
    # The next look begins anew.
    assert desk.get(address).status_code == 200
    assert desk.get(f"{address}?format={ending}").status_code == 409


def test_nothing_is_kept_in_the_clear(desk: Client) -> None:
    desk.post(ADDRESS)
    read(desk, "invoices")

    for scan in Scan.objects.all():
        assert "Prairie" not in scan.envelope
        assert not any("Prairie" in part.envelope for part in scan.parts.all())


def test_it_needs_no_directory_any_more_and_no_other_one_counts(desk: Client, sandbox: Sandbox) -> None:
    Scan.objects.filter(kind="directory").delete()
    sandbox.fault("status:403", "/billing-accounts$")
    try:
        read(desk, "directory")
    finally:
        sandbox.no_faults()
    desk.post(ADDRESS)
    sandbox.clear()
    read(desk, "invoices")

    assert len({re.sub(r"\?.*", "", row["path"]) for row in sandbox.requests()}) == 4
    assert rows_of(desk, f"{ADDRESS}?format=csv")


def test_an_account_that_turned_the_token_away_is_missing_in_a_queue_of_others(
    carol: Client, sandbox: Sandbox, settings: Settings
) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    read(carol, "directory")
    sandbox.fault("status:401", "/subscriptions$")
    try:
        read(carol)
    finally:
        sandbox.no_faults()
    carol.post("/queues/past-due/invoices/")
    read(carol, "invoices")

    assert carol.get("/queues/past-due/invoices/?format=csv").status_code == 409
