"""The initial data is fictional, plausible and complete."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from billing.sandbox.seeding.stories import STORIES
from billing.sandbox.state import State
from tests.contract import CONTRACT
from tests.sandbox.test_contract import ACCOUNTS, SEED, WORKSPACES

MAX_ACCOUNTS = {"single": 1, "assigned": 10, "pooled": 10}


def test_every_billing_mode_occurs() -> None:
    assert {row["billing_mode"] for row in WORKSPACES} == {"single", "assigned", "pooled"}


def test_every_currency_occurs() -> None:
    assert {row["currency"] for row in ACCOUNTS} == {"usd", "zar", "eur", "gbp", "aud"}


def test_there_are_a_few_dozen_accounts_with_unique_ids() -> None:
    assert 30 <= len({row["id"] for row in ACCOUNTS}) == len(ACCOUNTS)


def test_no_workspace_has_more_accounts_than_its_mode_allows() -> None:
    counts = Counter(row["workspace_id"] for row in ACCOUNTS)

    for workspace in WORKSPACES:
        assert counts[workspace["id"]] <= MAX_ACCOUNTS[workspace["billing_mode"]]


def test_only_pooled_workspaces_have_a_seat_limit() -> None:
    for workspace in WORKSPACES:
        assert (workspace["pooled_seat_limit"] is None) == (workspace["billing_mode"] != "pooled")


def test_every_kind_of_token_occurs() -> None:
    tokens = [row["token"] for row in SEED["tokens"]]

    assert {token.startswith("alto_sk_") for token in tokens} == {True, False}
    assert sum(token.count(".") == 2 for token in tokens) == 2
    assert sum(token.count(":") == 2 and len(token.rpartition(":")[2]) == 62 for token in tokens) == 1


def test_email_addresses_are_not_deliverable() -> None:
    documented = "billing@acme.com"
    assert all(row["email"].endswith(".example") or row["email"] == documented for row in ACCOUNTS)


NOW = datetime(2031, 2, 28, 9, 30, tzinfo=UTC)


def statuses(state: State, account_id: str) -> list[str]:
    return [row["status"] for row in state.subscriptions[account_id]]


def days_until(timestamp: str, now: datetime = NOW) -> int:
    return (datetime.fromisoformat(timestamp).date() - now.date()).days


def test_the_data_is_reproducible() -> None:
    first, second = State.from_seed(NOW), State.from_seed(NOW)

    for table in ("subscriptions", "invoices", "payment_methods", "organizations", "members"):
        assert getattr(first, table) == getattr(second, table)


def test_invoices_keep_their_ids_the_next_day() -> None:
    today, tomorrow = State.from_seed(NOW), State.from_seed(NOW + timedelta(days=1))

    before = {row["id"] for row in today.invoices["cus_dcpze5oa7rau1cm5"]}
    assert len(before - {row["id"] for row in tomorrow.invoices["cus_dcpze5oa7rau1cm5"]}) <= 1


def test_dates_are_relative_to_today() -> None:
    state = State.from_seed(NOW)

    assert days_until(state.subscriptions["cus_kestreltrial0001"][0]["current_period_end"]) == 3
    assert statuses(state, "cus_tiieclw5118uht1p") == ["past_due"]
    newest = state.invoices["cus_tiieclw5118uht1p"][0]
    assert (newest["status"], days_until(newest["due_date"])) == ("open", -12)
    (card,) = state.payment_methods["cus_qctd7kt95e167w1b"]
    assert (card["exp_month"], card["exp_year"]) == (2, 2031)


def test_every_status_occurs() -> None:
    state = State.from_seed(NOW)
    subscriptions = {row["status"] for rows in state.subscriptions.values() for row in rows}
    invoices = {row["status"] for rows in state.invoices.values() for row in rows}

    documented = CONTRACT["components"]["schemas"]
    assert subscriptions >= set(documented["Subscription"]["properties"]["status"]["enum"])
    assert invoices >= set(documented["Invoice"]["properties"]["status"]["enum"])


def test_the_amounts_of_every_invoice_add_up() -> None:
    for rows in State.from_seed(NOW).invoices.values():
        for row in rows:
            assert row["subtotal"] == sum(line["amount"] for line in row["lines"])
            assert row["total"] == row["subtotal"] - (row["discount_amount"] or 0) + (row["tax"] or 0)
            assert row["amount_paid"] <= row["amount_due"] == row["total"]


def test_no_account_exceeds_the_limits() -> None:
    state = State.from_seed(NOW)

    assert max(len(rows) for rows in state.payment_methods.values()) == 5
    assert max(len(state.running(account)) for account in state.subscriptions) == 3
    assert all(
        sum(row["is_default"] for row in rows) <= 1 and len({row["id"] for row in rows}) == len(rows)
        for rows in state.payment_methods.values()
    )


def test_no_invoice_is_in_the_future_or_older_than_its_account() -> None:
    state = State.from_seed(NOW)
    for rows in state.accounts.values():
        for account in rows:
            for invoice in state.invoices.get(account["id"], ()):
                assert datetime.fromisoformat(invoice["created_at"]) <= NOW
                assert invoice["created_at"][:10] >= account["created_at"][:10]


def test_invoice_numbers_are_unique() -> None:
    rows = [row for rows in State.from_seed(NOW).invoices.values() for row in rows]
    numbers = [row["number"] for row in rows if row["number"]]

    assert len(set(numbers)) == len(numbers)
    assert len({row["id"] for row in rows}) == len(rows)


def test_every_story_belongs_to_an_account() -> None:
    state = State.from_seed(NOW)

    assert set(STORIES) <= set(state.subscriptions)
