"""Resources are read tolerantly, and lose nothing."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest

from billing.altostrat.fields import WrongShape
from billing.altostrat.resources.billing_accounts import BillingAccount, BillingAddress
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.workspaces import Workspace

DOCUMENTED_ACCOUNT: dict[str, object] = {
    "id": "cus_a1b2c3d4e5f6g7h8",
    "workspace_id": "ws_a1b2c3d4e5f6g7h8",
    "name": "ACME Corp Billing",
    "email": "billing@acme.com",
    "phone": "+15551234567",
    "description": "For US-based operations",
    "currency": "usd",
    "address": {
        "country": "US",
        "line1": "123 Main Street",
        "line2": "Suite 456",
        "city": "San Francisco",
        "state": "CA",
        "postal_code": "94105",
    },
    "created_at": "2025-10-29T00:40:06.000000Z",
    "updated_at": "2025-10-29T00:40:06.000000Z",
}


def test_it_reads_the_documented_account() -> None:
    account = BillingAccount.from_json(DOCUMENTED_ACCOUNT)

    moment = datetime(2025, 10, 29, 0, 40, 6, tzinfo=UTC)
    address = BillingAddress("US", "123 Main Street", "Suite 456", "San Francisco", "CA", "94105")
    assert account == BillingAccount(
        id="cus_a1b2c3d4e5f6g7h8",
        workspace_id="ws_a1b2c3d4e5f6g7h8",
        name="ACME Corp Billing",
        email="billing@acme.com",
        phone="+15551234567",
        description="For US-based operations",
        currency="usd",
        address=address,
        created_at=moment,
        updated_at=moment,
    )


def test_it_reads_the_documented_workspace() -> None:
    workspace = Workspace.from_json(
        {
            "id": "ws_a",
            "billing_mode": "pooled",
            "pooled_seat_limit": 100,
            "archived": False,
            "archived_at": None,
        }
    )

    assert workspace == Workspace(id="ws_a", billing_mode="pooled", pooled_seat_limit=100, archived=False)


def test_it_does_without_any_field() -> None:
    assert BillingAccount.from_json({}) == BillingAccount()


def test_it_takes_null_for_any_field() -> None:
    assert BillingAccount.from_json(dict.fromkeys(DOCUMENTED_ACCOUNT)) == BillingAccount()


def test_it_keeps_what_is_not_documented() -> None:
    account = BillingAccount.from_json({"id": "cus_a", "tax_ids": [{"type": "eu_vat"}], "note": None})

    assert account.extra == {"tax_ids": [{"type": "eu_vat"}], "note": None}


def test_it_keeps_an_unknown_enum_value() -> None:
    assert BillingAccount.from_json({"currency": "xau"}).currency == "xau"


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("name", 5),
        ("email", ["a@b"]),
        ("phone", {"number": "1"}),
        ("currency", True),
        ("address", "1 Main Street"),
        ("address", ["1 Main Street"]),
        ("created_at", 1761698406),
        ("created_at", "yesterday"),
        ("created_at", "2025-10-29"),
        ("created_at", "2025-10-29T00:40:06"),
        ("created_at", "2025-02-30T00:00:00Z"),
        ("created_at", "2025-10-29T00:00:60Z"),
        ("created_at", "0001-01-01T00:00:00+14:00"),
        ("created_at", "२०२५-10-29T00:40:06Z"),
    ],
)
def test_it_keeps_the_raw_value_of_a_field_of_another_type(name: str, raw: object) -> None:
    account = BillingAccount.from_json({name: raw})

    assert getattr(account, name) is None
    assert account.extra == {name: raw}


@pytest.mark.parametrize(
    ("name", "raw"), [("pooled_seat_limit", True), ("pooled_seat_limit", "7"), ("archived", 0)]
)
def test_it_does_not_mix_numbers_and_truth(name: str, raw: object) -> None:
    workspace = Workspace.from_json({name: raw})

    assert getattr(workspace, name) is None
    assert workspace.extra == {name: raw}


def test_it_reads_an_empty_address_that_arrives_as_a_list() -> None:
    assert BillingAccount.from_json({"address": []}).address == BillingAddress()


def test_it_keeps_unknown_parts_of_an_address() -> None:
    account = BillingAccount.from_json({"address": {"country": "IE", "county": "Clare", "postal_code": 5}})

    assert account.address == BillingAddress(country="IE", extra={"county": "Clare", "postal_code": 5})


@pytest.mark.parametrize(
    ("raw", "microsecond"),
    [
        ("2025-10-29T00:40:06Z", 0),
        ("2025-10-29T00:40:06.5Z", 500000),
        ("2025-10-29T00:40:06.123456Z", 123456),
        ("2025-10-29T00:40:06.123456789Z", 123456),
        ("2025-10-29T02:40:06+02:00", 0),
        ("2025-10-28T19:10:06-05:30", 0),
        ("2025-10-29 00:40:06+0000", 0),
    ],
)
def test_it_reads_a_moment_in_utc(raw: str, microsecond: int) -> None:
    moment = BillingAccount.from_json({"created_at": raw}).created_at

    assert moment == datetime(2025, 10, 29, 0, 40, 6, microsecond, tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("document", [None, [], "text", 5, True])
def test_it_refuses_what_is_no_object(document: object) -> None:
    with pytest.raises(WrongShape):
        BillingAccount.from_json(document)


def test_it_is_frozen() -> None:
    account: Any = BillingAccount.from_json({"id": "cus_a", "x": 1})

    with pytest.raises(FrozenInstanceError):
        account.id = "cus_b"
    with pytest.raises(TypeError):
        account.extra["x"] = 2


read_accounts = Listing.reader(BillingAccount.from_json)


def test_it_reads_a_listing() -> None:
    listing = read_accounts(
        {"data": [{"id": "cus_a"}, {"id": "cus_b"}], "has_more": True, "next_cursor": "cus_b"}
    )

    assert [account.id for account in listing.items] == ["cus_a", "cus_b"]
    assert listing.has_more is True
    assert listing.extra == {"next_cursor": "cus_b"}


def test_it_does_not_guess_has_more() -> None:
    assert read_accounts({"data": []}).has_more is None


@pytest.mark.parametrize(
    "document", [{}, [], None, {"data": None}, {"data": {}}, {"data": "x"}, {"data": [None]}, {"data": [[]]}]
)
def test_it_refuses_to_make_an_empty_listing_of_something_else(document: object) -> None:
    with pytest.raises(WrongShape):
        read_accounts(document)
