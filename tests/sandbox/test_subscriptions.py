"""Subscriptions can be changed and previewed within their limits."""

from __future__ import annotations

from typing import Any

import pytest

from billing.sandbox.server import SandboxServer
from tests.sandbox.conftest import Ask
from tests.sandbox.test_accounts import ACCOUNTS, DOCUMENTED, SMALLEST, attach

SUBSCRIPTIONS = f"{DOCUMENTED}/subscriptions"
ONE = f"{SUBSCRIPTIONS}/sub_a1b2c3d4e5f6g7h8"
PREVIEW = f"{DOCUMENTED}/invoices/preview"
NEW = {"product_quantities": {"locations": 2, "users": 5}, "metadata": {"order": "1"}}
FREE = "/workspaces/ws_supportdesk0001/billing-accounts/cus_71trzn2xyzqvuw5b"


def quantities(ask: Ask) -> dict[str, int]:
    rows = ask("GET", ONE).json()["product_quantities"]
    return {product: row["quantity"] for product, row in rows.items()}


def test_a_new_subscription_is_paid_immediately(ask: Ask) -> None:
    created = ask("POST", SUBSCRIPTIONS, NEW)
    newest = ask("GET", f"{DOCUMENTED}/invoices?limit=1").json()["data"][0]

    assert (created.status_code, created.json()["status"]) == (201, "active")
    assert created.json() in ask("GET", SUBSCRIPTIONS).json()["data"]
    assert (newest["status"], newest["subtotal"], newest["discount_amount"]) == ("paid", 4500, 450)


def test_the_first_subscription_of_a_workspace_may_be_a_trial(ask: Ask) -> None:
    assert ask("GET", f"{FREE}/trial-eligibility").json()["trial_eligible"] is True
    assert (
        ask("POST", f"{FREE}/invoices/preview", {"items": [{"product_type": "users", "quantity": 3}]}).json()[
            "amount_due"
        ]
        == 0
    )

    created = ask("POST", f"{FREE}/subscriptions", NEW)

    assert created.json()["status"] == "trialing"
    after = ask("GET", f"{FREE}/trial-eligibility").json()
    assert (after["trial_eligible"], after["can_create_subscription"]) == (False, False)
    assert ask("POST", f"{FREE}/subscriptions", NEW).json()["code"] == "payment_method_required"


def test_an_account_has_at_most_three_active_subscriptions(ask: Ask) -> None:
    statuses = [ask("POST", SUBSCRIPTIONS, NEW).status_code for _ in range(3)]

    assert statuses == [201, 201, 422]


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"product_quantities": {}}, {"product_quantities": {"users": 0}}),
        *({"product_quantities": {"cameras": 1}}, {"product_quantities": {"users": "5"}}),
        {"product_quantities": {"users": 1}, "metadata": {str(number): "x" for number in range(11)}},
    ],
)
def test_an_invalid_subscription_is_refused(ask: Ask, body: dict[str, Any]) -> None:
    assert ask("POST", SUBSCRIPTIONS, body).status_code == 422


def test_quantities_are_replaced_as_a_whole(ask: Ask) -> None:
    changed = ask("PATCH", ONE, {"product_quantities": {"locations": 12, "users": 60, "sso": 1}})
    fewer = ask("PATCH", ONE, {"product_quantities": {"locations": 12, "users": 60}, "metadata": {"a": "b"}})

    assert changed.status_code == fewer.status_code == 200
    assert quantities(ask) == {"locations": 12, "users": 60}
    assert ask("GET", ONE).json()["metadata"] == {"order_id": "6735", "a": "b"}


def test_products_can_be_added_and_removed(ask: Ask) -> None:
    ask("PATCH", ONE, {"add_products": {"sso": 1, "users": 5}})
    assert quantities(ask) == {"locations": 10, "users": 55, "sso": 1}

    ask("PATCH", ONE, {"remove_products": ["sso"]})
    assert quantities(ask) == {"locations": 10, "users": 55}


def test_metadata_is_merged_and_null_removes_a_key(ask: Ask) -> None:
    changed = ask("PATCH", ONE, {"metadata": {"order_id": None, "team": "blue"}})

    assert changed.json()["metadata"] == {"team": "blue"}


