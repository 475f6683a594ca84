"""The search for invoices and what else is inside accounts, and texts that open a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from tests.html import attributes, select, text, texts
from tests.pages.scans.steps import read
from tests.plugins.processes import Sandbox

WORKSPACE, ACCOUNT = "ws_supportdesk0002", "cus_gmd3htvd7p28fhm1"
URL = f"/workspaces/{WORKSPACE}/billing-accounts/{ACCOUNT}/"
SEED = json.loads(Path("billing/sandbox/seed.json").read_text())["billing_accounts"]
TOKEN = "test_YWNjdF8xTjBCUmVMa2Rk2JtLF9TZ"


@pytest.fixture
def carol_searches(carol_unlimited: Client, fresh_sandbox: Sandbox) -> Client:
    """Return carol's browser; an account has two invoices, one of them void."""
    invoice = {"currency": "kwd", "total": 1234, "created_at": "2026-03-01T00:00:00Z"}
    link = f"https://invoice.stripe.com/i/acct_1/{TOKEN}"
    fresh_sandbox.put(
        *("invoices", ACCOUNT),
        {"id": "in_new", "number": "ABC12-0107", "status": "paid", "hosted_invoice_url": link, **invoice},
        {"id": "in_old", "number": "ABC12-0007", "status": "void", **invoice},
    )
    read(carol_unlimited)
    return carol_unlimited


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("in_old", f"{URL}invoices/in_old/"),
        ("#abc12-0107", f"{URL}invoices/in_new/"),
        ("ABC12 0007", f"{URL}invoices/in_old/"),
        (ACCOUNT, URL),
        (WORKSPACE, f"/workspaces/{WORKSPACE}/billing-accounts/"),
        (f"https://portal.example{URL}invoices/?status=open", f"{URL}invoices/?status=open"),
        (f"https://dashboard.stripe.com/acct_1/test/customers/{ACCOUNT}", URL),
        ("dashboard.stripe.com/invoices/in_new", f"{URL}invoices/in_new/"),
        (f"https://invoice.stripe.com/i/acct_1/{TOKEN}?s=ap", f"{URL}invoices/in_new/"),
    ],
)
def test_whole_id_number_or_address_opens_its_page(carol_searches: Client, query: str, target: str) -> None:
    answer = carol_searches.get("/search/", {"q": query})

    assert (answer.status_code, answer.headers.get("Location")) == (302, target)
    posted = carol_searches.post("/search/", {"q": query})
    assert carol_searches.get(posted.headers["Location"]).headers["Location"] == target


def test_last_digits_list_their_invoices_with_amounts(carol_searches: Client) -> None:
    page = carol_searches.get("/search/", {"q": "07"})
    assert "No workspace, account or invoice" in text(page)
    page = carol_searches.get("/search/", {"q": "#107"})

    assert attributes(page, "td.row-main a", "href") == [f"{URL}invoices/in_new/"]
    row = text(select(page, "tbody tr")[0]).replace("\xa0", " ")
    for words in (
        "ABC12-0107",
        "Prairie Rural Clinics",
        "Paid",
        "1.234 KWD",
        "1 Mar 2026",
        "End of the number",
    ):
        assert words in row
    options = carol_searches.post("/search/suggestions/", {"q": "#107"})
    assert attributes(options, "li[data-href]", "data-href") == [f"{URL}invoices/in_new/"]
    assert "Prairie Rural Clinics · paid · 1.234 KWD" in text(options).replace("\xa0", " ")


def test_phone_number_finds_its_account(carol_searches: Client) -> None:
    (phone,) = {one["phone"] for one in SEED if one["id"] == ACCOUNT}
    page = carol_searches.get("/search/", {"q": phone.replace("+", "00")})

    assert texts(page, "td.row-main a") == ["Prairie Rural Clinics"]


def test_number_is_searched_in_accounts_without_a_further_click(
    carol_unlimited: Client, sandbox: Sandbox
) -> None:
    read(carol_unlimited, "directory")
    page = carol_unlimited.get("/search/", {"q": "ABC12-9999"})

    assert attributes(page, ".scan", "hx-get") == ["/scans/facts/?next=%2Fsearch%2F%3Fq%3DABC12-9999"]
    read(carol_unlimited)
    assert "No workspace, account or invoice has this" in text(
        carol_unlimited.get("/search/", {"q": "ABC12-9999"})
    )


def test_invoices_of_others_are_not_found(carol_searches: Client, alice: Client) -> None:
    assert "in_new" not in alice.get("/search/", {"q": "ABC12-0107"}).text


@pytest.mark.parametrize(
    "query",
    ["https://evil.example/nowhere/", "https://portal.example/accounts/sign-out/", "https://[", "http://x/"],
)
def test_other_addresses_open_nothing(carol_searches: Client, query: str) -> None:
    assert carol_searches.get("/search/", {"q": query}).status_code == 200
