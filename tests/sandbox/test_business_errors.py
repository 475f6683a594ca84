"""The six documented refusals have the documented text, except for names and numbers."""

from __future__ import annotations

import pytest

from billing.sandbox.server import SandboxServer
from tests.contract import CONTRACT
from tests.sandbox.conftest import Ask

EXAMPLES = CONTRACT["components"]["examples"]
ACME = "/workspaces/ws_a1b2c3d4e5f6g7h8"
DOCUMENTED = f"{ACME}/billing-accounts/cus_a1b2c3d4e5f6g7h8"

FULL = (
    "/workspaces/ws_c4h7sccs2xww02wt/billing-accounts/cus_2z70wh50vc7q96be/subscriptions/sub_bc1efce5571b3443"
)


@pytest.mark.parametrize(
    ("path", "status", "example"),
    [
        (DOCUMENTED, 422, "ErrorActiveSubscriptionsExist"),
        (f"{DOCUMENTED}/payment-methods/pm_a1b2c3d4e5f6g7h8", 422, "ErrorCannotDetachDefault"),
        (FULL, 409, "ErrorCancellationWouldUnderprovision"),
        (f"{ACME}/organizations/org_aBcDeFg123456789", 409, "ErrorOrganizationHasUsage"),
        (ACME, 409, "ErrorWorkspaceNotEmpty"),
    ],
)
def test_a_deletion_is_refused_as_documented(ask: Ask, path: str, status: int, example: str) -> None:
    documented = EXAMPLES[example]["value"]

    answer = ask("DELETE", path)

    assert answer.status_code == status
    error = answer.json()
    assert {name: error[name] for name in ("type", "code", "doc_url")} == {
        name: documented[name] for name in ("type", "code", "doc_url")
    }
    assert error["message"].split("'")[0] == documented["message"].split("'")[0]
    assert (
        ask("GET", path.replace("/payment-methods/pm_a1b2c3d4e5f6g7h8", "/payment-methods")).status_code
        == 200
    )


def test_the_last_owner_cannot_be_removed(fresh: SandboxServer, ask: Ask) -> None:
    members = fresh.state.members["ws_a1b2c3d4e5f6g7h8"]
    owner = next(row for row in members if row["role"] == "owner")
    path = f"{ACME}/members/{owner['user_id'].replace('|', '%7C')}"

    answer = ask("DELETE", path)

    assert answer.status_code == 422
    assert answer.json() == EXAMPLES["ErrorCannotRemoveLastOwner"]["value"]
    assert ask("PATCH", path, {"role": "viewer"}).json() == answer.json()
    assert owner in members


def test_the_message_names_the_underprovisioned_product_and_its_numbers(ask: Ask) -> None:
    message = ask("DELETE", FULL).json()["message"]

    assert message == (
        "Cannot delete subscription. Deleting it would leave the account under-provisioned for 'locations'. "
        "Current usage: 12, remaining capacity after deletion: 0."
    )
