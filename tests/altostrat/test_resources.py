"""Resources tolerate unexpected data and lose none of it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest

from bench.account import ACCOUNT
from billing.altostrat.fields import WrongShape
from billing.altostrat.resources.billing_accounts import BillingAccount, BillingAddress
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.organizations import Organization, OrganizationUsage
from billing.altostrat.resources.subscriptions import Subscription, SubscriptionItem, TrialEligibility
from billing.altostrat.resources.workspaces import Workspace


def test_the_documented_account_is_read() -> None:
    account = BillingAccount.from_json(ACCOUNT)

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


def test_the_documented_workspace_is_read() -> None:
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


def test_every_field_is_optional() -> None:
    assert BillingAccount.from_json({}) == BillingAccount()


def test_every_field_may_be_null() -> None:
    assert BillingAccount.from_json(dict.fromkeys(ACCOUNT)) == BillingAccount()


def test_undocumented_fields_are_kept() -> None:
    account = BillingAccount.from_json({"id": "cus_a", "tax_ids": [{"type": "eu_vat"}], "note": None})

    assert account.extra == {"tax_ids": [{"type": "eu_vat"}], "note": None}


def test_an_unknown_enum_value_is_kept() -> None:
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
def test_a_value_of_another_type_is_kept_in_extra(name: str, raw: object) -> None:
    account = BillingAccount.from_json({name: raw})

    assert getattr(account, name) is None
    assert account.extra == {name: raw}


@pytest.mark.parametrize(
    ("name", "raw"), [("pooled_seat_limit", True), ("pooled_seat_limit", "7"), ("archived", 0)]
)
def test_numbers_and_booleans_are_distinct(name: str, raw: object) -> None:
    workspace = Workspace.from_json({name: raw})

    assert getattr(workspace, name) is None
    assert workspace.extra == {name: raw}


def test_an_empty_address_may_be_a_list() -> None:
    assert BillingAccount.from_json({"address": []}).address == BillingAddress()


def test_unknown_parts_of_an_address_are_kept() -> None:
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
def test_a_timestamp_is_converted_to_utc(raw: str, microsecond: int) -> None:
    moment = BillingAccount.from_json({"created_at": raw}).created_at

    assert moment == datetime(2025, 10, 29, 0, 40, 6, microsecond, tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("raw", "hour"),
    [
        *((1764547200, 0), (1764547200000, 0), ("1764547200", 0), (1764547200.0, 0)),
        *(
            ("2025-12-01", 12),
            ("2025-12-01T00:00:00", 0),
            ("2025-12-01 07:00", 7),
            ("2025-12-01T07:00:00.5", 7),
        ),
    ],
)
def test_other_forms_of_dates_that_stripe_and_others_send(raw: object, hour: int) -> None:
    for moment in (
        Subscription.from_json({"cancel_at": raw}).stripe.cancel_at,
        Invoice.from_json({"due_date": raw}).due_date,
    ):
        assert moment is not None
        assert moment.replace(microsecond=0) == datetime(2025, 12, 1, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw", ["soon", "2025-13-01", "12", "20251201", 0, -5, 1.5, True, "", "2025-12-01T25:00", [], {}]
)
def test_what_is_no_date_is_kept_as_it_is(raw: object) -> None:
    assert Invoice.from_json({"due_date": raw}).due_date is None
    assert Invoice.from_json({"due_date": raw}).extra == {"due_date": raw}


@pytest.mark.parametrize(
    ("raw", "is_on"),
    [(True, True), ("true", True), (1, True), ("false", False), (0, False), ("yes", None), ([], None)],
)
def test_a_switch_of_stripe_may_be_a_text_or_a_number(raw: object, is_on: bool | None) -> None:
    assert Subscription.from_json({"cancel_at_period_end": raw}).stripe.cancel_at_period_end is is_on
    assert Subscription.from_json({"cancel_at_period_end": raw}).is_canceled_at_period_end is bool(is_on)


def test_only_the_items_of_a_subscription_may_have_its_period() -> None:
    items = [{"current_period_end": 1764547200}, {"current_period_end": 1764000000}, {}]
    first = datetime.fromtimestamp(1764000000, UTC)

    assert Subscription.from_json({"items": {"data": items}}).current_period_end == first
    assert Subscription.from_json({"items": items}).current_period_end == first
    own = Subscription.from_json({"items": items, "current_period_end": "2025-12-24"}).current_period_end
    assert own == datetime(2025, 12, 24, 12, tzinfo=UTC)
    for odd in ({"items": 5}, {"items": {"data": [7]}}, {"items": items, "current_period_end": "soon"}):
        assert Subscription.from_json(odd).current_period_end is None


def test_a_list_is_kept_in_extra_if_an_item_is_not_an_object() -> None:
    invoice = Invoice.from_json({"lines": [{"id": "il_a"}, "il_b"]})

    assert invoice.lines is None
    assert invoice.extra == {"lines": [{"id": "il_a"}, "il_b"]}


@pytest.mark.parametrize("raw", [["a", "b"], {"x": "a", "y": "b"}])
def test_texts_may_be_a_list_or_a_map(raw: object) -> None:
    assert TrialEligibility.from_json({"requirements": raw}).requirements == ("a", "b")


def test_a_map_of_numbers_may_contain_null() -> None:
    organization = Organization.from_json(
        {"limits": {"users": 5, "sso": None}, "usage": {"usage": {"users": "5"}}}
    )

    assert organization.limits == {"users": 5, "sso": None}
    assert organization.usage == OrganizationUsage(extra={"usage": {"users": "5"}})


def test_a_product_may_be_a_bare_quantity() -> None:
    subscription = Subscription.from_json({"product_quantities": {"users": 5, "sso": {"quantity": 1}}})

    assert subscription.product_quantities == {
        "users": SubscriptionItem(quantity=5),
        "sso": SubscriptionItem(quantity=1),
    }


@pytest.mark.parametrize("document", [None, [], "text", 5, True])
def test_anything_but_an_object_is_refused(document: object) -> None:
    with pytest.raises(WrongShape):
        BillingAccount.from_json(document)


def test_a_resource_is_immutable() -> None:
    account: Any = BillingAccount.from_json({"id": "cus_a", "x": 1})

    with pytest.raises(FrozenInstanceError):
        account.id = "cus_b"
    with pytest.raises(TypeError):
        account.extra["x"] = 2


read_accounts = Listing.reader(BillingAccount.from_json)


def test_a_list_is_read() -> None:
    listing = read_accounts(
        {"data": [{"id": "cus_a"}, {"id": "cus_b"}], "has_more": True, "next_cursor": "cus_b"}
    )

    assert [account.id for account in listing.items] == ["cus_a", "cus_b"]
    assert listing.has_more is True
    assert listing.extra == {"next_cursor": "cus_b"}


@pytest.mark.parametrize(
    ("fields", "has_more"),
    [
        ({"has_more": "true"}, True),
        ({"has_more": 1}, True),
        ({"has_more": {"after": "cus_a"}}, True),
        ({"has_more": "false"}, False),
        ({"has_more": 0}, False),
        ({"has_more": None, "next_cursor": "cus_a"}, True),
        ({"next_page": 2}, True),
        ({"next": None}, None),
        ({"has_more": False, "next_cursor": "cus_a"}, False),
        ({"total_count": 9}, True),
        ({"total_count": 1, "count": 1, "meta": {"total": 1}}, None),
        ({"total_count": 0}, None),
        ({"total_count": True, "total": "9"}, None),
        ({"has_more": False, "total": 9}, True),
        ({"meta": {"total": 9}}, True),
        ({"meta": {"current_page": 1, "last_page": 2}}, True),
        ({"meta": {"current_page": 2, "last_page": 2}}, None),
        ({"links": {"next": "https://altostrat.example/?page=2"}}, True),
        ({"links": {"next": None}, "meta": [9]}, None),
        ({"pagination": {"has_more": "yes"}}, True),
        ({"pageInfo": {"hasNextPage": False}}, False),
    ],
    ids=str,
)
def test_undocumented_forms_of_has_more_are_understood(
    fields: dict[str, object], has_more: bool | None
) -> None:
    assert read_accounts({"data": [{"id": "cus_a"}], **fields}).has_more is has_more


@pytest.mark.parametrize(
    ("count", "fields", "has_more"),
    [
        (1, {"total_count": 9}, None),
        (1, {"has_more": False, "total_count": 9}, False),
        (0, {"has_more": False, "total_count": 9}, False),
        (0, {"total_count": 9}, True),
        (0, {"meta": {"total": 0}}, None),
    ],
)
def test_a_later_page_has_only_the_rest(count: int, fields: dict[str, object], has_more: bool | None) -> None:
    read = Listing.reader(Invoice.from_json, has_pages=True)

    assert read({"data": [{}] * count, **fields}).has_more is has_more


def test_has_more_is_none_if_it_is_missing() -> None:
    assert read_accounts({"data": []}).has_more is None


@pytest.mark.parametrize(
    "document", [{}, [], None, {"data": None}, {"data": {}}, {"data": "x"}, {"data": [None]}, {"data": [[]]}]
)
def test_anything_but_a_list_of_objects_is_refused(document: object) -> None:
    with pytest.raises(WrongShape):
        read_accounts(document)
