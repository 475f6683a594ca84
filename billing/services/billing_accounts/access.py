"""Access to what the portal itself stores about an account: a person's own token must be able to read the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing.altostrat.errors import AltostratError, NotAllowed, NotFound, TokenRejected
from billing.services.actor import Actor
from billing.services.billing_accounts.reads import (
    ACCOUNT,
    INVOICES,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
    page_reads,
)
from billing.services.reads import Failed, Reader, Result, read
from billing.services.workspaces import reads as workspace_reads

_EVIDENCE: Final = (ACCOUNT, SUBSCRIPTIONS, INVOICES, PAYMENT_METHODS)


def read_evidence(actor: Actor, workspace_id: str, billing_account_id: str) -> dict[str, Result]:
    """Read the account. If Altostrat neither returns nor refuses it, also reads its lists, which prove access as well.

    Raise NotPermitted, NoToken, `vault.CannotUnseal`, InvalidIdentifier.
    """
    reads, reader = page_reads(workspace_id, billing_account_id, _EVIDENCE), Reader(actor, workspace_id)
    found = reader.read({ACCOUNT: reads.pop(ACCOUNT)})
    if not isinstance(found[ACCOUNT], Failed) or refusal_in(found) is not None:
        return found
    return found | reader.read(reads)


def refusal_in(results: Mapping[str, Result]) -> AltostratError | None:
    """Return the error if Altostrat rejects the token or does not show it the account."""
    match results.get(ACCOUNT):
        case Failed(TokenRejected() | NotAllowed() | NotFound() as error):
            return error
    return None


def has_access(results: Mapping[str, Result]) -> bool:
    """Return whether the token has read a part of the account, now or recently, and the account was not refused."""
    found = (results.get(name) for name in _EVIDENCE)
    return refusal_in(results) is None and any(result and result.answer for result in found)


def require_account(actor: Actor, workspace_id: str, billing_account_id: str) -> None:
    """Raise an error unless the actor's own token can read the account, or could recently if Altostrat is unavailable.

    The error is NotPermitted, NoToken, InvalidIdentifier or AltostratError.
    """
    results = read_evidence(actor, workspace_id, billing_account_id)
    account = results[ACCOUNT]
    if isinstance(account, Failed) and not has_access(results):
        raise account.error


def require_workspace(actor: Actor, workspace_id: str) -> None:
    """Do the same as `require_account`, for a workspace."""
    result = read(actor, workspace_id, {"workspace": workspace_reads.workspace(workspace_id)})["workspace"]
    if isinstance(result, Failed):
        raise result.error
