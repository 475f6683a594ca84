"""Forms. A token field never shows what was typed into it; every message names its remedy."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from billing.altostrat.identifiers import InvalidIdentifier, checked

# Browsers are to leave ids and tokens alone.
AS_TYPED: Final = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class Accessible(forms.Form):
    """Marks Tabler's classes on fields, and the invalid ones as such."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_box = isinstance(field.widget, forms.CheckboxInput)
            field.widget.attrs.setdefault("class", "form-check-input" if is_box else "form-control")


def checked_id(value: str, prefix: str, what: str) -> str:
    try:
        return checked("id", value, prefix) if value else ""
    except InvalidIdentifier:
        message = f"This is not {what}: it begins with {prefix}, then letters, digits, “_” and “-”."
        raise forms.ValidationError(message, code="malformed") from None
