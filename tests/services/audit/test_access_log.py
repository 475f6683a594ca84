"""Whatever a program reads of a billing account is noted as a reading of it."""

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
from billing.services.tokens import manage as token_changes
from tests.services.cast import actor_called
from tests.tokens import FINANCE

PLACE = {"workspaceId": "ws_a1b2c3d4e5f6g7h8", "billingAccountId": "cus_a1b2c3d4e5f6g7h8"}


@pytest.fixture
def alice(db: None, altostrat_url: str) -> Actor:
    actor = actor_called("alice")
    token_changes.save(actor, text=FINANCE, label="token", verify=False)
    return actor


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
def test_a_program_that_reads_of_an_account_is_noted(operation: Operation[object], alice: Actor) -> None:
    answer = read_live(alice, PLACE["workspaceId"], Read(operation, PLACE))

    entry = AuditEntry.objects.get(verb=audit.READ)
    assert (entry.workspace_id, entry.billing_account_id) == tuple(PLACE.values())
    assert (entry.outcome, entry.upstream_status, entry.upstream_request_id) == (
        "succeeded",
        200,
        answer.request_id,
    )


def test_a_refusal_is_noted_with_its_status(alice: Actor) -> None:
    place = {**PLACE, "billingAccountId": "cus_nobodyknowsit"}
    with pytest.raises(NotFound):
        read_live(alice, place["workspaceId"], Read(LIST_INVOICES, place))

    entry = AuditEntry.objects.get(verb=audit.READ)
    assert (entry.outcome, entry.upstream_status) == ("refused", 404)


def test_what_is_about_no_account_is_no_reading(alice: Actor) -> None:
    place = {"workspaceId": PLACE["workspaceId"]}
    read_live(alice, place["workspaceId"], Read(LIST_BILLING_ACCOUNTS, place))

    assert not AuditEntry.objects.filter(verb=audit.READ).exists()
