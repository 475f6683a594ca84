"""What a workspace and an account are called, as this person's own token read it last: without a call, for headings."""

from __future__ import annotations

from typing import Any

from billing.roles import Permission
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.billing_accounts.reads import ACCOUNT, WORKSPACE, reads_of
from billing.services.tokens import kept_copies
from billing.services.tokens.kept_copies import Read


def of_place(actor: Actor, workspace_id: str, billing_account_id: str = "") -> dict[str, str]:
    """Names by "workspace" and "account". One that was not read, or not with this token, is not in it."""
    if Permission.BILLING_READ not in actor.permissions:
        return {}
    names = (WORKSPACE, ACCOUNT) if billing_account_id else (WORKSPACE,)
    reads: dict[str, Read[Any]] = reads_of(workspace_id, billing_account_id, names)
    try:
        row = tokens.choose(actor.user, workspace_id)
    except tokens.NoToken:
        return {}
    found = kept_copies.find(row, reads)
    return {name: answer.value.name for name, answer in found.items() if answer.value.name}
