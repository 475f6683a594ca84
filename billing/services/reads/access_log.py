"""Who read of which billing account: noted for whatever is read of it, by a page or a program, a file included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError
from billing.altostrat.operations.billing_accounts import RETRIEVE_BILLING_ACCOUNT
from billing.services import audit
from billing.services.actor import Actor
from billing.services.tokens.kept_copies import Read


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy was shown: because Altostrat failed so, or did not answer yet."""

    why: AltostratError | None


# What came of a read; None when nothing was shown, so far.
Shown = Answer[Any] | Copy | AltostratError | None


def record(actor: Actor, reads: Iterable[tuple[Read[Any], Shown]]) -> None:
    """Notes the reads that are about a billing account, together as one: that Altostrat refused the account itself, or
    else what was shown of it, or else why nothing was."""
    about = [(read, shown) for read, shown in reads if "billingAccountId" in read.path and shown is not None]
    if not about:
        return
    read, shown = min(about, key=_rank)
    source = shown.why if isinstance(shown, Copy) else shown
    note = partial(
        audit.record_read,
        actor,
        read.path.get("workspaceId", ""),
        read.path["billingAccountId"],
        upstream_status=source.status if source else None,
        upstream_request_id=source.request_id if source else None,
    )
    if not isinstance(shown, AltostratError):
        note(is_copy=isinstance(shown, Copy))
    elif read.operation.method == "GET":
        # A preview that is refused says nothing about who may see the account.
        note(outcome=audit.outcome_of(shown))


def _rank(one: tuple[Read[Any], Shown]) -> int:
    read, shown = one
    if isinstance(shown, AltostratError):
        is_about_all = read.operation is RETRIEVE_BILLING_ACCOUNT
        return 0 if is_about_all and audit.outcome_of(shown) is audit.Outcome.REFUSED else 3
    return 2 if isinstance(shown, Copy) else 1
