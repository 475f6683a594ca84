"""What Altostrat sends in another form than documented is not read as "Paying"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status import Statement, account_status

pytestmark = pytest.mark.sqlite_only

NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
CARD: Final = PaymentMethod(id="pm_1", type="card", exp_year=2030, exp_month=1, is_default=True)
PAYING: Final = "Paying: 1 active subscription, nothing overdue."


def statements(
    subscription: dict[str, Any] | None = None,
    invoices: tuple[dict[str, Any], ...] = (),
    account: dict[str, Any] | None = None,
) -> list[str]:
    found: tuple[Statement, ...] = account_status(
        BillingAccount.from_json({"id": "cus_1", "currency": "usd", **(account or {})}),
        [Subscription.from_json({"id": "sub_1", "status": "active", **(subscription or {})})],
        [Invoice.from_json({"currency": "usd", **one}) for one in invoices],
        [CARD],
        NOW,
    )
    return [one.sentence.replace("\u00a0", " ") for one in found]


@pytest.mark.parametrize(
    "status", ["past_due", "overdue", "unpaid", "OPEN", "disputed", "partially_paid", "in_grace"]
)
def test_invoice_with_an_undocumented_status_may_be_owed(status: str) -> None:
    owed = {"status": status, "amount_due": 1000, "amount_paid": 100, "due_date": "2026-11-19T00:00:00Z"}

    assert statements(invoices=(owed,)) == [f"1 invoice has an unknown status “{status}”: $9.00 USD."]
    assert statements(invoices=(owed, owed)) == ["2 invoices have an unknown status: $18.00 USD."]
    assert statements(invoices=({**owed, "amount_paid": 1000},)) == [PAYING]


def test_invoice_without_a_status_or_an_amount_may_be_owed() -> None:
    assert statements(invoices=({"amount_due": 1000},)) == ["1 invoice has an unknown status: $10.00 USD."]
    assert statements(invoices=({"status": "late"},)) == ["1 invoice has an unknown status “late”."]


def test_invoice_that_is_marked_as_paid_with_a_rest() -> None:
    paid = {"status": "paid", "amount_due": 1000, "amount_paid": 500, "amount_remaining": 500}

    assert statements(invoices=(paid,)) == ["1 invoice is marked as paid, but not everything is: $5.00 USD."]
    assert statements(invoices=({**paid, "amount_remaining": 0},)) == [PAYING]


@pytest.mark.parametrize(
    ("subscription", "sentence"),
    [
        (
            {"pause_collection": {"resumes_at": "2026-11-28"}},
            "Paused: a subscription is not collected until 28 Nov",
        ),
        (
            {"pause_collection": {"resumes_at": "1795867200"}},
            "Paused: a subscription is not collected until 28 Nov",
        ),
        (
            {"ended_at": "2026-11-13"},
            "No active subscription: the last one ended on 13 Nov 2026, 10 days ago.",
        ),
        (
            {"ended_at": 1794571200000},
            "No active subscription: the last one ended on 13 Nov 2026, 10 days ago.",
        ),
        ({"trial_end": "2026-12-03"}, "Trial ends on 3 Dec 2026, in 10 days."),
        ({"trial_end": 1796299200.0}, "Trial ends on 3 Dec 2026, in 10 days."),
        ({"ended_at": "yesterday"}, "A subscription has no valid date as “ended_at”."),
        ({"trial_end": "soon"}, "A subscription has no valid date as “trial_end”."),
        ({"canceled_at": ["2026"]}, "A subscription has no valid date as “canceled_at”."),
    ],
)
def test_other_forms_of_dates_count(subscription: dict[str, Any], sentence: str) -> None:
    (found,) = statements(subscription)

    assert found.startswith(sentence)


@pytest.mark.parametrize(
    ("subscription", "sentence"),
    [
        ({"cancel_at": "2026-12-03"}, "Canceled: a subscription ends on 3 Dec 2026, in 10 days."),
        ({"cancel_at": "soon"}, "Canceled: a subscription ends on an unknown date."),
        (
            {"cancel_at_period_end": "true", "current_period_end": "2026-12-15"},
            "Canceled: a subscription ends with its period on 15 Dec 2026, in 22 days.",
        ),
        ({"cancel_at_period_end": 1}, "Canceled: a subscription ends with its period."),
    ],
)
def test_other_forms_of_cancellations_count(subscription: dict[str, Any], sentence: str) -> None:
    assert statements(subscription) == [sentence, PAYING]


def test_marks_of_an_account_may_be_texts() -> None:
    (delinquent,), (deleted,) = (statements(account={name: "true"}) for name in ("delinquent", "deleted"))

    assert delinquent.startswith("Altostrat marks the account as delinquent")
    assert deleted == "Altostrat marks the account as deleted."
