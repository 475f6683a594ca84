"""The base of forms in the query string, which filter a list."""

from __future__ import annotations

from typing import Any

from billing.pages.frame.forms import Accessible


class Filter(Accessible):
    """A filter. Invalid values are ignored."""

    def wanted(self, name: str) -> Any:
        """The value of a field; empty if there is none."""
        self.is_valid()
        return self.cleaned_data.get(name) or ""

    @property
    def is_in_use(self) -> bool:
        return any(self.wanted(field.name) for field in self.visible_fields())
