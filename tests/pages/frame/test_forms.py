"""Widgets of forms."""

from __future__ import annotations

import pytest
from django import forms

from billing.pages.frame.forms import LongSelect
from tests.html import one, select, text


@pytest.mark.parametrize("value", [None, "", "a", "b&", "unknown"])
def test_long_select_draws_what_djangos_select_draws(value: str | None) -> None:
    attrs, choices = (
        {"id": "id_x", "required": True, "class": "form-select"},
        [("", "-"), ("a", "A"), ("b&", "<B>")],
    )
    drawn = LongSelect(attrs, choices).render("x", value, {"aria-invalid": "true"})
    expected = forms.Select(attrs, choices).render("x", value, {"aria-invalid": "true"})

    assert one(drawn, "select").attributes == one(expected, "select").attributes
    assert [(option.attributes, text(option)) for option in select(drawn, "option")] == [
        (option.attributes, text(option)) for option in select(expected, "option")
    ]
