"""What auditors without billing:read see of each kind of change."""

from __future__ import annotations

import re
from typing import Any

import pytest

from billing.models.changes import with_portal_names
from billing.services.actor import Actor
from billing.services.audit.content import Content
from billing.services.audit.masking import differences
from billing.services.changes import KINDS
from billing.services.tokens import client_for
from tests.plugins.processes import Sandbox
from tests.services.changes.kinds.subscriptions import ACME
from tests.services.changes.steps import list_upstream

pytestmark = pytest.mark.django_db

# Fields whose values say nothing about a person.
SHOWN = re.compile(
    r"(product|limits)\.(locations|users|sso)|status|ends|billing_mode|role|user_id|archived|below|currency"
)
HIDDEN = {
    "name",
    "email",
    "phone",
    "description",
    "default",
    "payment_method",
    *(f"address.{part}" for part in ("line1", "line2", "city", "state", "postal_code", "country")),
    "metadata.…",
}


@pytest.fixture
def ids(upstream: Sandbox) -> dict[str, str]:
    """Return the ids of one object of each type in the documented workspace."""
    workspace = f"workspaces/{ACME['workspace_id']}"
    account = f"{workspace}/billing-accounts/{ACME['billing_account_id']}"
    return {
        **ACME,
        "organization_id": list_upstream(upstream, f"{workspace}/organizations")[0]["id"],
        "member_id": list_upstream(upstream, f"{workspace}/members")[0]["user_id"],
        "payment_method_id": list_upstream(upstream, f"{account}/payment-methods")[0]["id"],
    }


def state_of(erin: Actor, verb: str, ids: dict[str, str]) -> dict[str, Any]:
    """Return the state that the audit log would hold, with a metadata key that names a person."""
    kind = KINDS[verb]
    wanted = with_portal_names(dict.fromkeys(kind.operation.parameters, ""))
    with client_for(erin, ids["workspace_id"]) as client:
        state = kind.read(client, {name: ids[name] for name in ids if name in wanted})
    visible = {name: value for name, value in state.items() if not name.startswith("_")}
    return {**visible, "metadata.owner jane.doe@acme.example": "Jane"}


@pytest.mark.parametrize("verb", sorted(KINDS))
def test_each_field_of_a_kind_is_shown_or_hidden(erin: Actor, ids: dict[str, str], verb: str) -> None:
    state = state_of(erin, verb, ids)
    rows = differences(Content(state, state), show_personal=False)

    shown = {row.field for row in rows if not row.is_hidden}
    assert all(SHOWN.fullmatch(name) for name in shown), shown
    assert {row.field for row in rows} - shown <= HIDDEN
    assert all(not row.is_hidden for row in rows if SHOWN.fullmatch(row.field)), "hidden without need"
    assert "jane" not in repr(rows).lower()
