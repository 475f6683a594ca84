"""Entries of lists, for objects that Altostrat has no operation to retrieve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from billing.altostrat.errors import NotFound, UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.operations.operation import Operation
from billing.altostrat.resources.listing import Listing

T = TypeVar("T")


def find(listing: Listing[T], operation: Operation[Any], is_wanted: Callable[[T], bool]) -> T:
    """Return the first such entry. Raise NotFound, but UnexpectedAnswer if the list is truncated."""
    for entry in listing.items:
        if is_wanted(entry):
            return entry
    require_whole(listing, operation)
    raise NotFound("GET", operation.path_template, 404)


def require_whole(listing: Listing[Any], operation: Operation[Any]) -> None:
    """Raise UnexpectedAnswer if Altostrat has more entries than it listed, so that one that is missing may exist."""
    if listing.has_more:
        raise operation.error(UnexpectedAnswer, FailureReason.ENDLESS, 200)
