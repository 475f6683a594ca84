"""Base form of the portal, and the check of Altostrat ids in forms."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from django import forms
from django.forms.utils import flatatt
from django.utils.safestring import SafeString

from billing.altostrat.identifiers import InvalidIdentifier, checked

# Keeps browsers from completing or correcting ids and tokens.
AS_TYPED: Final = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class LongSelect(forms.Select):
    """A select without groups. Django renders two templates for each option, which is slow for 250 countries."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: object = None
    ) -> SafeString:
        selected = "" if value is None else str(value)
        options = "".join(
            f'<option value="{escape(str(key))}"{" selected" if str(key) == selected else ""}>'
            f"{escape(str(label))}</option>"
            for key, label in self.choices
        )
        all_attrs = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        return SafeString(f"<select{all_attrs}>{options}</select>")


class Accessible(forms.Form):
    """A form whose fields carry Tabler's classes. Override `add_fields` for fields that depend on data."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_fields()
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", _css_class(field.widget))

    def add_fields(self) -> None:
        """Add fields, or adapt the declared ones."""


def _css_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


def checked_id(value: str, prefix: str, what: str) -> str:
    """Return a well-formed id. Raise ValidationError."""
    try:
        return checked("id", value, prefix) if value else ""
    except InvalidIdentifier:
        message = f"This is not {what}: it begins with {prefix}, then letters, digits, “_” and “-”."
        raise forms.ValidationError(message, code="malformed") from None
