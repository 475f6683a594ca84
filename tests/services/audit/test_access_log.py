"""Reads of a billing account through the API are recorded."""

from __future__ import annotations

import pytest

from billing.altostrat.errors import NotFound
from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS, RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.invoices import LIST_INVOICES
from billing.altostrat.operations.operation import Operation
from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.altostrat.operations.subscriptions import LIST_SUBSCRIPTIONS
from billing.models import AuditEntry
from billing.services import audit
from billing.services.actor import Actor
from billing.services.reads import Read, read_live
from tests.services.cast import actor_called
from tests.tokens import FINANCE

IDS = {"workspace_id": "ws_a1b2c3d4e5f6g7h8", "billing_account_id": "cus_a1b2c3d4e5f6g7h8"}


@pytest.fixture
def alice(db: None, altostrat_url: str) -> Actor:
    return actor_called("alice", token=FINANCE)


@pytest.mark.parametrize(
    "operation",
    [
        RETRIEVE_BILLING_ACCOUNT,
        LIST_INVOICES,
        LIST_PAYMENT_METHODS,
        LIST_SUBSCRIPTIONS,
    ],
    ids=lambda operation: operation.name,
)
def test_api_read_of_an_account_is_recorded(operation: Operation[object], alice: Actor) -> None:
    answer = read_live(alice, IDS["workspace_id"], Read(operation, IDS))

    entry = AuditEntry.objects.get(verb=audit.READ)
    assert (entry.workspace_id, entry.billing_account_id) == tuple(IDS.values())
    assert (entry.outcome, entry.upstream_status, entry.upstream_request_id) == (
        "succeeded",
        200,
        answer.request_id,
    )


def test_refused_read_is_recorded_with_its_status(alice: Actor) -> None:
    ids = {**IDS, "billing_account_id": "cus_nobodyknowsit"}
    with pytest.raises(NotFound):
        read_live(alice, ids["workspace_id"], Read(LIST_INVOICES, ids))

    entry = AuditEntry.objects.get(verb=audit.READ)
    assert (entry.outcome, entry.upstream_status) == ("refused", 404)


def test_read_without_an_account_is_not_recorded(alice: Actor) -> None:
    ids = {"workspace_id": IDS["workspace_id"]}
    read_live(alice, ids["workspace_id"], Read(LIST_BILLING_ACCOUNTS, ids))

    assert not AuditEntry.objects.filter(verb=audit.READ).exists()
