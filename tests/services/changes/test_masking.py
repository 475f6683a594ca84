"""What auditors without billing:read are shown of each kind of change, with the states that it really has."""

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
from tests.services.changes.deeds import listed
from tests.services.changes.kinds.subscriptions import ACME

pytestmark = pytest.mark.django_db

# Fields whose values say nothing of a person, in whatever kind.
TOLD = re.compile(
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
    """Of one of everything that is in the documented workspace."""
    workspace = f"workspaces/{ACME['workspace_id']}"
    account = f"{workspace}/billing-accounts/{ACME['billing_account_id']}"
    return {
        **ACME,
        "organization_id": listed(upstream, f"{workspace}/organizations")[0]["id"],
        "member_id": listed(upstream, f"{workspace}/members")[0]["user_id"],
        "payment_method_id": listed(upstream, f"{account}/payment-methods")[0]["id"],
    }


def state_of(erin: Actor, verb: str, ids: dict[str, str]) -> dict[str, Any]:
    """What the audit would hold of it, with a pair of metadata that somebody named after a person."""
    kind = KINDS[verb]
    wanted = with_portal_names(dict.fromkeys(kind.operation.parameters, ""))
    with client_for(erin, ids["workspace_id"]) as client:
        state = kind.read(client, {name: ids[name] for name in ids if name in wanted})
    shown = {name: value for name, value in state.items() if not name.startswith("_")}
    return {**shown, "metadata.owner jane.doe@acme.example": "Jane"}


@pytest.mark.parametrize("verb", sorted(KINDS))
def test_a_kinds_own_state_is_told_or_hidden_field_by_field(
    erin: Actor, ids: dict[str, str], verb: str
) -> None:
    state = state_of(erin, verb, ids)
    rows = differences(Content(state, state), show_personal=False)

    told = {row.field for row in rows if not row.is_hidden}
    assert all(TOLD.fullmatch(name) for name in told), told
    assert {row.field for row in rows} - told <= HIDDEN
    assert all(not row.is_hidden for row in rows if TOLD.fullmatch(row.field)), "masked without need"
    assert "jane" not in repr(rows).lower()
