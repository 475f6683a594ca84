"""Work queues, compared with the aging of the same invoices."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from billing.altostrat.resources.invoices import Invoice
from billing.amounts import format_amount
from billing.services.actor import Actor
from billing.services.billing_accounts.status import Code, Severity, Statement
from billing.services.invoices.aging import Bucket, Total, aging_by_currency, total_of
from billing.services.scans import queues, results, store
from tests.services.scans.test_scan import alice, finish

__all__ = ("alice",)
LATE = (Bucket.TO_30, Bucket.TO_60, Bucket.TO_90, Bucket.OVER_90)


def test_past_due_amounts_are_those_of_the_aging(alice: Actor) -> None:
    finish(alice, store.ACCOUNT_DETAILS)
    now = timezone.now().astimezone(UTC)
    accounts = queues.load(alice, now).accounts
    items, agreed = results.items(alice, results.progress(alice, store.ACCOUNT_DETAILS)), 0
    for item, account in zip(items, accounts, strict=True):
        totals = late_in(item, now, is_past_due=bool(account.statuses & {"past_due", "unpaid"}))
        sentences = [one.sentence for one in account.statements if one.code is Code.PAST_DUE]
        count = sum(total.count for total in totals.values())
        money = " and ".join(
            format_amount(total.amount, code) for code, total in totals.items() if total.amount
        )
        if count:
            agreed += 1
            invoices = "1 open invoice" if count == 1 else f"{count} open invoices"
            assert f": {invoices}{f', {money}' if money else ''}" in sentences[0], account.entry
        else:
            assert not any(re.search("open invoice", sentence) for sentence in sentences), account.entry

    assert len(accounts) > 30
    assert agreed > 5


def test_trial_queue_counts_calendar_days() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    seventh = Statement(Code.TRIAL_ENDS, Severity.WARNING, "", at=now + timedelta(days=7, hours=11))
    eighth = Statement(Code.TRIAL_ENDS, Severity.INFO, "", at=now + timedelta(days=7, hours=12))

    assert queues.QUEUES["trials"].matches(seventh, now)
    assert not queues.QUEUES["trials"].matches(eighth, now)


def card(expires: str, *, status: str = "active", **account: object) -> store.Document:
    """Return the details of an account with a card that expires in this month."""
    year, month = map(int, expires.split("-"))
    method = {"id": "pm_1", "type": "card", "is_default": True, "exp_year": year, "exp_month": month}
    summary = dict.fromkeys(
        ("id", "name", "workspace_id", "workspace_name", "billing_mode", "email", "country", "currency")
    )
    return {
        "account": {**summary, **account},
        "read_at": None,
        "subscriptions": [{"id": "sub_1", "status": status}],
        "payment_methods": [method],
        "invoices": [],
        "has_older": False,
    }


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (card("2026-10"), ["cards-expired"]),
        (card("2026-11"), ["cards"]),
        (card("2026-12"), []),
        (card("2026-10", status="canceled"), []),
        (card("2026-11", status="canceled"), []),
        (card("2026-10", archived=True), []),
        (card("2026-10", status="paused"), ["cards-expired"]),
        ({**card("2026-10"), "subscriptions": []}, ["cards-expired"]),
        ({**card("2026-10", status="canceled"), "cut": ["subscriptions"]}, ["cards-expired"]),
    ],
)
def test_expired_cards_are_apart_and_closed_accounts_left_out(item: store.Document, found: list[str]) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    account = queues._scanned_account(item, now)

    card_queues = ("cards-expired", "cards")
    assert [key for key in card_queues if queues.QUEUES[key].reason(account, now)] == found


def test_closed_accounts_need_no_payment_method() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    item = {**card("2026-10", status="canceled"), "payment_methods": []}

    assert not queues.QUEUES["no-default"].reason(queues._scanned_account(item, now), now)
    assert queues.QUEUES["all"].reason(queues._scanned_account(item, now), now)


def late_in(item: store.Document, now: datetime, *, is_past_due: bool) -> dict[str, Total]:
    """Return late invoices by currency. Those without a due date count if a subscription is past due."""
    invoices = [Invoice.from_json(one) for one in item["invoices"]]
    sums = {}
    for part in aging_by_currency(invoices, UTC, now):
        total = total_of(
            item for item in part.items if (item.bucket in LATE if item.invoice.due_date else is_past_due)
        )
        if total.count:
            sums[part.currency] = total
    return sums
