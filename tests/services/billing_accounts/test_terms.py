"""Fields of Stripe that change what an account's status and its next bill say, as ISO text and as epoch seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status import account_status, next_bill
from billing.services.scans import summaries

pytestmark = pytest.mark.sqlite_only

NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
CARD: Final = {"id": "pm_1", "type": "card", "brand": "visa", "last4": "4242", "is_default": True}
DATES: Final = (
    *("current_period_end", "trial_end", "cancel_at", "ended_at", "billing_cycle_anchor", "resumes_at"),
    *("next_pending_invoice_item_invoice", "canceled_at"),
)
PAYING: Final = "Paying: 1 active subscription, nothing overdue."
NO_METHOD: Final = "No payment method: the next bill cannot be charged."

Stamp = Callable[[int], object]


def iso(days: int) -> str:
    return f"{NOW + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def epoch(days: int) -> int:
    return int((NOW + timedelta(days=days)).timestamp())


def dated(fields: Any, stamp: Stamp) -> Any:
    """Replace the days of date fields by dates."""
    if not isinstance(fields, dict):
        return fields
    return {
        name: stamp(value) if name in DATES and isinstance(value, int) else dated(value, stamp)
        for name, value in fields.items()
    }


def sentences(*rows: dict[str, Any], methods: Any = (CARD,), account: Any = None) -> list[str]:
    subscriptions = [Subscription.from_json({"id": "sub_1", **row}) for row in rows]
    found = account_status(
        BillingAccount.from_json(account or {}),
        subscriptions,
        [],
        [PaymentMethod.from_json(method) for method in methods],
        NOW,
    )
    return [one.sentence for one in found]


ACTIVE: Final = {"status": "active", "current_period_end": 22}
CASES: Final[list[tuple[dict[str, Any], list[str]]]] = [
    (ACTIVE, [PAYING]),
    (
        {**ACTIVE, "pause_collection": {"behavior": "void", "resumes_at": None}},
        ["Paused: the invoices of a subscription are voided."],
    ),
    (
        {**ACTIVE, "pause_collection": {"behavior": "keep_as_draft", "resumes_at": 7}},
        ["Paused: the invoices of a subscription stay drafts until 30 Nov 2026, in 7 days."],
    ),
    (
        {**ACTIVE, "pause_collection": {"behavior": "mark_uncollectible"}},
        ["Paused: the invoices of a subscription are marked as uncollectible."],
    ),
    ({**ACTIVE, "pause_collection": {"behavior": "odd"}}, ["Paused: a subscription is not collected."]),
    ({**ACTIVE, "pause_collection": "void"}, ["Paused: the invoices of a subscription are voided."]),
    ({**ACTIVE, "pause_collection": True}, ["Paused: a subscription is not collected."]),
    ({**ACTIVE, "pause_collection": {"behavior": "void", "resumes_at": -1}}, [PAYING]),
    ({**ACTIVE, "pause_collection": None}, [PAYING]),
    ({**ACTIVE, "pause_collection": []}, [PAYING]),
    (
        {"status": "paused", "pause_collection": {"resumes_at": 7}},
        ["Paused: a subscription creates no invoices until 30 Nov 2026, in 7 days."],
    ),
    (
        {"status": "trialing", "current_period_end": None, "trial_end": 5},
        ["Trial ends on 28 Nov 2026, in 5 days."],
    ),
    (
        {"status": "trialing", "current_period_end": 9, "trial_end": 5},
        ["Trial ends on 28 Nov 2026, in 5 days."],
    ),
    ({"status": "trialing", "trial_end": "soon"}, ["Trial ends on an unknown date."]),
    ({"status": "trialing", "trial_end": -2}, ["Trial was to end on 21 Nov 2026, 2 days ago."]),
    ({**ACTIVE, "trial_end": 5}, ["Trial ends on 28 Nov 2026, in 5 days."]),
    ({**ACTIVE, "trial_end": -50}, [PAYING]),
    (
        {**ACTIVE, "canceled_at": -2},
        ["Canceled on 21 Nov 2026: a subscription ends on an unknown date.", PAYING],
    ),
    (
        {**ACTIVE, "canceled_at": -2, "cancel_at_period_end": True},
        ["Canceled: a subscription ends with its period on 15 Dec 2026, in 22 days.", PAYING],
    ),
    (
        {**ACTIVE, "cancel_at": 40},
        ["Canceled: a subscription ends on 2 Jan 2027, in 40 days.", PAYING],
    ),
    (
        {**ACTIVE, "cancel_at": 22, "cancel_at_period_end": True},
        ["Canceled: a subscription ends with its period on 15 Dec 2026, in 22 days.", PAYING],
    ),
    (
        {**ACTIVE, "cancel_at": -2},
        ["Canceled: a subscription was to end on 21 Nov 2026, 2 days ago.", PAYING],
    ),
    (
        {"status": "active", "current_period_end": -2, "cancel_at_period_end": True},
        ["Canceled: a subscription was to end on 21 Nov 2026, 2 days ago.", PAYING],
    ),
    ({**ACTIVE, "cancel_at": 0}, ["Canceled: a subscription ends on 23 Nov 2026, today.", PAYING]),
    ({**ACTIVE, "cancel_at": "soon"}, ["Canceled: a subscription ends on an unknown date.", PAYING]),
    (
        {"status": "active", "cancel_at_period_end": True},
        ["Canceled: a subscription ends with its period.", PAYING],
    ),
    ({**ACTIVE, "cancel_at": None, "cancel_at_period_end": False}, [PAYING]),
    (
        {**ACTIVE, "ended_at": -3},
        ["No active subscription: the last one ended on 20 Nov 2026, 3 days ago."],
    ),
    (
        {"status": "canceled", "ended_at": -3},
        ["No active subscription: the last one ended on 20 Nov 2026, 3 days ago."],
    ),
    (
        {"status": "past_due", "ended_at": -3},
        ["No active subscription: the last one ended on 20 Nov 2026, 3 days ago."],
    ),
    ({**ACTIVE, "ended_at": None}, [PAYING]),
    ({**ACTIVE, "schedule": "sub_sched_1"}, ["A schedule can change or end a subscription.", PAYING]),
    ({**ACTIVE, "schedule": {"end_behavior": "cancel"}}, ["A schedule will end a subscription.", PAYING]),
    ({**ACTIVE, "schedule": {"status": "released"}}, [PAYING]),
    ({**ACTIVE, "schedule": None}, [PAYING]),
    (
        {**ACTIVE, "pending_update": {"expires_at": 1}},
        ["A change of a subscription waits for its payment.", PAYING],
    ),
]


@pytest.mark.parametrize("stamp", [iso, epoch])
@pytest.mark.parametrize(("fields", "expected"), CASES, ids=str)
def test_sentence(fields: dict[str, Any], expected: list[str], stamp: Stamp) -> None:
    assert sentences(dated(fields, stamp)) == expected


@pytest.mark.parametrize("stamp", [iso, epoch])
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, NO_METHOD),
        ({"collection_method": "charge_automatically"}, NO_METHOD),
        ({"collection_method": "send_invoice", "days_until_due": 30}, "No payment method."),
        ({"default_payment_method": "pm_9"}, "No payment method."),
        ({"default_payment_method": {"id": "pm_9"}}, "No payment method."),
        ({"default_source": "src_9"}, "No payment method."),
        ({"cancel_at_period_end": True}, "No payment method."),
        ({"cancel_at": 40}, NO_METHOD),
        ({"ended_at": -1}, "No payment method."),
        ({"pause_collection": {"behavior": "void"}}, "No payment method."),
        ({"pause_collection": {"behavior": "void", "resumes_at": 7}}, NO_METHOD),
        ({"pause_collection": {"behavior": "void", "resumes_at": 30}}, "No payment method."),
        (
            {
                **{"status": "trialing", "trial_end": 5},
                "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
            },
            "No payment method: a subscription is canceled when its trial ends.",
        ),
        (
            {
                **{"status": "trialing", "trial_end": 5},
                "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
            },
            NO_METHOD,
        ),
    ],
    ids=str,
)
def test_next_bill_needs_a_payment_method(fields: dict[str, Any], sentence: str, stamp: Stamp) -> None:
    assert sentence in sentences(dated({**ACTIVE, **fields}, stamp), methods=())


@pytest.mark.parametrize("stamp", [iso, epoch])
@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ({}, "15 Dec 2026"),
        ({"status": "trialing", "trial_end": 10}, "3 Dec 2026"),
        ({"next_pending_invoice_item_invoice": 9}, "2 Dec 2026"),
        ({"current_period_end": None, "billing_cycle_anchor": 12}, "5 Dec 2026"),
        ({"collection_method": "send_invoice"}, None),
        ({"pause_collection": {"behavior": "void"}}, None),
        ({"cancel_at_period_end": True}, None),
        ({"ended_at": -1}, None),
    ],
    ids=str,
)
def test_card_expires_before_the_next_bill(fields: dict[str, Any], day: str | None, stamp: Stamp) -> None:
    card = {**CARD, "exp_month": 11, "exp_year": 2026}

    found = sentences(dated({**ACTIVE, **fields}, stamp), methods=[card])

    start = "The default card (Visa ending in 4242) expires on 30 Nov 2026"
    assert f"{start}, before the next bill on {day}." in found if day else f"{start}." in found


def test_card_of_a_subscription_has_its_own_sentence() -> None:
    own = {**CARD, "id": "pm_2", "is_default": False, "exp_month": 10, "exp_year": 2026}

    found = sentences(dated({**ACTIVE, "default_payment_method": "pm_2"}, iso), methods=[CARD, own])

    assert found == ["The card of a subscription (Visa ending in 4242) expired on 31 Oct 2026."]


@pytest.mark.parametrize("year", [26, 0, -1])
def test_card_with_an_impossible_year_has_not_expired(year: int) -> None:
    card = {**CARD, "exp_month": 1, "exp_year": year}

    assert sentences(dated(ACTIVE, iso), methods=[card]) == [PAYING]


def test_default_of_the_customer_counts() -> None:
    method = {**CARD, "is_default": None}

    named = sentences(
        dated(ACTIVE, iso), methods=[method], account={"invoice_settings": {"default_payment_method": "pm_1"}}
    )

    assert named == [PAYING]


def test_delinquent_account_is_not_called_paying() -> None:
    expected = "Altostrat marks the account as delinquent: a payment failed or is missing."

    assert sentences(dated(ACTIVE, iso), account={"delinquent": True}) == [expected]
    assert sentences(dated(ACTIVE, iso), account={"delinquent": False}) == [PAYING]
    deleted = sentences(dated(ACTIVE, iso), account={"deleted": True})
    assert deleted == ["Altostrat marks the account as deleted."]


BILL: Final = {"amount_due": 999, "currency": "usd", "lines": [{"amount": 999}]}


@pytest.mark.parametrize("stamp", [iso, epoch])
@pytest.mark.parametrize(
    ("fields", "preview", "sentence"),
    [
        (ACTIVE, BILL, "Next bill: $9.99 USD on 15 Dec 2026, in 22 days."),
        (
            {**ACTIVE, "pause_collection": {"behavior": "void"}},
            BILL,
            "Next bill: $9.99 USD on 15 Dec 2026, in 22 days, and is voided.",
        ),
        (
            {**ACTIVE, "pause_collection": {"behavior": "keep_as_draft"}},
            BILL,
            "Next bill: $9.99 USD on 15 Dec 2026, in 22 days, and stays a draft.",
        ),
        (
            {**ACTIVE, "pause_collection": {"behavior": "mark_uncollectible"}},
            BILL,
            "Next bill: $9.99 USD on 15 Dec 2026, in 22 days, and is marked as uncollectible.",
        ),
        (
            {**ACTIVE, "pause_collection": {"behavior": "void", "resumes_at": 7}},
            BILL,
            "Next bill: $9.99 USD on 15 Dec 2026, in 22 days.",
        ),
        (
            {"status": "trialing", "current_period_end": None, "trial_end": 5},
            BILL,
            "Next bill: $9.99 USD on 28 Nov 2026, in 5 days.",
        ),
        (
            {"status": "active", "billing_cycle_anchor": 12},
            BILL,
            "Next bill: $9.99 USD on 5 Dec 2026, in 12 days.",
        ),
        (
            {**ACTIVE, "collection_method": "send_invoice", "days_until_due": 30},
            BILL,
            "Next bill: $9.99 USD on 15 Dec 2026, in 22 days, sent as an invoice that is due 30 days later.",
        ),
        (
            {**ACTIVE, "collection_method": "send_invoice"},
            BILL,
            "Next bill: $9.99 USD on 15 Dec 2026, in 22 days, sent as an invoice.",
        ),
        (
            {**ACTIVE, "cancel_at": 20},
            BILL,
            "Next bill: $9.99 USD on 15 Dec 2026, in 22 days. The subscription ends on 13 Dec 2026.",
        ),
        (
            {**ACTIVE, "cancel_at": -2},
            BILL,
            "Next bill: $9.99 USD on 15 Dec 2026, in 22 days. The subscription was to end on 21 Nov 2026.",
        ),
        (
            ACTIVE,
            {**BILL, "amount_due": "999", "total": 1},
            "Next bill: unknown amount on 15 Dec 2026, in 22 days.",
        ),
        (ACTIVE, {"amount_due": 0, "currency": "usd"}, "Next bill: $0.00 USD on 15 Dec 2026, in 22 days."),
        (
            ACTIVE,
            {**BILL, "amount_due": -999},
            "Next bill: a credit of $9.99 USD on 15 Dec 2026, in 22 days.",
        ),
        (ACTIVE, {"amount_due": 0, "lines": []}, "No further bill on 15 Dec 2026, in 22 days."),
        ({"status": "active"}, BILL, "Next bill: $9.99 USD."),
    ],
    ids=str,
)
def test_next_bill(fields: dict[str, Any], preview: dict[str, Any], sentence: str, stamp: Stamp) -> None:
    subscription = Subscription.from_json(dated(fields, stamp))

    found = next_bill(subscription, Invoice.from_json(preview), NOW).sentence

    assert found.replace("\N{NO-BREAK SPACE}", " ") == sentence


def test_due_date_in_seconds_is_a_due_date() -> None:
    late = Invoice.from_json({"status": "open", "amount_due": 100, "currency": "usd", "due_date": epoch(-3)})

    found = account_status(None, [], [late], [], NOW)

    assert found[0].sentence.startswith("Past due since 20 Nov 2026, 3 days ago")


@pytest.mark.parametrize("raw", [True, 0, -5, 10**14, "17960832", Decimal("1796083200.5"), [], {}])
def test_other_values_are_no_dates(raw: object) -> None:
    assert Subscription.from_json({"current_period_end": raw}).current_period_end is None


anything: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        False,
        "void",
        "soon",
        7,
        epoch(5),
        epoch(-5),
        iso(5),
        Decimal("1.5"),
        [],
        {},
        {"behavior": "void"},
    ]
)
names = st.sampled_from(
    [
        *(
            "pause_collection",
            "trial_end",
            "cancel_at",
            "cancel_at_period_end",
            "ended_at",
            "collection_method",
        ),
        *("days_until_due", "billing_cycle_anchor", "schedule", "default_payment_method", "trial_settings"),
        *("pending_update", "current_period_end"),
    ]
)


@given(
    st.sampled_from(["active", "trialing", "past_due", "paused", "canceled", None]),
    st.dictionaries(names, anything),
)
def test_summary_of_a_scan_leads_to_the_same_sentences(status: str | None, fields: dict[str, Any]) -> None:
    document = {"id": "sub_1", "status": status, **fields}
    kept = json.loads(json.dumps(summaries.subscription(Subscription.from_json(document))))

    assert sentences(kept, methods=()) == sentences(document, methods=())
