"""A form in the query string that filters a list."""

from __future__ import annotations

from typing import Any

from billing.pages.frame.forms import Accessible


class Filter(Accessible):
    """A form in the address: whatever cannot be read there asks for nothing."""

    def wanted(self, name: str) -> Any:
        """A field's value, or nothing."""
        self.is_valid()
        return self.cleaned_data.get(name) or ""

    @property
    def is_in_use(self) -> bool:
        """Whether anything is asked for."""
        return any(self.wanted(field.name) for field in self.visible_fields())
