"""What belongs to someone else is not relayed, whichever operation and field says so."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import requests

from billing.altostrat.operations.operation import Operation
from billing.api.routes import ROUTES
from tests.api.conftest import Caller, signed_in
from tests.plugins.processes import Portal, Sandbox

pytestmark = pytest.mark.sqlite_only

IDS = {
    "workspaceId": "ws_a1b2c3d4e5f6g7h8",
    "billingAccountId": "cus_a1b2c3d4e5f6g7h8",
    "subscriptionId": "sub_a1b2c3d4e5f6g7h8",
    "organizationId": "org_aBcDeFg123456789",
}
# Reads of JSON about one workspace.
OPERATIONS = {
    route.operation.name: route.operation
    for route in ROUTES
    if route.operation.method == "GET"
    and route.operation.name != "list_workspaces"
    and not route.operation.media_types
}
SECRET = "Somebody Else Inc."


def path_of(operation: Operation[object]) -> str:
    return operation.path({name: IDS[name] for name in operation.parameters}).removeprefix("/")


def spoiled(document: Any, where: str, field: dict[str, Any]) -> Any:
    """Return a document with one more field: at the top, or deep in each item."""
    if where == "top":
        return {**document, **field}
    items = [{**item, "more": [{"of": field}]} for item in document.get("data") or [document]]
    return {**document, "data": items}


@pytest.fixture
def answers(fresh_sandbox: Sandbox, direct: Callable[[str], requests.Response]) -> Callable[..., None]:
    """Return a function that makes the sandbox answer an operation with its own document and one more field."""

    def answer(operation: Operation[object], where: str, field: dict[str, Any]) -> None:
        path = path_of(operation)
        found = direct(path)
        document = found.json() if found.content else {"id": "org_1"}
        fresh_sandbox.says(f"/{path}($|[?])", spoiled(document, where, {**field, "company": SECRET}))

    return answer


OF_AN_ACCOUNT = [name for name, one in OPERATIONS.items() if "billingAccountId" in one.parameters]
WORKSPACES = ({"workspace": "ws_someoneelse"}, {"workspace_id": "ws_someoneelse"})
CUSTOMERS = (
    *({"customer": "cus_someoneelse"}, {"customer": {"id": "cus_someoneelse", "name": SECRET}}),
    *({"customer_id": "cus_someoneelse"}, {"billing_account": "cus_someoneelse"}),
    *({"billing_account_id": "cus_someoneelse"}, {"billingAccountId": "cus_someoneelse"}),
    *({"customer_id": "someoneelse"}, {"belongs_to": " CUS_SomeoneElse"}),
)


@pytest.mark.parametrize("where", ["top", "item"])
@pytest.mark.parametrize(
    ("name", "field"), [*product(OPERATIONS, WORKSPACES), *product(OF_AN_ACCOUNT, CUSTOMERS)], ids=str
)
def test_another_owner_is_refused(
    alice: Caller, answers: Callable[..., None], name: str, where: str, field: dict[str, Any]
) -> None:
    answers(OPERATIONS[name], where, field)

    answer = alice.get(path_of(OPERATIONS[name]))

    assert (answer.status_code, answer.json()["code"]) == (502, "altostrat_bad_answer")
    assert SECRET not in answer.text


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_owners_of_the_request_are_relayed(
    alice: Caller, answers: Callable[..., None], name: str
) -> None:
    owners = {
        "workspace": IDS["workspaceId"],
        "customer": None,
        "workspaceId": {"id": IDS["workspaceId"].upper()},
    }
    if name in OF_AN_ACCOUNT:
        owners |= {"customer": IDS["billingAccountId"], "metadata": {"customer": "cus_someoneelse"}}
    answers(OPERATIONS[name], "item", owners)

    answer = alice.get(path_of(OPERATIONS[name]))

    assert answer.status_code == 200
    assert SECRET in answer.text


def test_a_refusal_about_somebody_else_is_relayed_without_its_text(
    alice: Caller, fresh_sandbox: Sandbox
) -> None:
    document = {"message": SECRET, "code": "taken", "customer": {"id": "cus_someoneelse"}}
    path = path_of(OPERATIONS["list_invoices"])
    fresh_sandbox.fault("status:409", f"/{path}$", times=None, document=document)

    answer = alice.get(path)

    assert answer.status_code == 409
    assert SECRET not in answer.text


TABS = ("", "invoices/", "payment-methods/", "subscriptions/", "spend/", "aging/", "history/")
PANELS = ("headline", "invoices", "payment-methods", "subscriptions", "details", "trial", "timeline")
PAGES = (*TABS, *(f"panels/{panel}/" for panel in PANELS))
# No page shows a single subscription.
SHOWN = [name for name in OF_AN_ACCOUNT if name != "retrieve_subscription"]


@pytest.mark.parametrize("name", SHOWN)
def test_no_page_shows_another_customers_data(
    portal: Portal, answers: Callable[..., None], fresh_sandbox: Sandbox, name: str
) -> None:
    browser = signed_in(portal, "alice")
    account = f"{portal.url}/workspaces/{IDS['workspaceId']}/billing-accounts/{IDS['billingAccountId']}/"

    def pages() -> dict[str, requests.Response]:
        return {page: browser.get(account + page, timeout=20) for page in PAGES}

    answers(OPERATIONS[name], "item", {"customer": "cus_someoneelse"})
    of_another = pages()
    fresh_sandbox.no_faults()
    answers(OPERATIONS[name], "item", {"customer": IDS["billingAccountId"]})
    own = pages()

    # The other reads of the page have failed alone.
    assert of_another[""].status_code == 200
    assert {answer.status_code for answer in of_another.values()} <= {200, 502}
    assert [page for page, answer in of_another.items() if SECRET in answer.text] == []
    assert [page for page, answer in own.items() if SECRET in answer.text]
