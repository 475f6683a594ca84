"""A page of a list, in the envelope that Altostrat's lists share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from billing.altostrat.fields import Resource, WrongShape, read_fields

T = TypeVar("T")

_FALSE: Final = frozenset({"", "0", "false", "no"})
_NEXT: Final = ("next", "next_cursor", "next_page", "next_page_token")


@dataclass(frozen=True, slots=True)
class Listing(Resource, Generic[T]):
    """A page of a list, `{"data": [...], "has_more": true}`."""

    items: tuple[T, ...]
    has_more: bool | None = None

    @classmethod
    def reader(cls, from_json: Callable[[object], T]) -> Callable[[object], Listing[T]]:
        """Return a function that reads a list, and each item with `from_json`.

        It raises WrongShape if `data` is not a list or one of its items is not an object, because a list without that
        item would look complete.
        """

        def read(document: object) -> Listing[T]:
            if not isinstance(document, dict) or not isinstance(document.get("data"), list):
                raise WrongShape
            envelope = {name: raw for name, raw in document.items() if name != "data"}
            items = tuple([from_json(item) for item in document["data"]])
            fields = read_fields(cls, envelope)
            if "has_more" not in fields and "extra" in fields:
                fields["has_more"] = _says_more(fields["extra"])
            return cls(items=items, **fields)

        return read


def _says_more(extra: Mapping[str, object]) -> bool | None:
    """Return what undocumented fields say, so that a part is not taken for the whole; None if they say nothing."""
    if "has_more" in extra:
        return str(extra["has_more"]).lower() not in _FALSE
    return True if any(extra.get(name) for name in _NEXT) else None
