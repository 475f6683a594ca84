"""Long lists: a page shows at most 100 rows, and its size and rendering do not grow with the list."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from django.template.base import Template
from django.test import Client

from tests.html import attributes, rows, text
from tests.pages.addresses import ACCOUNT, ACCOUNTS, DOCUMENTED, WORKSPACE
from tests.plugins.processes import Sandbox

HOME = f"/workspaces/{WORKSPACE}/"
INVOICE = {"status": "open", "currency": "usd", "total": 100, "amount_due": 100}
LINE = {"description": "Users", "amount": 100, "quantity": 1}


def invoice(number: int, **more: Any) -> dict[str, Any]:
    return {
        **INVOICE,
        "id": f"in_{number}",
        "customer_id": ACCOUNT,
        "number": f"N-{number:05}",
        "created_at": "2026-03-01T00:00:00Z",
        "due_date": "2026-03-31T00:00:00Z",
        **more,
    }


# The page of each list, the path at Altostrat, and a row of the list.
LISTS: dict[str, tuple[str, str, Callable[[int], dict[str, Any]]]] = {
    "workspaces": ("/workspaces/", "/workspaces$", lambda n: {"id": f"ws_{n}", "name": f"Name {n:05}"}),
    "billing accounts": (
        ACCOUNTS,
        "/billing-accounts$",
        lambda n: {"id": f"cus_{n}", "name": f"Name {n:05}", "workspace_id": WORKSPACE},
    ),
    "members": (f"{HOME}members/", "/members$", lambda n: {"user_id": f"user_{n}", "role": "member"}),
    "organizations": (
        f"{HOME}organizations/",
        "/organizations$",
        lambda n: {"id": f"org_{n}", "name": f"Name {n:05}", "workspace_id": WORKSPACE},
    ),
    "subscriptions": (
        f"{DOCUMENTED}subscriptions/",
        "/subscriptions$",
        lambda n: {"id": f"sub_{n}", "status": "canceled", "currency": "usd"},
    ),
    "payment methods": (
        f"{DOCUMENTED}payment-methods/",
        "/payment-methods$",
        lambda n: {"id": f"pm_{n}", "type": "card", "last4": "4242"},
    ),
    "invoices that ignore the limit": (f"{DOCUMENTED}invoices/", "/invoices", invoice),
    "invoices of one status": (f"{DOCUMENTED}invoices/?status=open", "/invoices", invoice),
    "aging": (f"{DOCUMENTED}aging/", "/invoices", invoice),
    "lines of an invoice": (f"{DOCUMENTED}invoices/in_1/", "/invoices", invoice),
}


# A page of open invoices also has their totals.
SIZES = dict.fromkeys(LISTS, 100) | {"aging": 50}


def put(sandbox: Sandbox, name: str, count: int) -> str:
    """Make Altostrat answer with this many rows; return the address of the page."""
    address, path, row = LISTS[name]
    data = [row(number) for number in range(1, count + 1)]
    if name == "lines of an invoice":
        data = [invoice(1, lines=[LINE] * count)]
    sandbox.no_faults()
    sandbox.says(path, {"data": data, "has_more": False})
    return address


def rendering_calls(client: Client, address: str) -> tuple[int, str]:
    """Return the number of Python calls while the page's template is rendered, and the page."""
    depth = calls = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal depth, calls
        if frame.f_code is Template.render.__code__ and event in {"call", "return"}:
            depth += 1 if event == "call" else -1
        elif event == "call" and depth:
            calls += 1

    sys.setprofile(count)
    try:
        response = client.get(address)
    finally:
        sys.setprofile(None)
    assert response.status_code == 200
    return calls, response.text


@pytest.mark.parametrize("name", LISTS)
def test_page_of_a_long_list_has_100_rows(name: str, alice: Client, fresh_sandbox: Sandbox) -> None:
    alice.get(put(fresh_sandbox, name, 200))  # compiles the templates
    short_calls, short = rendering_calls(alice, put(fresh_sandbox, name, 200))
    long_calls, long = rendering_calls(alice, put(fresh_sandbox, name, 2000))

    assert f"1 to {SIZES[name]} of 2,000" in text(long)
    assert SIZES[name] <= len(rows(long)) - len(rows(long, "table.currency-totals")) <= 100  # without totals
    assert len(long) < 1.1 * len(short)
    assert long_calls < 1.1 * short_calls


@pytest.mark.parametrize("name", LISTS)
def test_last_page_has_the_rest(name: str, alice: Client, fresh_sandbox: Sandbox) -> None:
    size = SIZES[name]
    count = 2 * size + 3
    address = put(fresh_sandbox, name, count)
    second = alice.get(attributes(alice.get(address), "a[rel=next]", "href")[0])
    third = alice.get(attributes(second, "a[rel=next]", "href")[0])

    assert f"{size + 1} to {2 * size} of {count}" in text(second)
    assert f"{2 * size + 1} to {count} of {count}" in text(third)
    assert attributes(third, "a[rel=next]", "href") == []
    assert len(attributes(third, "a[rel=prev]", "href")) == 1
