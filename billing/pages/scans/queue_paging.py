"""Pages of a work queue without gaps: a page starts after a position in the order, even if the row there has moved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from billing.pages.tables.table import Sorting, sort_key
from billing.services.scans import sealed_query
from billing.services.scans.queues import Row

_PURPOSE: Final = "queue-page"


@dataclass(frozen=True, slots=True)
class Paging:
    """The pages of a queue in one order. Without a sorting, the rows keep their own order."""

    sorting: Sorting[Row] | None

    def cursor(self, row: Row) -> str:
        """Return the position of a row, for a URL. It is sealed, because it contains a name."""
        return sealed_query.seal(json.dumps([self._name, *self._position(row)]), _PURPOSE)

    def start(self, rows: Sequence[Row], cursor: str) -> tuple[int, bool]:
        """Return the index of the first row after a cursor; 0 and True if the cursor is not valid."""
        if not cursor:
            return 0, False
        opened = sealed_query.unseal(cursor, _PURPOSE)
        name, key, order = json.loads(opened) if opened else ("", None, [])
        if name != self._name:
            return 0, True
        after = (number for number, row in enumerate(rows) if self._is_after(row, key, order))
        return next(after, len(rows)), False

    @property
    def _name(self) -> str:
        if self.sorting is None:
            return "-"
        return f"{'-' if self.sorting.is_descending else ''}{self.sorting.column.key}"

    def _position(self, row: Row) -> tuple[list[Any] | None, list[str]]:
        value = None if self.sorting is None else sort_key(self.sorting.column.value(row))
        return None if value is None else [_json_value(part) for part in value], list(row.order)

    def _is_after(self, row: Row, key: list[Any] | None, order: list[str]) -> bool:
        own_key, own_order = self._position(row)
        if own_key == key:
            return own_order > order
        if own_key is None or key is None:
            return own_key is None  # rows without a value are last
        is_descending = self.sorting is not None and self.sorting.is_descending
        return own_key < key if is_descending else own_key > key


def _json_value(part: object) -> object:
    """Return a value that JSON can hold, in the same order."""
    return part.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(part, datetime) else part
