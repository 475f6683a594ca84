"""The signal that a row changed which decides who may act: a person, an identity, a key or a token."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from django.db import models
from django.dispatch import Signal

Row = TypeVar("Row", bound=models.Model)

# Sent after a bulk update. Django's own signals report single rows.
access_updated = Signal()

# Columns that only describe the last use of a row.
_USE_COLUMNS: Final = frozenset({"status", "last_result", "checked_at", "last_used_at", "last_used_address"})


class AccessQuerySet(models.QuerySet[Row]):
    """A queryset whose bulk updates send `access_updated`."""

    def update(self, **values: Any) -> int:
        count = super().update(**values)
        if values.keys() - _USE_COLUMNS:
            access_updated.send(self.model)
        return count
