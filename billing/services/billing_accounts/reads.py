"""What the page of a billing account asks Altostrat, side by side; and what it asks once it knows the subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.utils import timezone

from billing.altostrat.errors import AltostratError, NotAllowed, NotFound, TokenRejected
from billing.altostrat.operations.billing_accounts import RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.invoices import LIST_INVOICES, PREVIEW_INVOICE
from billing.altostrat.operations.organizations import LIST_ORGANIZATIONS
from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.altostrat.operations.subscriptions import CHECK_TRIAL_ELIGIBILITY, LIST_SUBSCRIPTIONS
from billing.altostrat.operations.workspaces import RETRIEVE_WORKSPACE
from billing.altostrat.resources.subscriptions import Subscription
from billing.roles import Permission
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.billing_accounts.status import RUNNING
from billing.services.reads import concurrent
from billing.services.reads.concurrent import Failed, Kept, Late, Live, Read, Result
from billing.services.tokens import kept_copies

ACCOUNT: Final = "account"
SUBSCRIPTIONS: Final = "subscriptions"
INVOICES: Final = "invoices"
PAYMENT_METHODS: Final = "payment_methods"
WORKSPACE: Final = "workspace"
ORGANIZATIONS: Final = "organizations"
TRIAL: Final = "trial"
PROOFS: Final = (ACCOUNT, SUBSCRIPTIONS, INVOICES, PAYMENT_METHODS)
AT_ONCE: Final = (ACCOUNT, SUBSCRIPTIONS, INVOICES, PAYMENT_METHODS, WORKSPACE, ORGANIZATIONS)

# The page shows ten; how the account stands is told from all that one call gives.
INVOICES_ASKED: Final = 100
_MOST_PREVIEWS: Final = 5
_A_MOMENT: Final = timedelta(seconds=30)
_BILLED_NEXT: Final = frozenset({"active", "trialing", "past_due"})
_IN_WORKSPACE: Final = {
    WORKSPACE: RETRIEVE_WORKSPACE,
    ORGANIZATIONS: LIST_ORGANIZATIONS,
}
_OF_ACCOUNT: Final = {
    ACCOUNT: RETRIEVE_BILLING_ACCOUNT,
    SUBSCRIPTIONS: LIST_SUBSCRIPTIONS,
    INVOICES: LIST_INVOICES,
    PAYMENT_METHODS: LIST_PAYMENT_METHODS,
    TRIAL: CHECK_TRIAL_ELIGIBILITY,
}


def reads_of(workspace_id: str, billing_account_id: str, names: Iterable[str]) -> dict[str, Read[Any]]:
    """The reads of these names."""
    workspace = {"workspaceId": workspace_id}
    account = {**workspace, "billingAccountId": billing_account_id}
    query = {INVOICES: {"limit": str(INVOICES_ASKED)}}
    return {
        name: Read(_IN_WORKSPACE[name], workspace)
        if name in _IN_WORKSPACE
        else Read(_OF_ACCOUNT[name], account, query.get(name, {}))
        for name in names
    }


def lately(actor: Actor, workspace_id: str, reads: Mapping[str, Read[Any]]) -> dict[str, Result]:
    """What the same token read a moment ago, for telling it once more without asking; nothing when no copies are kept.

    Raises NotPermitted, NoToken.
    """
    actor.require(Permission.BILLING_READ)
    copies = kept_copies.find(tokens.choose(actor.user, workspace_id), reads)
    oldest = timezone.now() - _A_MOMENT
    return {name: Live(answer) for name, answer in copies.items() if answer.received_at >= oldest}


def previews_of(
    workspace_id: str, billing_account_id: str, subscriptions: Iterable[Subscription]
) -> dict[str, Read[Any]]:
    """The next bill of each subscription that has one, by its id. A preview changes nothing, so it is a read.

    Of the first few: three may be active at a time, and each is a call.
    """
    path = {"workspaceId": workspace_id, "billingAccountId": billing_account_id}
    billed = [one.id for one in subscriptions if one.id and one.status in _BILLED_NEXT]
    return {
        name: Read(PREVIEW_INVOICE, path, body={"subscription_id": name}) for name in billed[:_MOST_PREVIEWS]
    }


def path_in_our_api(workspace_id: str, billing_account_id: str, name: str) -> str:
    """Where a program gets the same from us: "/api/v1/workspaces/…"."""
    read = reads_of(workspace_id, billing_account_id, (name,))[name]
    path = "/api/v1" + read.operation.path(read.path)
    return f"{path}?{urlencode(read.query)}" if read.query else path


def is_subscribed(subscriptions: Iterable[Subscription]) -> bool:
    """Whether one of them runs, as Altostrat counts."""
    return any(one.status in RUNNING for one in subscriptions)


def answer_of(result: Result | None) -> Any:
    """The Answer in a result, live or a copy; None where there is none."""
    match result:
        case Live(answer) | Kept(answer, _):
            return answer
        case Late(copy):
            return copy
        case _:
            return None


def refusal_of(result: Result | None) -> AltostratError | None:
    """The error that speaks about the account as a whole: the token is refused, or does not see it."""
    is_about_all = isinstance(result, Failed) and isinstance(
        result.error, (TokenRejected, NotAllowed, NotFound)
    )
    return result.error if is_about_all and isinstance(result, Failed) else None


def proofs(actor: Actor, workspace_id: str, billing_account_id: str) -> dict[str, Result]:
    """The account; and where it neither answers nor refuses, what else would prove that the token sees it.

    Raises NotPermitted, NoToken, `vault.CannotUnseal`, InvalidIdentifier.
    """
    first = reads_of(workspace_id, billing_account_id, (ACCOUNT,))
    found = concurrent.read(actor, workspace_id, first)
    if not isinstance(found[ACCOUNT], Failed) or refusal_of(found[ACCOUNT]) is not None:
        return found
    others = reads_of(workspace_id, billing_account_id, (name for name in PROOFS if name != ACCOUNT))
    return {**found, **concurrent.read(actor, workspace_id, others)}


def is_proved(results: Mapping[str, Result]) -> bool:
    """Whether the token has read anything of the account, now or lately, and was not turned away from it."""
    return refusal_of(results.get(ACCOUNT)) is None and any(answer_of(results.get(one)) for one in PROOFS)


def require_sight(actor: Actor, workspace_id: str, billing_account_id: str) -> None:
    """Passes when the actor's own token reads anything of this account, now or, while Altostrat is away, lately.

    Raises NotPermitted, NoToken, InvalidIdentifier, AltostratError.
    """
    results = proofs(actor, workspace_id, billing_account_id)
    account = results[ACCOUNT]
    if isinstance(account, Failed) and not is_proved(results):
        raise account.error


def require_sight_of_workspace(actor: Actor, workspace_id: str) -> None:
    """The same of a workspace, for what is about none of its accounts. Raises as `require_sight`."""
    reads = reads_of(workspace_id, "", (WORKSPACE,))
    for result in concurrent.read(actor, workspace_id, reads).values():
        if isinstance(result, Failed):
            raise result.error
