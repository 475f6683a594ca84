"""Checks that the bought seats cover those in use, for the whole workspace or for an account in assigned mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from billing.sandbox import Document
from billing.sandbox.seats import bought
from billing.sandbox.state import State


class Shortage(NamedTuple):
    """A product of which more is used than would remain."""

    product: str
    used: int
    remaining: int


def of_account(state: State, workspace: Document, account_id: str) -> list[Document]:
    """Return the subscriptions that share their seats with this account's."""
    if workspace["billing_mode"] == "assigned":
        return state.subscriptions.get(account_id, [])
    accounts = state.accounts[workspace["id"]]
    return [row for account in accounts for row in state.subscriptions.get(account["id"], ())]


def shortage_after(
    state: State, workspace: Document, subscription: Document, wanted: Mapping[str, int]
) -> Shortage | None:
    """Return the first product that would have fewer seats than are in use after a change to a subscription."""
    account_id = subscription["billing_account_id"]
    others = [
        row
        for row in of_account(state, workspace, account_id)
        if row is not subscription and row["id"] not in state.canceling
    ]
    left = bought(others)
    for product, row in subscription["product_quantities"].items():
        if wanted.get(product, 0) >= row["quantity"]:
            continue  # the quantity does not decrease
        used = _used(state, workspace, account_id, product)
        remaining = left.get(product, 0) + wanted.get(product, 0)
        if used > remaining:
            return Shortage(product, used, remaining)
    return None


def _used(state: State, workspace: Document, account_id: str, product: str) -> int:
    roots = [row for row in state.organizations[workspace["id"]] if row["parent_org_id"] is None]
    if workspace["billing_mode"] == "assigned":
        roots = [row for row in roots if row["billing_account_id"] == account_id]
    return sum(((row["usage"] or {}).get("subtree_usage") or {}).get(product, 0) for row in roots)
