"""The data is believable, complete and made up."""

from __future__ import annotations

from collections import Counter

from tests.sandbox.test_contract import ACCOUNTS, SEED, WORKSPACES

MOST = {"single": 1, "assigned": 10, "pooled": 10}


def test_all_billing_modes_are_there() -> None:
    assert {row["billing_mode"] for row in WORKSPACES} == {"single", "assigned", "pooled"}


def test_all_currencies_are_there() -> None:
    assert {row["currency"] for row in ACCOUNTS} == {"usd", "zar", "eur", "gbp", "aud"}


def test_there_are_a_few_dozen_accounts_each_with_its_own_id() -> None:
    assert 30 <= len({row["id"] for row in ACCOUNTS}) == len(ACCOUNTS)


def test_no_workspace_has_more_accounts_than_its_mode_allows() -> None:
    counts = Counter(row["workspace_id"] for row in ACCOUNTS)

    for workspace in WORKSPACES:
        assert counts[workspace["id"]] <= MOST[workspace["billing_mode"]]


def test_seats_are_limited_in_pooled_mode_only() -> None:
    for workspace in WORKSPACES:
        assert (workspace["pooled_seat_limit"] is None) == (workspace["billing_mode"] != "pooled")


def test_all_kinds_of_token_are_there() -> None:
    tokens = [row["token"] for row in SEED["tokens"]]

    assert {token.startswith("alto_sk_") for token in tokens} == {True, False}
    assert sum(token.count(".") == 2 for token in tokens) == 2
    assert sum(token.count(":") == 2 and len(token.rpartition(":")[2]) == 62 for token in tokens) == 1


def test_mail_goes_to_nobody() -> None:
    documented = "billing@acme.com"
    assert all(row["email"].endswith(".example") or row["email"] == documented for row in ACCOUNTS)
