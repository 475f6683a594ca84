"""A list that says that it has more, but not where, is never treated as complete."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.roles import Role
from billing.services import tokens
from billing.services.scans import queues, summaries, tasks
from billing.services.tokens import manage as token_changes
from billing.services.tokens import upstream
from tests.altostrat.upstream import answer
from tests.html import text, texts
from tests.pages.conftest import client_of
from tests.services.cast import actor_called
from tests.services.reads.upstream import Changing, changing
from tests.tokens import FINANCE

ACCOUNT = {"id": "cus_1", "workspace_id": "ws_1", "name": "ACME"}
PAGE = "/workspaces/ws_1/billing-accounts/cus_1/invoices/"
MORE = "Altostrat has more entries than it listed."


@pytest.fixture
def altostrat(db: None, settings: Settings) -> Iterator[Changing]:
    with changing(settings) as server:
        yield server


def says(altostrat: Changing, name: str, **page: Any) -> None:
    altostrat.says[name] = answer(json.dumps(page).encode())


def do(what: str) -> tasks.Outcome:
    actor = actor_called("alice")
    row, _ = token_changes.save(actor, text=FINANCE, label="t", verify=False)
    client = upstream.client(tokens.unseal(row), share="", request_id="")
    return tasks.run(client, {"do": what, "account": ACCOUNT})


@pytest.mark.parametrize("rows", [[], [{"number": "A-1"}]])
def test_scan_of_invoices_fails_without_a_cursor(altostrat: Changing, rows: list[Any]) -> None:
    says(altostrat, "invoices", data=rows, has_more=True)

    with pytest.raises(UnexpectedAnswer):
        do("invoices")


def test_full_page_may_have_more_behind_it(altostrat: Changing) -> None:
    says(altostrat, "invoices", data=[{"id": f"in_{number}"} for number in range(200)])

    assert [task["after"] for task in do("invoices").more] == ["in_199"]


@pytest.mark.parametrize("name", ["subscriptions", "payment-methods"])
def test_scan_of_accounts_names_what_is_missing(altostrat: Changing, name: str) -> None:
    says(altostrat, name, data=[], has_more=True)
    outcome = do("facts")

    assert outcome.missing == MORE
    named = summaries.account(BillingAccount.from_json(ACCOUNT), {"id": "ws_1"})
    account = queues._scanned_account({**outcome.found[0], "account": named}, timezone.now())
    assert account.statuses.isdisjoint({"none", "nothing_subscribed"}) is (name == "subscriptions")
    assert ("no_default_payment_method" in account.statuses) is (name == "subscriptions")


def test_scan_of_accounts_knows_of_older_invoices(altostrat: Changing) -> None:
    says(altostrat, "invoices", data=[], has_more=True)

    assert do("facts").found[0]["has_older"] is True


@pytest.mark.parametrize(
    ("rows", "has_more", "is_whole"),
    [
        ([{"id": "in_1"}], False, True),
        ([{"id": "in_1"}], None, True),
        ([{"number": "A-1"}], True, False),
        ([], True, False),
        ([{"id": f"in_{number}"} for number in range(100)], None, False),
    ],
    ids=["all", "all-unless-stated", "more-without-a-cursor", "more-but-empty", "full-unless-stated"],
)
def test_list_of_invoices_is_called_complete_only_if_it_is(
    altostrat: Changing,
    static_files: None,
    rows: list[Any],
    has_more: bool | None,
    is_whole: bool,
) -> None:
    page = {"data": rows} if has_more is None else {"data": rows, "has_more": has_more}
    altostrat.says["invoices"] = answer(json.dumps(page).encode())
    alice: Client = client_of("alice", Role.EDITOR, FINANCE)
    shown = alice.get(PAGE)

    assert shown.status_code == 200
    assert (texts(shown, ".card-lead") == ["1 invoice"]) is is_whole
    assert "No invoices yet" not in text(shown)
    assert bool(shown.context["next_page"]) is (len(rows) == 100)
