"""The page of a payment reminder, and the record of who prepared one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from billing.models import AuditEntry
from tests.html import attributes, text, texts
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE, panel
from tests.pages.invoices.conftest import PutInvoices
from tests.plugins.processes import Sandbox

REMINDER = f"{DOCUMENTED}reminder/"
LINK = "https://invoice.example/i/acct_1/live_abc?s=ap&x=1"
BODY = ".reminder-text"


def days(count: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=count):%Y-%m-%dT%H:%M:%SZ}"


def test_page_has_one_text_per_currency_and_says_what_it_omits(
    alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(
        {"number": "A-1", "amount_due": 1000, "due_date": days(-12), "hosted_invoice_url": LINK},
        {"number": "A-2", "amount_due": 1234, "due_date": days(-1), "currency": "kwd"},
        {"number": "A-3", "amount_due": 700, "due_date": days(5)},
        {"number": "A-4", "due_date": days(-5)},
    )

    page = alice.get(REMINDER)
    dinars, dollars = texts(page, BODY)

    assert "Amount remaining: 1.234 KWD" in dinars
    assert "Days late: 1 Total" in dinars
    assert "Amount remaining: $10.00 USD" in dollars
    assert "Days late: 12" in dollars
    assert f"Pay here: {LINK}" in dollars
    assert "1 due invoice without a known amount: not included." in text(page)
    assert "1 open invoice is not due yet, and not included." in text(page)
    mailto = urlsplit(attributes(page, ".reminder-actions a", "href")[1])
    assert mailto.scheme == "mailto"
    assert "@" in mailto.path
    copied = attributes(page, ".reminder-actions [data-copy]", "data-copy")[1]
    assert parse_qs(mailto.query)["body"] == [copied.replace("\n", "\r\n")]
    for url in ("invoices/", "invoices/?status=open", "invoices/in_1/", "aging/", "panels/aging/"):
        assert REMINDER in attributes(alice.get(f"{DOCUMENTED}{url}"), "a", "href")


def test_nothing_due_makes_no_text(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices({"amount_due": 700, "due_date": days(5)}, {"status": "paid", "amount_paid": 1})

    page = alice.get(REMINDER)

    assert texts(page, BODY) == []
    assert "No invoice is due." in text(page)


def test_copy_of_an_earlier_answer_makes_no_text(
    alice: Client, put_invoices: PutInvoices, fresh_sandbox: Sandbox
) -> None:
    put_invoices({"amount_due": 700, "due_date": days(-5)})
    assert len(texts(alice.get(REMINDER), BODY)) == 1
    fresh_sandbox.fault("status:503", "/invoices", times=None)

    page = alice.get(REMINDER)

    assert page.status_code == 503
    assert texts(page, BODY) == []


@pytest.mark.parametrize(
    ("use", "recorded"), [("COPIED", "USD, copied"), ("MAILTO", "USD, opened in a mail program")]
)
def test_prepared_reminder_is_in_the_audit_log_and_on_the_timeline(
    alice: Client, put_invoices: PutInvoices, use: str, recorded: str
) -> None:
    put_invoices()

    answer = alice.post(REMINDER, {"currency": "usd", "use": use}, headers={"HX-Request": "true"})

    assert "Recorded as" in text(answer)
    entry = AuditEntry.objects.get(verb="reminder.prepare")
    assert (entry.actor_name, entry.workspace_id, entry.billing_account_id) == ("alice", WORKSPACE, ACCOUNT)
    assert (entry.outcome, entry.detail) == ("succeeded", recorded)
    assert "Prepare a payment reminder" in text(alice.get(panel(DOCUMENTED, "timeline")))


def test_unknown_use_is_not_recorded(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices()

    for data in ({}, {"currency": "usd", "use": "SENT"}, {"currency": "xqz", "use": "COPIED"}):
        assert alice.post(REMINDER, data).status_code == 422
    assert not AuditEntry.objects.filter(verb="reminder.prepare").exists()
