"""The table of failures: how each error becomes a page or an API response."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from billing.altostrat import errors as altostrat
from billing.altostrat.identifiers import InvalidIdentifier
from billing.failures import of_altostrat, of_ours
from billing.failures.failure import Failure, Origin, Remedy
from billing.services.actor import NotPermitted

__all__ = ("HANDLED", "Failure", "Origin", "Remedy", "describe", "is_relayed")

_TABLE: Final = {**of_ours.TABLE, **of_altostrat.TABLE}

HANDLED: Final = (*of_ours.TABLE, altostrat.AltostratError)


def describe(error: Exception) -> Failure:
    """The row for an error of one of the HANDLED families, filled with what this one carries."""
    row = next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)
    if isinstance(error, altostrat.AltostratError):
        row = replace(row, upstream_request_id=error.request_id, upstream_status=error.status)
    for kind, fill in _FILLERS:
        if isinstance(error, kind):
            row = fill(row, error)
    return row


def is_relayed(error: Exception) -> bool:
    """True when a program gets Altostrat's own status and body: a 4xx that is neither 401 nor 429."""
    return isinstance(error, altostrat.Refused) and describe(error).origin is Origin.ALTOSTRAT


def _with_refusal(row: Failure, error: Exception) -> Failure:
    assert isinstance(error, altostrat.Refused)
    if row.origin is not Origin.ALTOSTRAT:
        return row
    status = error.status or row.status
    return replace(row, status=status, upstream_message=error.message, doc_url=error.doc_url)


def _with_pause(row: Failure, error: Exception) -> Failure:
    if (seconds := getattr(error, "retry_after_seconds", None)) is None:
        return row
    words = f"Try again in {seconds} second{'' if seconds == 1 else 's'}."
    return replace(row, retry_after_seconds=seconds, what_to_do=words)


def _with_name(row: Failure, error: Exception) -> Failure:
    name = error.permission if isinstance(error, NotPermitted) else error
    return replace(row, what_failed=f"{row.what_failed[:-1]}: {name}.")


_FILLERS: Final = (
    (altostrat.Refused, _with_refusal),
    ((altostrat.RateLimited, altostrat.Unavailable, altostrat.Overloaded), _with_pause),
    (InvalidIdentifier, _with_name),
    (NotPermitted, _with_name),
)
