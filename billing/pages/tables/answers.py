"""The results of reads, for a page: an answer from Altostrat, a copy of an earlier one, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError
from billing.failures import Failure, describe
from billing.pages.frame.actor import actor_of
from billing.pages.tables.exports import format_of
from billing.services import reads as service
from billing.services.reads import Copied, Failed, Kept, Live, Read, Result


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer. If it is a copy, `copy_reason` is the failure that caused it."""

    answer: Answer[Any]
    copy_reason: Failure | None


def read(request: HttpRequest, workspace_id: str, reads: Mapping[str, Read[Any]]) -> dict[str, Result]:
    """Return the results of these reads. For a file, they contain no copies, because a file could not label them."""
    return service.read(actor_of(request), workspace_id, reads, allow_copies=not format_of(request))


def required(result: Result) -> ShownAnswer:
    """Return the answer or its copy. Raise the AltostratError if there is neither."""
    match result:
        case Live(answer) | Copied(answer):
            return ShownAnswer(answer, None)
        case Kept(answer, error):
            return ShownAnswer(answer, describe(error))
        case Failed(error):
            raise error
    raise TypeError("a read without a time limit is never late")


def optional(result: Result, shown: ShownAnswer) -> Answer[Any] | None:
    """Return the answer to a read that the page can do without. A copy counts only if `shown` is a copy, too."""
    return None if isinstance(result, Kept) and shown.copy_reason is None else result.answer


def copy_reason(request: HttpRequest, error: AltostratError | None) -> Failure | None:
    """Return the failure that explains why a page shows a copy, if it does. Raise `error` if a file is requested."""
    if error is not None and format_of(request):
        raise error
    return None if error is None else describe(error)
