"""The failure for each error class, which the entry points turn into their responses."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from billing.altostrat import errors as altostrat
from billing.altostrat.identifiers import InvalidIdentifier
from billing.altostrat.operations.operation import portal_name
from billing.failures import altostrat_failures, portal_failures
from billing.failures.database_failures import DATABASE_UNAVAILABLE
from billing.failures.failure import Failure, Origin, Remedy
from billing.services.actor import NotPermitted
from billing.services.storage.outages import outage_of

__all__ = ("Failure", "Origin", "Remedy", "describe", "is_handled", "is_relayed")

_TABLE: Final = {**portal_failures.TABLE, **altostrat_failures.TABLE}

_HANDLED: Final = (*portal_failures.TABLE, altostrat.AltostratError)


def is_handled(error: BaseException) -> bool:
    """Return whether `describe` knows the error: it is expected to happen, and no fault of the portal."""
    return isinstance(error, _HANDLED) or outage_of(error) is not None


def describe(error: BaseException) -> Failure:
    """Return the failure for an error that `is_handled`, with the details of this error."""
    if not isinstance(error, _HANDLED):
        return DATABASE_UNAVAILABLE
    row = next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)
    if isinstance(error, altostrat.AltostratError):
        row = replace(row, upstream_request_id=error.request_id, upstream_status=error.status)
    for kind, add_details in _DETAILS:
        if isinstance(error, kind):
            row = add_details(row, error)
    return row


def is_relayed(error: BaseException) -> bool:
    """Return whether the API relays Altostrat's status and body: for a 4xx other than 401, 408, 429 and 499."""
    return isinstance(error, altostrat.Refused) and describe(error).origin is Origin.ALTOSTRAT


def _with_refusal(row: Failure, error: BaseException) -> Failure:
    assert isinstance(error, altostrat.Refused)
    if row.origin is not Origin.ALTOSTRAT:
        return row
    status = error.status or row.status
    return replace(row, status=status, upstream_message=error.message, doc_url=error.doc_url)


def _with_pause(row: Failure, error: BaseException) -> Failure:
    if (seconds := getattr(error, "retry_after_seconds", None)) is None:
        return row
    sentence = f"Try again in {seconds} second{'' if seconds == 1 else 's'}."
    return replace(row, retry_after_seconds=seconds, what_to_do=sentence)


def _with_permission(row: Failure, error: BaseException) -> Failure:
    assert isinstance(error, NotPermitted)
    return replace(row, what_failed=f"{row.what_failed[:-1]}: {error.permission}.")


def _with_name(row: Failure, error: BaseException) -> Failure:
    """Name the ID as pages do: "workspaceId" becomes "workspace ID"."""
    assert isinstance(error, InvalidIdentifier)
    name = portal_name(error.name).replace("_id", " ID").replace("_", " ")
    return replace(row, what_failed=f"{row.what_failed[:-1]}: {name}.")


_DETAILS: Final = (
    (altostrat.Refused, _with_refusal),
    ((altostrat.RateLimited, altostrat.Unavailable, altostrat.Overloaded), _with_pause),
    (InvalidIdentifier, _with_name),
    (NotPermitted, _with_permission),
)
