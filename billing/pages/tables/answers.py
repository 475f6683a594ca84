"""What reads gave, for a page that is nothing without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError
from billing.failures import Failure, describe
from billing.pages.tables.exports import format_of
from billing.services.reads import Failed, Kept, Live, Result


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer for a page; `why` tells why it is a kept copy, and is None when Altostrat has just said so."""

    answer: Answer[Any]
    why: Failure | None


def needed(request: HttpRequest, result: Result) -> Shown:
    """The answer, or its copy: but none in a file, which would go on without the words that call it one.

    Raises the AltostratError where there is neither.
    """
    match result:
        case Live(answer):
            return Shown(answer, None)
        case Kept(answer, why):
            return Shown(answer, why_kept(request, why))
        case Failed(error):
            raise error
    raise TypeError("a read without a time limit is never late")


def why_kept(request: HttpRequest, why: AltostratError | None) -> Failure | None:
    """Why a page shows a copy; None where Altostrat has just said it. Raises `why` where a file is asked for."""
    if why is not None and format_of(request):
        raise why
    return None if why is None else describe(why)
