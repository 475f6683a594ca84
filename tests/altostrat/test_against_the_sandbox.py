"""The client works with the sandbox, although they share no code."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from billing.altostrat import errors
from billing.altostrat.client import AltostratClient
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import AltostratError, UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.transport import Transport, TransportConfig
from billing.altostrat.operations.billing_accounts import RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.invoices import LIST_INVOICES
from billing.altostrat.operations.operation import Operation
from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.altostrat.operations.subscriptions import CHECK_TRIAL_ELIGIBILITY, LIST_SUBSCRIPTIONS
from billing.altostrat.resources.billing_accounts import BillingAccount, BillingAddress
from tests.plugins.processes import Sandbox
from tests.tokens import FINANCE, SUPPORT

WORKSPACE, ACCOUNT = "ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8"

Act = Callable[[str], AltostratClient]


@pytest.fixture
def act(sandbox: Sandbox) -> Act:
    """Return a function that creates a client of the sandbox for a token."""
    transport = Transport(TransportConfig(sandbox.url))
    return lambda token: AltostratClient(transport, BearerToken(token))


def test_the_documented_account_is_read(act: Act) -> None:
    account = act(FINANCE).retrieve_billing_account(WORKSPACE, ACCOUNT).value

    assert (account.id, account.workspace_id, account.name) == (ACCOUNT, WORKSPACE, "ACME Corp Billing")
    assert account.address == BillingAddress(
        "US", "123 Main Street", "Suite 456", "San Francisco", "CA", "94105"
    )
    assert account.extra == {}


def test_the_lists_match_the_access_of_the_token(act: Act) -> None:
    workspaces = act(FINANCE).list_workspaces().value.items

    for workspace in workspaces[:3]:
        accounts = act(FINANCE).list_billing_accounts(workspace.id or "").value
        assert {account.workspace_id for account in accounts.items} <= {workspace.id}
    assert act(FINANCE).retrieve_workspace(WORKSPACE).value in workspaces


def test_another_token_cannot_access_the_account(act: Act) -> None:
    with pytest.raises((errors.NotFound, errors.NotAllowed)):
        act(SUPPORT).retrieve_billing_account(WORKSPACE, ACCOUNT)


def test_an_unknown_token_is_rejected(act: Act) -> None:
    with pytest.raises(errors.TokenRejected) as caught:
        act("unknown").list_workspaces()

    assert caught.value.message == "Unauthorized or invalid token provided."


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("unauthorized", errors.TokenRejected),
        ("forbidden", errors.NotAllowed),
        ("missing", errors.NotFound),
        ("invalid", errors.Invalid),
        ("ratelimited", errors.RateLimited),
        ("ratelimited_nohint", errors.RateLimited),
        ("error500", errors.Broken),
        ("error502", errors.Broken),
        ("unavailable", errors.Unavailable),
        ("error504", errors.Broken),
    ],
)
def test_a_failure_raises_its_error(act: Act, name: str, kind: type[AltostratError]) -> None:
    with pytest.raises(AltostratError) as caught:
        act(FINANCE).retrieve_billing_account("ws_failures", f"cus_{name}")

    assert type(caught.value) is kind


@pytest.mark.parametrize("name", ["slow", "dripping", "drippinghead", "endless100"])
def test_a_slow_response_ends_at_the_deadline(sandbox: Sandbox, name: str) -> None:
    transport = Transport(TransportConfig(sandbox.url, deadline_seconds=0.3))

    with pytest.raises(errors.DeadlinePassed):
        AltostratClient(transport, BearerToken(FINANCE)).retrieve_billing_account(
            "ws_failures", f"cus_{name}"
        )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("cutoff", FailureReason.BODY_CUT),
        ("cuthead", FailureReason.HEAD_CUT),
        ("notjson", FailureReason.NOT_JSON),
        ("badjson", FailureReason.JSON_MALFORMED),
        ("nan", FailureReason.JSON_MALFORMED),
        ("deep", FailureReason.JSON_MALFORMED),
        ("duplicate", FailureReason.JSON_MALFORMED),
        ("huge", FailureReason.BODY_TOO_LARGE),
        ("bomb", FailureReason.BODY_TOO_LARGE),
        ("redirect", FailureReason.REDIRECT),
        ("otheraccount", FailureReason.ANOTHER_OBJECT),
        ("otherworkspace", FailureReason.ANOTHER_OBJECT),
        ("badlength", FailureReason.LENGTH_MALFORMED),
        ("bothframings", FailureReason.TWO_FRAMINGS),
        ("status999", FailureReason.STATUS_UNKNOWN),
        ("status103", FailureReason.STATUS_UNKNOWN),
    ],
)
def test_an_unexpected_response_is_refused_with_its_reason(
    act: Act, name: str, reason: FailureReason
) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        act(FINANCE).retrieve_billing_account("ws_failures", f"cus_{name}")

    assert caught.value.reason is reason


@pytest.mark.parametrize("name", ["sparse", "nulls", "cookie", "extrabytes", "flaky"])
def test_an_incomplete_response_is_accepted(act: Act, name: str) -> None:
    account = act(FINANCE).retrieve_billing_account("ws_failures", f"cus_{name}").value

    assert account.id in (f"cus_{name}", None)


def test_unknown_fields_are_kept(act: Act) -> None:
    account: BillingAccount = act(FINANCE).retrieve_billing_account("ws_failures", "cus_future").value

    assert account.currency == "xau"
    assert account.extra["metadata"] == []
    assert account.extra["risk_level"] == "<b>low</b>"


@pytest.mark.parametrize(
    "account",
    ["cus_oddyen0000000001", "cus_odddinar00000001", "cus_oddempty00000001", "cus_oddtomorrow00001"],
)
@pytest.mark.parametrize(
    "operation",
    [
        *(RETRIEVE_BILLING_ACCOUNT, LIST_SUBSCRIPTIONS, LIST_INVOICES),
        *(LIST_PAYMENT_METHODS, CHECK_TRIAL_ELIGIBILITY),
    ],
    ids=lambda operation: operation.name,
)
def test_unusual_data_is_tolerated(act: Act, account: str, operation: Operation[object]) -> None:
    answer = act(FINANCE).call(operation, workspaceId="ws_oddshapes00000001", billingAccountId=account)

    assert answer.value is not None
