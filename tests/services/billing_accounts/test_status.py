"""Account statuses as a table: what Altostrat says about an account, and the statements that follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice, InvoiceLine
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status import (
    Code,
    Severity,
    Statement,
    account_status,
    is_soon,
    next_bill,
)

pytestmark = pytest.mark.sqlite_only

NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
BILL: Final = datetime(2026, 12, 15, tzinfo=UTC)
ACCOUNT: Final = BillingAccount(id="cus_1", currency="usd")


def days(count: int) -> datetime:
    return NOW + timedelta(days=count)


def sub(status: str | None, end: datetime | None = BILL, **extra: object) -> Subscription:
    return Subscription(id=f"sub_{status}", status=status, current_period_end=end, extra=extra)


def invoice(status: str, due: datetime | None = None, amount: int | None = 1099, paid: int = 0) -> Invoice:
    return Invoice(
        id=f"in_{status}",
        status=status,
        due_date=due,
        created_at=days(-50),
        amount_due=amount,
        amount_paid=paid,
        currency="usd",
    )


def card(year: int | None = 2028, month: int | None = 1, *, default: bool | None = True) -> PaymentMethod:
    return PaymentMethod(
        id="pm_1", type="card", brand="visa", last4="4242", exp_year=year, exp_month=month, is_default=default
    )


PAYS: Final = [sub("active")]
CASES: Final[dict[str, tuple[list[Subscription], list[Invoice], list[PaymentMethod], str]]] = {
    "paying": (
        PAYS,
        [invoice("paid")],
        [card()],
        "GOOD paying: Paying: 1 active subscription, nothing overdue.",
    ),
    "an open invoice that is not due yet": (
        *(PAYS, [invoice("open", days(3))], [card()]),
        "INFO open_not_due: 1 open invoice is due on 26 Nov 2026, in 3 days: $10.99\u00a0USD. | GOOD paying",
    ),
    "two open invoices that are not due yet, and one is paid in part": (
        *(PAYS, [invoice("open", days(9)), invoice("open", days(3), paid=99)], [card()]),
        "INFO open_not_due: 2 open invoices are not due yet, the first is due on 26 Nov 2026, in 3 days: "
        "$20.99\u00a0USD. | GOOD paying",
    ),
    "due today is not late": (
        *(PAYS, [invoice("open", NOW - timedelta(hours=1))], [card()]),
        "INFO open_not_due: 1 open invoice is due on 23 Nov 2026, today: $10.99\u00a0USD. | GOOD paying",
    ),
    "due yesterday": (
        *(PAYS, [invoice("open", days(-1))], [card()]),
        "BAD past_due: Past due since 22 Nov 2026, yesterday: 1 open invoice, $10.99\u00a0USD.",
    ),
    "two, of which one is paid in part": (
        *(PAYS, [invoice("open", days(-2)), invoice("open", days(-42), paid=99)], [card()]),
        "BAD past_due: Past due since 12 Oct 2026, 42 days ago: 2 open invoices, $20.99\u00a0USD.",
    ),
    "without a due date, of a past due subscription": (
        *([sub("past_due")], [invoice("open")], [card()]),
        "BAD past_due: Past due since 4 Oct 2026, 50 days ago: 1 open invoice, $10.99\u00a0USD.",
    ),
    "past due without an open invoice": (
        *([sub("past_due")], [], [card()]),
        "BAD past_due: Past due: the last payment of a subscription failed or is missing.",
    ),
    "unpaid": (
        *([sub("unpaid")], [invoice("open", days(-42), amount=None)], [card()]),
        "BAD past_due: Unpaid since 12 Oct 2026, 42 days ago: 1 open invoice.",
    ),
    "void invoices are not owed": (PAYS, [invoice("void", days(-9))], [card()], "GOOD paying"),
    "uncollectible": (
        *(PAYS, [invoice("uncollectible", days(-9)), invoice("uncollectible", paid=99)], [card()]),
        "WARNING uncollectible: 2 invoices are marked as uncollectible: $20.99\u00a0USD. | GOOD paying",
    ),
    "not due yet, of a past due subscription": (
        *([sub("past_due")], [invoice("open", days(3)), invoice("open", days(-1), paid=99)], [card()]),
        "BAD past_due: Past due since 22 Nov 2026, yesterday: 1 open invoice, $10.00\u00a0USD. | "
        "INFO open_not_due: 1 open invoice is due on 26 Nov 2026, in 3 days: $10.99\u00a0USD.",
    ),
    "open without a due date, and nothing is past due": (
        *(PAYS, [invoice("open"), invoice("open")], [card()]),
        "WARNING open_without_due_date: 2 invoices have been open without a due date since 4 Oct 2026, 50 days ago: "
        "$21.98\u00a0USD. | GOOD paying",
    ),
    "open, and paid in full": (PAYS, [invoice("open", days(-9), paid=1099)], [card()], "GOOD paying"),
    "a trial with seven days left, by the calendar": (
        *([sub("trialing", days(7) + timedelta(hours=11))], [], [card()]),
        "WARNING trial_ends: Trial ends on 30 Nov 2026, in 7 days.",
    ),
    "a subscription that never started": (
        *([sub("incomplete_expired")], [], [card()]),
        "INFO nothing_subscribed: No active subscription: a first payment was not made in time.",
    ),
    "a card that expired last month": (
        *(PAYS, [], [card(2026, 10)]),
        "BAD card_expired: The default card (Visa ending in 4242) expired on 31 Oct 2026.",
    ),
    "a card that expires this month, before the next bill": (
        *(PAYS, [], [card(2026, 11)]),
        "WARNING card_expires_before_next_bill: The default card (Visa ending in 4242) expires on 30 Nov 2026, before "
        "the next bill on 15 Dec 2026. | GOOD paying",
    ),
    "a card that is valid on the day of the bill": (
        *([sub("active", datetime(2026, 11, 30, 23, tzinfo=UTC))], [], [card(2026, 11)]),
        "INFO card_expires_soon: The default card (Visa ending in 4242) expires on 30 Nov 2026. | GOOD paying",
    ),
    "an expired card without a subscription": (
        [],
        [],
        [card(2026, 10)],
        "WARNING card_expired | INFO nothing",
    ),
    "an expired card that is not the default": (
        PAYS,
        [],
        [card(), card(2020, 1, default=False)],
        "GOOD paying",
    ),
    "an impossible expiry date": (PAYS, [], [card(2026, 13)], "GOOD paying"),
    "a default that does not expire": (PAYS, [], [card(None, None)], "GOOD paying"),
    "no payment method": (
        *(PAYS, [], []),
        "BAD no_default_payment_method: No payment method: the next bill cannot be charged.",
    ),
    "no default payment method": (
        *(PAYS, [], [card(default=False)]),
        "BAD no_default_payment_method: No default payment method: the next bill cannot be charged.",
    ),
    "no word about the default": (
        *(PAYS, [], [card(default=None), card(default=None)]),
        "WARNING default_unknown: Altostrat does not say which payment method is the default. | GOOD paying",
    ),
    "no payment method and no subscription": (
        *([], [], []),
        "INFO no_default_payment_method: No payment method. | INFO nothing_subscribed: No subscription yet.",
    ),
    "a trial with a week left": (
        *([sub("trialing", days(3))], [], [card()]),
        "WARNING trial_ends: Trial ends on 26 Nov 2026, in 3 days.",
    ),
    "a trial at its beginning": (
        *([sub("trialing", days(12))], [], [card()]),
        "INFO trial_ends: Trial ends on 5 Dec 2026, in 12 days.",
    ),
    "paused": (
        [sub("paused")],
        [],
        [card()],
        "WARNING paused: Paused: a subscription creates no invoices.",
    ),
    "canceled at the end of the period": (
        *([sub("active", cancel_at_period_end=True)], [], [card()]),
        "WARNING cancels_at_period_end: Canceled: a subscription ends with its period on 15 Dec 2026, in 22 days. | "
        "GOOD paying",
    ),
    "incomplete": ([sub("incomplete")], [], [card()], "WARNING first_payment_missing"),
    "all ended": (
        *([sub("canceled", days(-9)), sub("incomplete_expired")], [], [card()]),
        "INFO nothing_subscribed: No active subscription: the last one has ended.",
    ),
    "an unknown status": (
        *([sub("hibernating")], [], [card()]),
        "INFO status_unknown: A subscription has the unknown status “hibernating”.",
    ),
    "a draft": (
        PAYS,
        [invoice("draft")],
        [card()],
        "INFO draft_invoice: 1 draft invoice is not issued yet. | GOOD",
    ),
    "everything at once, most severe first": (
        *([sub("past_due"), sub("paused"), sub("trialing", days(12))], [invoice("draft")], []),
        "BAD past_due | BAD no_default_payment_method | WARNING paused | INFO trial_ends | INFO draft_invoice",
    ),
}


def texts(statements: Sequence[Statement]) -> list[str]:
    return [f"{one.severity.name} {one.code}: {one.sentence}" for one in statements]


@pytest.mark.parametrize("case", CASES)
def test_statements(case: str) -> None:
    subscriptions, invoices, methods, wanted = CASES[case]

    found = texts(account_status(ACCOUNT, subscriptions, invoices, methods, NOW))

    expected = wanted.split(" | ")
    assert len(found) == len(expected)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True)), found


def test_unknown_data_leads_to_no_statement() -> None:
    assert texts(account_status(None, None, None, None, NOW)) == []
    for subscriptions, invoices, methods in ((PAYS, [], None), (PAYS, None, [card()]), (None, [], [card()])):
        found = account_status(ACCOUNT, subscriptions, invoices, methods, NOW)
        assert Code.PAYING not in [one.code for one in found]
        assert Code.NOTHING_SUBSCRIBED not in [one.code for one in found]


def test_sentences_name_the_invoices_that_were_read_if_there_are_more() -> None:
    late = account_status(ACCOUNT, PAYS, [invoice("open", days(-1))], [card()], NOW, newest=100)
    paying = account_status(ACCOUNT, PAYS, [invoice("paid")], [card()], NOW, newest=100)

    assert late[0].sentence.endswith("1 open invoice, $10.99\u00a0USD in the 100 newest invoices.")
    assert paying[0].sentence == "Paying: 1 active subscription, nothing overdue in the 100 newest invoices."


@pytest.mark.parametrize(("month", "soon"), [(11, True), (12, False)])
def test_a_card_expires_on_the_last_day_of_its_month(month: int, soon: bool) -> None:
    quarter = [sub("active", datetime(2026, 11, 24, tzinfo=UTC))]
    now = datetime(2026, 11, 30, tzinfo=UTC)
    found = {one.code: one for one in account_status(ACCOUNT, quarter, [], [card(2026, month)], now)}

    assert (Code.CARD_EXPIRES_SOON in found) is soon
    assert is_soon(date(2026, month, 30), now.date())
    if soon:
        assert found[Code.CARD_EXPIRES_SOON].at == datetime(2026, 11, 30, tzinfo=UTC)


def test_amounts_of_two_currencies_are_not_added() -> None:
    invoices = [
        Invoice(id="in_1", status="open", due_date=days(-3), amount_due=1000, currency="usd"),
        Invoice(id="in_2", status="open", due_date=days(-2), amount_due=5000, currency="zar"),
    ]

    assert (
        "$10.00\u00a0USD and 50.00\u00a0ZAR."
        in account_status(ACCOUNT, PAYS, invoices, [card()], NOW)[0].sentence
    )


def test_days_are_in_the_time_zone_of_now() -> None:
    here = datetime(2026, 11, 23, 0, 30, tzinfo=ZoneInfo("Africa/Johannesburg"))
    due = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)  # a quarter past midnight, the same day there

    found = account_status(ACCOUNT, PAYS, [invoice("open", due)], [card()], here)

    assert [one.code for one in found] == [Code.OPEN_NOT_DUE, Code.PAYING]


def test_a_statement_has_subject_and_time() -> None:
    late = account_status(ACCOUNT, PAYS, [invoice("open", days(-1))], [card()], NOW)[0]

    assert (late.subject, late.at, late.severity) == ("in_open", days(-1), Severity.BAD)


@pytest.mark.parametrize(
    ("preview", "sentence"),
    [
        (
            Invoice(amount_due=999, total=1099, currency="usd", created_at=BILL, lines=(InvoiceLine(),)),
            "Next bill: $9.99\u00a0USD on 15 Dec 2026, in 22 days.",
        ),
        (Invoice(total=1500, currency="jpy"), "Next bill: ¥1,500\u00a0JPY on 15 Dec 2026, in 22 days."),
        (Invoice(), "Next bill: unknown amount on 15 Dec 2026, in 22 days."),
        (
            Invoice(amount_due=0, currency="usd", lines=()),
            "No further bill on 15 Dec 2026, in 22 days.",
        ),
    ],
    ids=["amount due", "total of a currency without a fraction", "unknown", "nothing to bill"],
)
def test_next_bill(preview: Invoice, sentence: str) -> None:
    assert next_bill(sub("active"), preview, NOW).sentence == sentence


def test_a_next_bill_in_the_past_was_expected() -> None:
    found = next_bill(sub("past_due", days(-10)), Invoice(amount_due=999, currency="usd"), NOW)

    assert found.sentence == "Next bill was expected on 13 Nov 2026, 10 days ago: $9.99\u00a0USD."
