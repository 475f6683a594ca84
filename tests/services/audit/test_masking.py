"""Differences, and which of them auditors without billing:read may see."""

from __future__ import annotations

from typing import Any

import pytest

from billing.services.audit.content import Content
from billing.services.audit.masking import Change, differences

pytestmark = pytest.mark.sqlite_only

PERSONAL: dict[str, Any] = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "+44 20 7946 0000",
    "description": "Owes Ada a favor",
    "address": {"line1": "12 St James's Square", "country": "GB"},
    "metadata": {"ada lovelace": "paid", "status": "of Ada"},
    "something_new": "Ada again",
    "contacts": [{"name": "Ada"}],
    "items": [{"description": "Ada's seat", "quantity": 2}],
}
PLAIN: dict[str, Any] = {"id": "cus_1", "currency": "usd", "product_quantities": {"users": 3}, "total": 1250}


def test_each_field_has_its_change() -> None:
    content = Content({"a": 1, "b": 2, "c": {"d": "x"}}, {"b": 3, "c": {"d": "x"}, "e": None})

    rows = differences(content, show_personal=True)

    assert [(row.field, row.change, row.before, row.after) for row in rows] == [
        ("a", Change.REMOVED, "1", None),
        ("b", Change.CHANGED, "2", "3"),
        ("e", Change.ADDED, None, None),
        ("c.d", Change.SAME, "x", "x"),
    ]


def test_reader_of_billing_data_sees_everything() -> None:
    shown = repr(differences(Content(None, PERSONAL), show_personal=True))

    for text in ("Lovelace", "ada@", "7946", "favor", "Square", "of Ada", "Ada again", "seat"):
        assert text in shown


def test_personal_values_and_field_names_are_hidden() -> None:
    shown = repr(differences(Content(PERSONAL, {**PERSONAL, "name": "Ada Byron"}), show_personal=False))

    for text in ("Ada", "ada lovelace", "ada@", "7946", "favor", "Square", "GB"):
        assert text not in shown
    assert "items.1.quantity" in shown


def test_harmless_values_are_shown_to_everyone() -> None:
    rows = differences(Content(None, PLAIN), show_personal=False)

    assert {row.field: row.after for row in rows} == {
        "id": "cus_1",
        "currency": "usd",
        "product_quantities.users": "3",
        "total": "1250",
    }
    assert not any(row.is_hidden for row in rows)


@pytest.mark.parametrize(
    ("before", "after", "had_and_has"),
    [("Ada", "Eve", (True, True)), (None, "Eve", (False, True)), ("Ada", "", (True, False))],
)
def test_hidden_field_shows_whether_it_had_a_value(
    before: str | None, after: str | None, had_and_has: tuple[bool, bool]
) -> None:
    (row,) = differences(Content({"name": before}, {"name": after}), show_personal=False)

    assert (row.is_hidden, row.had_value, row.has_value) == (True, *had_and_has)
    assert (row.before, row.after) == (None, None)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("metadata.owner jane.doe@acme.example", "metadata.…"),
        ("metadata.status", "metadata.…"),
        ("address.city", "address.city"),
        ("product.jane", "product.…"),
        ("limits.44207946000", "limits.…"),
        ("jane.doe", "…"),
    ],
)
def test_hidden_name_is_cut_before_a_personal_part(name: str, masked: str) -> None:
    (row,) = differences(Content(None, {name: "Jane"}), show_personal=False)

    assert (row.field, row.is_hidden, row.after) == (masked, True, None)
    assert differences(Content(None, {name: "Jane"}), show_personal=True)[0].field == name


def test_flat_names_are_harmless_like_nested_ones() -> None:
    flat = {"product.locations": 3, "limits.users": 5, "status": "active", "billing_mode": "pooled"}

    assert {row.field: row.after for row in differences(Content(flat, flat), show_personal=False)} == {
        "product.locations": "3",
        "limits.users": "5",
        "status": "active",
        "billing_mode": "pooled",
    }


@pytest.mark.parametrize(
    ("value", "is_hidden"),
    [
        ([1, 2], False),
        ([True], False),
        ([], False),
        (["ada@acme.example"], True),
        ([1, "ada@acme.example"], True),
        ([["ada@acme.example"]], True),
        ([{"quantity": 1}, "ada@acme.example"], True),
        ({"ada@acme.example": 1}, True),
    ],
)
def test_list_of_texts_is_hidden_under_a_harmless_name(value: Any, is_hidden: bool) -> None:
    (row,) = differences(Content({"usage": value}, {"usage": value}), show_personal=False)

    assert row.is_hidden is is_hidden
    assert "ada" not in repr(row)
