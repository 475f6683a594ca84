"""Whether a document names another owner than the request."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from billing.altostrat.decoding import decode
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.operations.invoices import PREVIEW_INVOICE
from billing.altostrat.operations.operation import Operation
from billing.altostrat.operations.organizations import (
    CREATE_CHILD_ORGANIZATION,
    EXPORT_ORGANIZATION_USAGE_CSV,
    LIST_DESCENDANT_ORGANIZATIONS,
    RETRIEVE_ORGANIZATION,
    RETRIEVE_PARENT_ORGANIZATION,
)
from billing.altostrat.operations.payment_methods import (
    CREATE_SETUP_INTENT,
    DETACH_PAYMENT_METHOD,
    LIST_PAYMENT_METHODS,
    SET_DEFAULT_PAYMENT_METHOD,
)
from billing.altostrat.operations.subscriptions import (
    CANCEL_SUBSCRIPTION,
    CHECK_TRIAL_ELIGIBILITY,
    LIST_SUBSCRIPTIONS,
    RETRIEVE_SUBSCRIPTION,
)
from billing.altostrat.operations.workspaces import LIST_WORKSPACES, RETRIEVE_WORKSPACE
from billing.altostrat.owner_files import AnotherOwner, checked_rows

IDS = {
    "workspace_id": "ws_a",
    "billing_account_id": "cus_b",
    "subscription_id": "sub_c",
    "payment_method_id": "pm_d",
    "organization_id": "org_e",
}


def reason(
    operation: Operation[object],
    document: object,
    sent: Mapping[str, object] | None = None,
    body: bytes = b"",
) -> object:
    """Return why a document is refused as the response of an operation; None if it is accepted."""
    names = ("".join(f"_{c.lower()}" if c.isupper() else c for c in name) for name in operation.parameters)
    found = decode(
        operation,
        {name: IDS[name] for name in names},
        sent,
        body or json.dumps(document).encode(),
        "text/csv" if operation.media_types else "application/json",
    )
    return found if isinstance(found, FailureReason) else None


@pytest.mark.parametrize(
    "name",
    [
        *("customer", "customer_id", "customerId", "customerID", "Customer", "stripe_customer_id"),
        *(
            "billing_account",
            "billing_account_id",
            "billingAccountId",
            "billing-account-id",
            "BILLING_ACCOUNT",
        ),
        *("account", "accountId", "owner", "owner_id"),
        *("customers", "billing_account_ids", "customerRef", "customer_reference"),
    ],
)
@pytest.mark.parametrize("value", ["cus_other", {"id": "cus_other"}, ["cus_other"], [{"id": "cus_other"}]])
def test_a_field_that_names_another_account(name: str, value: object) -> None:
    assert reason(CHECK_TRIAL_ELIGIBILITY, {name: value}) is FailureReason.ANOTHER_OBJECT
    assert reason(LIST_PAYMENT_METHODS, {"data": [{"id": "pm_1", "x": {name: value}}]}) is not None


@pytest.mark.parametrize(
    ("operation", "document"),
    [
        (CHECK_TRIAL_ELIGIBILITY, {"workspace": "ws_other"}),
        (CHECK_TRIAL_ELIGIBILITY, {"trial_info": {"workspaceId": "ws_other"}}),
        (LIST_PAYMENT_METHODS, {"data": [], "workspace_id": "ws_other"}),
        (LIST_PAYMENT_METHODS, {"data": [{"object": "customer", "id": "cus_other"}]}),
        (LIST_PAYMENT_METHODS, {"data": [{"payer": {"id": "cus_other", "email": "someone@example.com"}}]}),
        (LIST_SUBSCRIPTIONS, {"data": [{"metadata": {}, "items": {"data": [{"customer": "cus_other"}]}}]}),
        (CREATE_SETUP_INTENT, {"client_secret": "seti_1_secret_2", "customer": "cus_other"}),
        (SET_DEFAULT_PAYMENT_METHOD, {"id": "pm_other"}),
        (SET_DEFAULT_PAYMENT_METHOD, {"id": "cus_other"}),
        (DETACH_PAYMENT_METHOD, {"id": "pm_d", "customer": "cus_other"}),
        (CANCEL_SUBSCRIPTION, {"id": "sub_other"}),
        (RETRIEVE_SUBSCRIPTION, {"latest_invoice": {"subscription": "sub_other"}}),
        (RETRIEVE_ORGANIZATION, {"organization": {"id": "org_other"}}),
        (RETRIEVE_WORKSPACE, {"owner": "ws_other"}),
    ],
)
def test_a_document_that_names_another_owner(operation: Operation[object], document: object) -> None:
    assert reason(operation, document) is FailureReason.ANOTHER_OBJECT


@pytest.mark.parametrize(
    ("operation", "document"),
    [
        (CHECK_TRIAL_ELIGIBILITY, {"customer": "cus_b", "workspace": {"id": "ws_a"}, "account": "acct_1"}),
        (
            CHECK_TRIAL_ELIGIBILITY,
            {"customer": None, "workspace_id": "", "customer_reference": "ERP-0815", "account": 7},
        ),
        (CHECK_TRIAL_ELIGIBILITY, {"customer": "ACME Corp", "workspace": {"name": "ACME"}}),
        # Customers write metadata themselves, about anything.
        (LIST_SUBSCRIPTIONS, {"data": [{"id": "sub_1", "metadata": {"customer": "cus_other"}}]}),
        (LIST_SUBSCRIPTIONS, {"data": [{"id": "sub_1", "note": "replaces cus_other", "metadata": []}]}),
        # The request names neither a subscription nor an organization.
        (LIST_PAYMENT_METHODS, {"data": [{"id": "pm_1", "subscription": "sub_1", "organization": "org_1"}]}),
        (RETRIEVE_WORKSPACE, {"billing_account": "cus_1"}),
        (LIST_WORKSPACES, {"data": [{"id": "ws_1", "workspace": "ws_1"}, {"id": "ws_2"}]}),
        # Relatives of the organization.
        (RETRIEVE_ORGANIZATION, {"id": "org_e", "parent": {"id": "org_1"}, "children": [{"id": "org_2"}]}),
        (RETRIEVE_PARENT_ORGANIZATION, {"id": "org_1", "organization_id": "org_1"}),
        (LIST_DESCENDANT_ORGANIZATIONS, {"data": [{"id": "org_1", "organization": "org_1"}]}),
        (CREATE_CHILD_ORGANIZATION, {"id": "org_1", "organization_id": "org_1", "parent_org_id": "org_e"}),
    ],
)
def test_a_document_that_contradicts_nothing(operation: Operation[object], document: object) -> None:
    assert reason(operation, document) is None


LONG = {"workspace_id": "ws_a1b2c3d4e5f6g7h8", "billing_account_id": "cus_B1b2c3d4e5f6g7h8"}
OTHERS = (
    "cus_other",
    " CUS_other ",
    "cus_\u200bother",
    "/v1/customers/cus_other",
    "ws_a1b2c3d4e5f6g7h8/cus_other",
)
OWN = (
    "cus_B1b2c3d4e5f6g7h8",
    " CUS_b1b2C3d4e5f6g7h8\t",
    "\uff43us_\u200bb1b2c3d4e5f6g7h8",
    "b1b2c3d4e5f6g7h8",
)
FIELDS = (
    "belongs_to",
    "belongsTo",
    "ownedBy",
    "bill_to",
    "owner",
    "parent",
    "payer",
    "merged_into",
    "x",
    "url",
)
NAMED = ("customer", "customer_id", "billingAccount", "billing_account_id")


def answer_to(document: object) -> object:
    """Return why a document is refused, which is about an account with IDs of the usual length."""
    found = decode(CHECK_TRIAL_ELIGIBILITY, LONG, None, json.dumps(document).encode(), "application/json")
    found_raw = decode(
        CHECK_TRIAL_ELIGIBILITY,
        LONG,
        None,
        json.dumps(document, ensure_ascii=False).encode(),
        "application/json",
    )
    assert isinstance(found, FailureReason) == isinstance(found_raw, FailureReason)
    return found if isinstance(found, FailureReason) else None


def shapes(name: str, value: object) -> list[dict[str, object]]:
    nested = {"data": {"id": value}}
    return [
        {name: value},
        {name: [value]},
        {name: {"id": value}},
        {name: [{"id": value}]},
        {"a": [{name: nested}]},
    ]


@pytest.mark.parametrize("name", [*FIELDS, *NAMED])
@pytest.mark.parametrize("value", OTHERS)
def test_spellings_of_another_owner(name: str, value: str) -> None:
    assert {answer_to(document) for document in shapes(name, value)} == {FailureReason.ANOTHER_OBJECT}


@pytest.mark.parametrize("name", [*FIELDS, *NAMED])
@pytest.mark.parametrize("value", OWN)
def test_spellings_of_the_same_owner(name: str, value: str) -> None:
    assert {answer_to(document) for document in shapes(name, value)} == {None}


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize(
    "value", ["someoneelse", "c9d8e7f6a5b4c3d2", "ba_c9d8e7f6", "550e8400-e29b-41d4-a716-446655440000"]
)
def test_ids_of_another_owner_without_their_prefix(name: str, value: str) -> None:
    assert {answer_to(document) for document in shapes(name, value)} == {FailureReason.ANOTHER_OBJECT}


@pytest.mark.parametrize(
    "document",
    [
        {"customer_id": 815},
        {"cus_other": {"total": 1}},
        {"owner": {"type": "customer", "id": "someoneelse"}},
        {"object": "billing_account", "id": "someoneelse"},
        {"belongs_to": "c9d8e7f6a5b4c3d2"},
        {"href": "https://altostrat.example/workspaces/ws_other/billing-accounts/cus_B1b2c3d4e5f6g7h8"},
        {"description": {"customer": "cus_other"}},
    ],
)
def test_other_forms_that_name_another_owner(document: object) -> None:
    assert answer_to(document) is FailureReason.ANOTHER_OBJECT


@pytest.mark.parametrize(
    "document",
    [
        {"description": "cus_other", "name": "ws_other", "custom_fields": [{"customer": "cus_other"}]},
        {"owner": "auth0|64f5a6b7c8d9e0f1a2b3c4d5", "account": "acct_1032D82eZvKYlo2C", "team": "Finance"},
        {"customer": {"name": "someoneelse", "address": {"id": "addr_1"}}, "customer_uuid": "550e8400-e29b"},
        {"customers": 3, "workspace": {"name": "Acme", "id": "WS_a1b2c3d4e5f6g7h8"}},
        {"client_id": "c9d8e7f6a5b4c3d2", "cus_tom": 1, "url": "https://pay.example/i/live_cus_other"},
    ],
)
def test_other_forms_that_contradict_nothing(document: object) -> None:
    assert answer_to(document) is None


def test_a_field_of_the_identity_may_be_spelled_differently() -> None:
    invoices = [{"id": "sub_1", "billing_account_id": " CUS_B", "workspace_id": ""}]

    assert reason(LIST_SUBSCRIPTIONS, {"data": invoices}) is not FailureReason.ANOTHER_OBJECT


def test_a_sentence_about_an_owner_is_no_id() -> None:
    problems = {"billingAccountId": ["The account does not allow this now."], "customer": "Not found here."}
    foreign = {"customer": "The account cus_other does not allow this."}

    assert reason(CHECK_TRIAL_ELIGIBILITY, {"eligible": True, "errors": problems}) is None
    assert reason(CHECK_TRIAL_ELIGIBILITY, {"eligible": True, "errors": foreign}) is not None


def test_an_escaped_id_is_the_same_id() -> None:
    assert reason(CHECK_TRIAL_ELIGIBILITY, None, body=rb'{"customer": "\u0063us_other"}') is not None
    assert reason(CHECK_TRIAL_ELIGIBILITY, None, body=rb'{"cu\u0073tomer": "cus_other"}') is not None
    assert reason(CHECK_TRIAL_ELIGIBILITY, None, body=rb'{"customer": "cus\u005fb"}') is None


def test_the_body_of_a_request_names_owners_too() -> None:
    invoice = {"subscription": "sub_other"}

    assert reason(PREVIEW_INVOICE, invoice, {"items": []}) is None
    assert reason(PREVIEW_INVOICE, invoice, {"subscription_id": "sub_other"}) is None
    assert reason(PREVIEW_INVOICE, invoice, {"subscription_id": "sub_c"}) is FailureReason.ANOTHER_OBJECT


@pytest.mark.parametrize(
    ("body", "is_accepted"),
    [
        (b"organization_id,workspace_id\norg_1,ws_a\norg_2,ws_a\n", True),
        (b"organization_id,workspace_id\norg_1,ws_a\norg_2,ws_other\n", False),
        (b"\xef\xbb\xbfWorkspace,Name\nws_other,x\n", False),
        (b"workspace_id,name\nws_a\nws_a,b,c\n", True),
        (b"\xff\xfe", True),
        (b"workspace_id;name\nws_other;Some One\n", False),
        (b"workspace_id\tname\n WS_A \tSome One\n", True),
        (b"name,belongs to\nx, WS_other \n", False),
        (b"name,link\nx,/workspaces/ws_other/usage\n", False),
        (b"workspace_id,name\na,ws_other\n", True),
        (b"workspace_id,name\nb,x\n", False),
        ("workspace_id,name\nws_other,x\n".encode("utf-16"), False),
        (b"ws_other,x\n", False),
        (b"\r\nworkspace_id,name\r\na,x\r\nb,x\r\n", False),
        (b"name\rx\rws_other\r", False),
        ("name\nZ\u00fcrich \u2013 Bern\n".encode(), True),
        ("name,path\nZ\u00fcrich,w\u200bs_other\n".encode(), False),
        (b"name\n" + b"x" * 200_000 + b",ws_other\n", False),
    ],
)
def test_a_csv_file_names_owners_too(body: bytes, is_accepted: bool) -> None:
    found = reason(EXPORT_ORGANIZATION_USAGE_CSV, None, body=body)

    assert found is (None if is_accepted else FailureReason.ANOTHER_OBJECT)


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
@pytest.mark.parametrize("other", [b"ws_other", b"b"])
def test_pieces_of_a_csv_file_leave_after_their_check(size: int, other: bytes) -> None:
    row = b'"Some\nlong ""name"", with a comma,\n",a,5\r\n'
    body = b"name,workspace_id,users\r\n" + row * 50 + row.replace(b",a,", b",%s," % other)
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    passed: list[bytes] = []

    with pytest.raises(AnotherOwner):
        passed.extend(checked_rows(pieces, {"ws": "ws_a"}))

    assert body.startswith(b"".join(passed))
    assert b"," + other not in b"".join(passed)


@pytest.mark.parametrize("separator", [b"\n", b",", b""])
def test_a_file_without_short_rows_is_checked_in_parts(separator: bytes) -> None:
    pieces = [b"users\n", *(b"x" * 1000 + separator for _ in range(5000))]

    assert b"".join(checked_rows(iter(pieces), {"ws": "ws_a"})) == b"".join(pieces)
    assert max(map(len, checked_rows(iter(pieces), {"ws": "ws_a"}))) < 300_000
    with pytest.raises(AnotherOwner):
        list(checked_rows(iter([*pieces, b"/ws_other"]), {"ws": "ws_a"}))
