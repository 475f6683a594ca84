"""The names of a workspace and an account for headings, from copies of the actor's own reads, without a call."""

from __future__ import annotations

from billing.roles import Permission
from billing.services import reads, tokens
from billing.services.actor import Actor
from billing.services.billing_accounts.reads import ACCOUNT, WORKSPACE, page_reads


def find(actor: Actor, workspace_id: str, billing_account_id: str = "") -> dict[str, str]:
    """Return names by "workspace" and "account". A name is missing if the actor's token has not read it recently."""
    if Permission.BILLING_READ not in actor.permissions:
        return {}
    names = (WORKSPACE, ACCOUNT) if billing_account_id else (WORKSPACE,)
    wanted = page_reads(workspace_id, billing_account_id, names)
    try:
        copies = reads.find_copies(actor, workspace_id, wanted)
    except tokens.NoToken:
        return {}
    return {name: answer.value.name for name, answer in copies.items() if answer.value.name}
