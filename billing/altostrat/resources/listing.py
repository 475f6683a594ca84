"""A page of things, in the envelope that Altostrat's lists share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from billing.altostrat.fields import Fields, WrongShape, no_fields

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A page of things, `{"data": [...], "has_more": true}`; `has_more` is None when it is not said."""

    items: tuple[T, ...]
    has_more: bool | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def reader(cls, from_json: Callable[[object], T]) -> Callable[[object], Listing[T]]:
        """A `from_json` for listings of what `from_json` reads.

        It raises WrongShape without a list in `data`, or with an item that is no object: an empty or a
        shorter list would be a lie.
        """

        def read(document: object) -> Listing[T]:
            data = document.get("data") if isinstance(document, dict) else None
            if not isinstance(document, dict) or not isinstance(data, list):
                raise WrongShape
            fields = Fields({name: raw for name, raw in document.items() if name != "data"})
            items = tuple(from_json(item) for item in data)
            return cls(items=items, has_more=fields.flag("has_more"), extra=fields.extra())

        return read
