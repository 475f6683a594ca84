"""Pages of a list: no page shows more than 100 rows of it.

Django's paginator divides a list that is known as a whole, with `?page=2` in the URL. A list that is itself read page
by page (invoices from Altostrat, audit entries, people, work queues) has a cursor instead. The template
parts/tables/pages.html has the links for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

Row = TypeVar("Row")

MAX_ROWS: Final = 100


def page_of(request: HttpRequest, rows: Iterable[Row], size: int = 0) -> Page[Row]:
    """Return the rows of `?page=`: the first page if it is not a number, the last one if it is too high."""
    known: Any = rows if isinstance(rows, (Sequence, QuerySet)) else list(rows)
    return Paginator(known, size or MAX_ROWS).get_page(request.GET.get("page", ""))
