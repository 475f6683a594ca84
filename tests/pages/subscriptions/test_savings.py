"""The page of what an account could save, and the form that it leads to."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import Change
from tests.html import attributes, fields, rows, select, text
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE
from tests.plugins.processes import Sandbox

SINGLE = "ws_ivtfhggaz5creums"
DENTAL = "cus_rcgb4ok7isxsyxlb"
SAVINGS = f"/workspaces/{SINGLE}/billing-accounts/{DENTAL}/savings/"
FORM = f"/workspaces/{SINGLE}/billing-accounts/{DENTAL}/subscriptions/sub_1/change/quantities/"
LINE = {"price_id": "price_users", "amount": 100}
NOT_KNOWN = "Not known"


def organization(workspace: str = SINGLE, key: str = "a", **used: int) -> dict[str, Any]:
    usage = {"usage": used, "subtree_usage": used}
    return {
        "id": f"org_{key}",
        "name": f"Org {key}",
        "workspace_id": workspace,
        "parent_org_id": None,
        "usage": usage,
    }


def subscription(
    account: str = DENTAL, number: int = 1, currency: str = "eur", **bought: int
) -> dict[str, Any]:
    now = datetime.now(UTC).replace(microsecond=0)
    items = {
        product: {"price_id": f"price_{product}", "quantity": quantity, "interval": "month"}
        for product, quantity in bought.items()
    }
    return {
        "id": f"sub_{number}",
        "billing_account_id": account,
        "status": "active",
        "currency": currency,
        "product_quantities": items,
        "metadata": {},
        "current_period_start": (now - timedelta(days=10)).isoformat(),
        "current_period_end": (now + timedelta(days=20)).isoformat(),
        "created_at": (now - timedelta(days=100)).isoformat(),
    }


@pytest.fixture
def dental(fresh_sandbox: Sandbox) -> Sandbox:
    """Return a sandbox whose account buys 50 users and 5 locations, of which 42 and 5 are used."""
    fresh_sandbox.put("organizations", SINGLE, organization(users=42, locations=5))
    fresh_sandbox.put("subscriptions", DENTAL, subscription(users=50, locations=5))
    return fresh_sandbox


def reasons(page: Any) -> dict[str, str]:
    """Return the last cell of each product: the rule and its reason."""
    return {row[0].split(" ", maxsplit=1)[0]: row[-1] for row in rows(page)}


@pytest.mark.usefixtures("dental")
def test_saving_is_the_difference_of_two_previews(alice: Client) -> None:
    page = alice.get(SAVINGS)

    # Users cost 2.80, and tax is 21% in the sandbox: 50 x 2.80 + 5 x 14.00 = 210.00 and 187.60 before tax.
    before, after = (round(net * 125 / 100) for net in (21000, 18760))
    saving = f"{(before - after) / 100:.2f}"
    assert attributes(page, ".sums data.money", "value") == [f"{before / 100:.2f}", f"{after / 100:.2f}"]
    assert rows(page)[0][:1] + rows(page)[0][2:] == ["Users", "50", "42", "8", "42", saving, "\u2014 none"]
    assert reasons(page)["Locations"] == "Present use Everything that is bought is used or kept free."
    assert attributes(page, ".card-header a", "href") == [f"{FORM}?product.users=42"]


@pytest.mark.usefixtures("dental")
def test_form_has_the_suggested_quantities_and_nothing_is_prepared(alice: Client) -> None:
    page = alice.get(f"{FORM}?product.users=42&product.sso=7&product.locations=x")

    assert fields(page)["product.users"] == "42"
    assert fields(page)["product.locations"] == "5"
    assert not fields(page)["product.sso"]
    assert "Suggested quantities are filled in: check them." in text(page)
    assert not Change.objects.exists()

    answer = alice.post(FORM, fields(page))
    assert "Users" in text(alice.get(answer["Location"]))
    assert Change.objects.get().state == Change.State.PREPARED


@pytest.mark.usefixtures("dental")
def test_spare_seats_are_kept(alice: Client) -> None:
    assert rows(alice.get(f"{SAVINGS}?spare=3"))[0][5] == "45"
    assert reasons(alice.get(f"{SAVINGS}?spare=8"))["Users"].startswith("Present use")
    assert not select(alice.get(f"{SAVINGS}?spare=8"), ".card-header a")


@pytest.mark.usefixtures("dental")
def test_file_has_the_numbers(alice: Client) -> None:
    answer = alice.get(f"{SAVINGS}?format=csv")
    first, *lines = csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig")))

    assert first[:7] == [
        "Product",
        "Subscription",
        "Quantity",
        "Bought",
        "Used",
        "Unused",
        "Suggested quantity",
    ]
    assert lines[0][:7] == ["Users", "sub_1", "50", "50", "42", "8", "42"]
    assert lines[0][8] == "EUR"


@pytest.mark.parametrize(
    ("fields_of_subscription", "reason"),
    [
        ({"cancel_at_period_end": True}, "Canceled The subscription ends on"),
        (
            {"pending_update": {"id": "x"}},
            "Pending change A change of the subscription waits for its payment.",
        ),
        ({"schedule": {"status": "active"}}, "Pending change A schedule can change or end the subscription."),
        ({"minimum_quantity": 45}, "Undocumented field Altostrat sends “minimum_quantity”"),
        ({"status": "paused"}, "Paused"),
    ],
)
def test_rule_that_forbids_a_reduction_is_named(
    alice: Client, dental: Sandbox, fields_of_subscription: dict[str, Any], reason: str
) -> None:
    dental.put("subscriptions", DENTAL, subscription(users=50) | fields_of_subscription)
    page = alice.get(SAVINGS)

    assert reasons(page)["Users"].startswith(reason)
    assert not select(page, ".card-header a")


def test_last_product_keeps_one(alice: Client, dental: Sandbox) -> None:
    dental.put("organizations", SINGLE, organization(users=0, locations=0))
    dental.put("subscriptions", DENTAL, subscription(users=50, locations=5))
    page = alice.get(SAVINGS)

    assert [row[5] for row in rows(page)] == ["0", "1"]
    assert attributes(page, ".card-header a", "href") == [f"{FORM}?product.users=&product.locations=1"]

    dental.put("subscriptions", DENTAL, subscription(users=1))
    assert reasons(alice.get(SAVINGS))["Users"].startswith("At least one product")


@pytest.mark.parametrize(
    ("path", "document", "reason"),
    [
        ("organizations", {"data": [], "has_more": True}, "Altostrat has more organizations than it sent."),
        (
            "organizations",
            {"data": [organization(locations=5)]},
            "No organization reports use of this product.",
        ),
        (
            "subscriptions",
            {"data": [subscription(users=50)], "has_more": True},
            "Altostrat has more subscriptions than it sent.",
        ),
    ],
)
def test_nothing_is_suggested_without_all_data(
    alice: Client, dental: Sandbox, path: str, document: Any, reason: str
) -> None:
    dental.says(f"/{path}$", document)
    page = alice.get(SAVINGS)

    assert reasons(page)["Users"] == f"{NOT_KNOWN} {reason}"
    assert not select(page, ".card-header a")


@pytest.mark.parametrize(
    ("does", "document", "reason"),
    [
        ("status:503", None, "Not priced Altostrat's preview could not be read."),
        (
            "status:422",
            {"message": "Commitment until 2027."},
            "Refused Altostrat refuses it: Commitment until 2027.",
        ),
        (
            "status:200",
            {"id": "upcoming_in_1", "customer_id": DENTAL, "currency": "eur", "total": 100, "lines": [LINE]},
            "Costs as much The next bill would be the same.",
        ),
        (
            "status:200",
            {"id": "upcoming_in_1", "customer_id": DENTAL, "currency": "eur", "total": 100, "lines": []},
            "Not priced The next bill does not charge it, so its preview shows no saving.",
        ),
    ],
)
def test_nothing_is_suggested_without_a_lower_price(
    alice: Client, dental: Sandbox, does: str, document: Any, reason: str
) -> None:
    dental.fault(does, "/preview$", method="POST", times=None, document=document)
    page = alice.get(SAVINGS)

    assert reasons(page)["Users"] == reason
    assert not select(page, ".card-header a")


def test_a_pool_counts_once(alice: Client, fresh_sandbox: Sandbox) -> None:
    other = "cus_qctd7kt95e167w1b"
    for account in ("cus_w63aa2idepcaseqk", "cus_tiieclw5118uht1p", "cus_jqaxnjbz7p0x7r4p"):
        fresh_sandbox.put("subscriptions", account)
    fresh_sandbox.put("subscriptions", ACCOUNT, subscription(ACCOUNT, currency="usd", users=60))
    fresh_sandbox.put("subscriptions", other, subscription(other, 2, users=40))
    fresh_sandbox.put(
        "organizations", WORKSPACE, organization(WORKSPACE, users=40), organization(WORKSPACE, "b", users=55)
    )
    page = alice.get(f"{DOCUMENTED}savings/")

    assert rows(page)[0][2:6] == ["60", "95", "5", "55"]
    assert "100 bought in the pool" in rows(page)[0][0]
    fresh_sandbox.fault("status:403", f"{other}/subscriptions$", times=None)
    assert (
        "another account in this pool could not be read"
        in reasons(alice.get(f"{DOCUMENTED}savings/"))["Users"]
    )


def test_reduction_that_was_sent_is_not_suggested_again(alice: Client, dental: Sandbox) -> None:
    page = alice.get(f"{FORM}?product.users=45")
    review = alice.post(FORM, fields(page))["Location"]
    alice.post(f"{review}send/", fields(alice.get(review)) | {"reason": "Unused", "ticket": "T-1"})
    row = Change.objects.get()
    assert row.state == Change.State.SUCCEEDED, (row.failure, row.found, row.upstream_status)
    # Altostrat may show the former quantity until the next period.
    dental.put("subscriptions", DENTAL, subscription(users=50, locations=5))

    assert reasons(alice.get(SAVINGS))["Users"].startswith(
        "Pending change A reduction from 50 to 45 was sent on"
    )


def test_person_who_may_not_write_has_no_links(carol: Client) -> None:
    page = carol.get("/workspaces/ws_supportdesk0001/billing-accounts/cus_71trzn2xyzqvuw5b/savings/")

    assert page.status_code == 200
    assert not [link for link in attributes(page, "main a", "href") if "/change/" in link]


def test_refusal_shows_no_personal_data_to_people_who_see_it_masked(
    alice: Client, dental: Sandbox, settings: Settings
) -> None:
    settings.MASKED_ROLES = ["editor"]
    document = {"message": "Ask jane@lindqvist.example first."}
    dental.fault("status:422", "/preview$", method="POST", times=None, document=document)

    assert reasons(alice.get(SAVINGS))["Users"].startswith("Refused Altostrat refuses it: Ask j•••@")
