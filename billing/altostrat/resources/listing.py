"""A page of a list, in the envelope that Altostrat's lists share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from billing.altostrat.fields import Resource, WrongShape, read_fields

T = TypeVar("T")

_FALSE: Final = frozenset({"", "0", "false", "no"})
_MORE: Final = ("has_more", "hasMore", "has_next_page", "hasNextPage")
_NEXT: Final = ("next", "next_cursor", "nextCursor", "next_page", "next_page_url", "next_page_token")
_TOTALS: Final = ("total", "total_count", "totalCount", "count")
# Objects in which some send the fields above.
_ENVELOPES: Final = ("meta", "pagination", "paging", "links", "_links", "page_info", "pageInfo")


@dataclass(frozen=True, slots=True)
class Listing(Resource, Generic[T]):
    """A page of a list, `{"data": [...], "has_more": true}`."""

    items: tuple[T, ...]
    has_more: bool | None = None

    @classmethod
    def reader(
        cls, from_json: Callable[[object], T], *, has_pages: bool = False
    ) -> Callable[[object], Listing[T]]:
        """Return a function that reads a list, each item with `from_json`. `has_pages` if it may be a later page.

        It raises WrongShape if `data` is not a list or one of its items is not an object, because a list without that
        item would look complete.
        """

        def read(document: object) -> Listing[T]:
            if not isinstance(document, dict) or not isinstance(document.get("data"), list):
                raise WrongShape
            envelope = {name: raw for name, raw in document.items() if name != "data"}
            items = tuple([from_json(item) for item in document["data"]])
            fields = read_fields(cls, envelope)
            if "extra" in fields:
                more = fields.get("has_more")
                says_more = _says_more(fields["extra"]) if more is None else more
                fields["has_more"] = _counts_more(fields["extra"], len(items), says_more, has_pages=has_pages)
            return cls(items=items, **fields)

        return read


def _says_more(extra: Mapping[str, object]) -> bool | None:
    """Return what undocumented fields say, so that a part is not taken for the whole; None if they say nothing."""
    levels = _levels(extra)
    said = [level[name] for level in levels for name in _MORE if level.get(name) is not None]
    if said:
        return str(said[0]).lower() not in _FALSE
    if any(level.get(name) for level in levels for name in _NEXT):
        return True
    pages = [(level.get("current_page"), level.get("last_page")) for level in levels]
    return True if any(type(now) is type(last) is int and now < last for now, last in pages) else None


def _counts_more(
    extra: Mapping[str, object], count: int, says_more: bool | None, *, has_pages: bool
) -> bool | None:
    """Return True if there are more entries than these, according to their number. A later page has only the rest."""
    if has_pages and (count or says_more is not None):
        return says_more
    totals = [level.get(name) for level in _levels(extra) for name in _TOTALS]
    return True if any(type(total) is int and total > count for total in totals) else says_more


def _levels(extra: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [extra, *(one for name in _ENVELOPES if isinstance(one := extra.get(name), dict))]
