"""Subscriptions of the sandbox that the tests change."""

from __future__ import annotations

from typing import Any

import requests

from billing.models import Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Kind
from billing.services.changes.kinds.subscriptions.states import PRODUCT
from tests.pages.addresses import ACCOUNT, WORKSPACE
from tests.plugins.processes import Sandbox
from tests.tokens import FINANCE

Ids = dict[str, str]

ACME: Ids = {
    "workspace_id": WORKSPACE,
    "billing_account_id": ACCOUNT,
    "subscription_id": "sub_a1b2c3d4e5f6g7h8",
}
# Every seat is in use.
FULL: Ids = {
    "workspace_id": "ws_c4h7sccs2xww02wt",
    "billing_account_id": "cus_2z70wh50vc7q96be",
    "subscription_id": "sub_bc1efce5571b3443",
}
# With an undocumented product and an unknown status.
TOMORROW: Ids = {
    "workspace_id": "ws_oddshapes00000001",
    "billing_account_id": "cus_oddtomorrow00001",
    "subscription_id": "sub_d6603b3075faab14",
}
TRIAL: Ids = {"workspace_id": "ws_supportdesk0001", "billing_account_id": "cus_71trzn2xyzqvuw5b"}
THREE: Ids = {"workspace_id": "ws_ex6v0f7oxkpivd8q", "billing_account_id": "cus_9z3sle8j0misiddp"}
NO_METHOD: Ids = {"workspace_id": "ws_ex6v0f7oxkpivd8q", "billing_account_id": "cus_4w5g778bg26zcp1c"}
ENDED: Ids = {"workspace_id": "ws_ex6v0f7oxkpivd8q", "billing_account_id": "cus_kcsc64cqqovua1p2"}

SIGNED = changes.Signature(reason="a ticket says so", ticket="FIN-1")
_HEADERS = {"Authorization": f"Bearer {FINANCE}"}


def products(**quantities: int | None) -> dict[str, int | None]:
    """Return quantities as the fields of a state."""
    return {f"{PRODUCT}{name}": quantity for name, quantity in quantities.items()}


def prepare_change(actor: Actor, kind: Kind, ids: Ids = ACME, **wanted: Any) -> Change:
    """Prepare a change of products as its form does."""
    opened = changes.read_current_state(actor, kind, ids) if kind.is_mergeable else None
    return changes.prepare(actor, changes.Draft(kind.verb, ids, products(**wanted), opened=opened))


def address_of(sandbox: Sandbox, ids: Ids) -> str:
    """Return the URL of a subscription in the sandbox, or of the list without an id."""
    account = f"{sandbox.url}/workspaces/{ids['workspace_id']}/billing-accounts/{ids['billing_account_id']}"
    return f"{account}/subscriptions/{ids.get('subscription_id', '')}".rstrip("/")


def upstream_subscription(sandbox: Sandbox, ids: Ids = ACME) -> dict[str, Any]:
    """Return the subscription as the sandbox has it."""
    return dict(requests.get(address_of(sandbox, ids), headers=_HEADERS, timeout=5).json())


def upstream_quantities(sandbox: Sandbox, ids: Ids = ACME) -> dict[str, int]:
    """Return the quantities of the subscription."""
    return {
        name: row["quantity"]
        for name, row in upstream_subscription(sandbox, ids)["product_quantities"].items()
    }


def change_upstream_subscription(sandbox: Sandbox, body: dict[str, Any], ids: Ids = ACME) -> None:
    """Change the subscription as another person would. The journal is empty afterwards."""
    requests.patch(address_of(sandbox, ids), json=body, headers=_HEADERS, timeout=5).raise_for_status()
    sandbox.clear()


def received_writes(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Return the writes that arrived: method and body."""
    return [{row["method"]: row["body"]} for row in sandbox.writes()]


def received_previews(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Return the bodies of the previews that arrived."""
    return [row["body"] for row in sandbox.requests() if row["path"].endswith("/invoices/preview")]
