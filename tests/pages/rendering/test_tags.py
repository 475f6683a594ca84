"""General template tags and filters, and the fields of a response."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.altostrat.resources.workspaces import Workspace
from billing.pages.rendering import tags
from billing.pages.rendering.facts import Presence, facts_of, undocumented_fields


@pytest.mark.parametrize(
    ("raw", "country", "written"),
    [
        ("+15551234567", None, "+1 555-123-4567"),
        ("020 7946 0958", "GB", "+44 20 7946 0958"),
        ("03-1234-5678", "JP", "+81 3-1234-5678"),
        ("030 901820", "DE", "+49 30 901820"),
        ("021 4871234", "ZA", "+27 21 487 1234"),
        ("02 9374 4000", "AU", "+61 2 9374 4000"),
        ("11 3095-2304", "BR", "+55 11 3095-2304"),
        ("01 543 5000", "IE", "+353 1 543 5000"),
        ("3923 5900", "HK", "+852 3923 5900"),
        ("0612345678", "FR", "+33 6 12 34 56 78"),
        ("+390612345678", "US", "+39 06 1234 5678"),
        ("020 7946 0958", None, "020 7946 0958"),
        ("call me", "DE", "call me"),
        ("•••• 44", "US", "•••• 44"),  # masked
        ("", "US", ""),
        ("1", "nowhere", "1"),
    ],
)
def test_phone_number(raw: str, country: str | None, written: str) -> None:
    assert tags.phone(raw, country) == written


def test_phone_link_needs_a_number() -> None:
    assert tags.phone_link("javascript:alert(1)") == ""


@pytest.mark.parametrize(
    ("delta", "shown"),
    [
        (timedelta(days=800), "expires in 2 years"),
        (timedelta(days=3, hours=1), "expires in 3 days"),
        (timedelta(hours=1, minutes=1), "expires in 1 hour"),
        (timedelta(seconds=20), "expires in less than a minute"),
        (-timedelta(minutes=5, seconds=1), "expired 5 minutes ago"),
    ],
)
def test_expiry(delta: timedelta, shown: str) -> None:
    assert tags.expiry(timezone.now() + delta) == shown


def test_address_is_empty_for_an_impossible_id() -> None:
    assert tags.address_of("billing-account", "ws_1", "a/b") == ""
    assert tags.address_of("billing-account", "ws_1", None) == ""


def test_set_null_empty_missing_and_unreadable_fields_differ() -> None:
    sent = {"id": "ws_1", "name": None, "description": "", "archived": "perhaps"}
    facts = facts_of(Workspace.from_json(sent), sent)

    found = [facts[name].presence for name in ("id", "name", "description", "created_at", "archived")]
    assert found == [
        Presence.SET,
        Presence.NOT_SET,
        Presence.EMPTY,
        Presence.NOT_SENT,
        Presence.UNREADABLE,
    ]


def test_false_and_zero_are_set() -> None:
    sent = {"archived": False, "pooled_seat_limit": 0}

    assert all(
        fact.is_set for fact in facts_of(Workspace.from_json(sent), sent).values() if fact.name in sent
    )


def test_undocumented_field_is_shown_unchanged() -> None:
    more = undocumented_fields({"rate": Decimal("2.5"), "note": "text", "deep": {"a": [1, None]}})

    assert [field.text for field in more] == ["2.5", "text", '{\n  "a": [\n    1,\n    null\n  ]\n}']


def test_long_field_is_cut() -> None:
    (field,) = undocumented_fields({"long": "x" * 100_000})

    assert field.is_cut
    assert len(field.text) == 2000
