"""An account's page never contradicts a field of Stripe that it shows among the undocumented ones."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from tests.html import one, rows, text
from tests.pages.addresses import ACCOUNT, DOCUMENTED, panel
from tests.pages.billing_accounts.test_detail import HEADLINE, HTMX
from tests.pages.scans.steps import read
from tests.plugins.processes import Sandbox

SUBSCRIPTION: dict[str, Any] = {
    "id": "sub_1",
    "billing_account_id": ACCOUNT,
    "status": "active",
    "currency": "usd",
    "product_quantities": {},
    "metadata": {},
    "created_at": "2026-01-01T00:00:00Z",
    "current_period_start": "2026-01-01T00:00:00Z",
    "current_period_end": "2100-01-01T00:00:00Z",
}
BILL = {
    "amount_due": 999,
    "currency": "usd",
    "created_at": "2100-01-01T00:00:00Z",
    "lines": [{"amount": 999}],
}


def in_days(count: int) -> int:
    return int(time.time()) + count * 86400


@pytest.mark.parametrize(
    ("fields", "shown", "note"),
    [
        (
            {"pause_collection": {"behavior": "void", "resumes_at": None}},
            ("Paused: the invoices of a subscription are voided.", ", and is voided."),
            "Paused: the invoices of a subscription are voided.",
        ),
        (
            {"status": "trialing", "current_period_end": None, "trial_end": in_days(5)},
            ("Trial ends on ", ", in 5 days."),
            "Nothing is charged until the trial ends.",
        ),
        (
            {"trial_end": in_days(5)},
            ("Trial ends on ", ", in 5 days."),
            "Nothing is charged until the trial ends.",
        ),
        (
            {"cancel_at": in_days(9)},
            ("Canceled: a subscription ends on ", "The subscription ends on "),
            "Payments are up to date.",
        ),
        (
            {"ended_at": in_days(-3)},
            ("No active subscription: the last one ended on ", "3 days ago."),
            "It has ended.",
        ),
        (
            {"collection_method": "send_invoice", "days_until_due": 30},
            ("sent as an invoice that is due 30 days later.",),
            "Payments are up to date.",
        ),
    ],
    ids=["pause", "trial without a period", "trial of an active one", "end on a date", "ended", "invoices"],
)
def test_headline_and_notes_agree_with_the_fields(
    fields: dict[str, Any], shown: tuple[str, ...], note: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.put("subscriptions", ACCOUNT, {**SUBSCRIPTION, **fields})
    fresh_sandbox.put("previews", ACCOUNT, BILL)

    headline = text(alice.get(HEADLINE, headers=HTMX))

    for words in shown:
        assert words in headline
    is_paying = "cancel_at" in fields or "collection_method" in fields
    assert ("Paying" in headline) is is_paying
    assert text(one(alice.get(panel(DOCUMENTED, "subscriptions")), ".thing-note")) == note
    assert note in text(one(alice.get(f"{DOCUMENTED}subscriptions/sub_1/"), ".lead"))


def test_queues_know_the_fields(carol_unlimited: Client, fresh_sandbox: Sandbox) -> None:
    pause = {"behavior": "keep_as_draft", "resumes_at": in_days(7)}
    terms = {"pause_collection": pause, "trial_end": in_days(3)}
    account = "cus_gmd3htvd7p28fhm1"
    fresh_sandbox.put("invoices", account)
    fresh_sandbox.put("subscriptions", account, {**SUBSCRIPTION, "billing_account_id": account, **terms})

    read(carol_unlimited)

    assert "Trial ends on" in text(carol_unlimited.get("/queues/trials/"))
    (row,) = rows(carol_unlimited.get("/queues/all/?q=status:paused"))
    assert "Prairie Rural Clinics" in row[0]


def test_cancellation_names_the_day_on_which_the_subscription_ends(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    fresh_sandbox.put("subscriptions", ACCOUNT, {**SUBSCRIPTION, "cancel_at": 4_070_908_800})  # 1 Jan 2099

    page = alice.get(f"{DOCUMENTED}subscriptions/sub_1/cancel/")

    assert "It is already canceled, and ends on 1 Jan 2099." in text(one(page, "#why-not"))