def test_a_subscription_can_be_paused_resumed_and_synchronized(ask: Ask) -> None:
    assert ask("PATCH", ONE, {"action": "resume"}).status_code == 409
    assert ask("PATCH", ONE, {"action": "pause"}).json()["status"] == "paused"
    assert ask("POST", PREVIEW, {"subscription_id": "sub_a1b2c3d4e5f6g7h8"}).json()["lines"] == []
    assert ask("PATCH", ONE, {"action": "pause"}).status_code == 409
    assert ask("PATCH", ONE, {"action": "sync"}).json()["status"] == "paused"
    assert ask("PATCH", ONE, {"action": "resume"}).json()["status"] == "active"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"action": "stop"}, 422),
        ({"action": "pause", "metadata": {"a": "b"}}, 422),
        ({"action": "pause", "add_products": {"sso": 1}}, 422),
        ({"product_quantities": {"users": 70}, "add_products": {"sso": 1}}, 422),
        ({"product_quantities": {"locations": 10, "users": 0}}, 422),
        ({"remove_products": []}, 422),
        ({"remove_products": ["cameras"]}, 422),
        ({"remove_products": ["sso"]}, 400),  # not subscribed
        ({"remove_products": ["locations", "users"]}, 400),
    ],
)
def test_an_invalid_update_is_refused(ask: Ask, body: dict[str, Any], status: int) -> None:
    before = ask("GET", ONE).json()

    assert ask("PATCH", ONE, body).status_code == status
    assert ask("GET", ONE).json() == before


def test_a_quantity_cannot_be_lower_than_the_seats_in_use(fresh: SandboxServer, ask: Ask) -> None:
    account = "/workspaces/ws_c4h7sccs2xww02wt/billing-accounts/cus_2z70wh50vc7q96be"
    path = f"{account}/subscriptions/{fresh.state.subscriptions['cus_2z70wh50vc7q96be'][0]['id']}"

    lower = ask("PATCH", path, {"product_quantities": {"locations": 11, "users": 60}})
    removed = ask("PATCH", path, {"remove_products": ["users"]})

    assert (lower.status_code, lower.json()["code"]) == (409, "update_would_underprovision")
    assert (removed.status_code, removed.json()["code"]) == (400, "product_removal_failed")


def test_a_canceled_subscription_runs_until_its_period_ends_and_is_not_renewed(ask: Ask) -> None:
    before = ask("GET", ONE).json()

    assert ask("DELETE", ONE).status_code == 204
    after = ask("GET", ONE).json()
    assert after.pop("updated_at") > before.pop("updated_at")
    assert after == before
    assert ask("POST", PREVIEW, {"subscription_id": "sub_a1b2c3d4e5f6g7h8"}).json()["amount_due"] == 0


def test_a_preview_adds_up_and_changes_nothing(ask: Ask) -> None:
    before = ask("GET", ONE).json()
    body = {
        "subscription_id": "sub_a1b2c3d4e5f6g7h8",
        "items": [{"product_type": "locations", "quantity": 15}, {"product_type": "users", "quantity": 0}],
    }

    invoice = ask("POST", PREVIEW, body).json()

    proration, renewal = invoice["lines"]
    assert (renewal["amount"], proration["quantity"]) == (15 * 1500, 5)
    assert 0 < proration["amount"] < 5 * 1500
    assert invoice["subtotal"] == proration["amount"] + renewal["amount"]
    assert invoice["total"] == invoice["subtotal"] - invoice["discount_amount"] + invoice["tax"]
    assert invoice["created_at"] == before["current_period_end"]
    assert invoice["number"] is None
    assert ask("GET", ONE).json() == before


def test_an_increase_is_prorated_on_the_next_invoice(ask: Ask) -> None:
    ask("PATCH", ONE, {"add_products": {"users": 10}})

    lines = ask("POST", PREVIEW, {"subscription_id": "sub_a1b2c3d4e5f6g7h8"}).json()["lines"]

    assert [line["description"].split(" ")[0] for line in lines] == ["Remaining", "10", "60"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"items": [{"product_type": "cameras", "quantity": 1}]}, 422),
        ({"items": [{"product_type": "users", "quantity": -1}]}, 422),
        ({"items": {"users": 1}}, 422),
        ({"subscription_id": "sub_of_nobody"}, 404),
    ],
)
def test_an_invalid_preview_is_refused(ask: Ask, body: dict[str, Any], status: int) -> None:
    assert ask("POST", PREVIEW, body).status_code == status


def test_a_new_account_can_subscribe_after_adding_a_payment_method(fresh: SandboxServer, ask: Ask) -> None:
    account = ask("POST", ACCOUNTS, SMALLEST).json()["id"]
    subscriptions = f"{ACCOUNTS}/{account}/subscriptions"

    assert ask("POST", subscriptions, NEW).status_code == 422
    attach(fresh, billing_account_id=account)
    assert ask("POST", subscriptions, NEW).status_code == 201
    assert ask("DELETE", f"{ACCOUNTS}/{account}").json()["code"] == "active_subscriptions_exist"
