"""The names of workspaces and accounts, from data that the actor's own tokens have read before, without a call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from billing.altostrat.identifiers import InvalidIdentifier
from billing.roles import Permission
from billing.services import reads, tokens
from billing.services.actor import Actor
from billing.services.billing_accounts.reads import ACCOUNT, WORKSPACE, billing_account, page_reads
from billing.services.scans import search_index, store

AccountKey = tuple[str, str]  # the ids of a workspace and a billing account


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


def find_customer(actor: Actor, ids: Mapping[str, str]) -> str:
    """Return the name of the billing account in `ids`, or else of the workspace; empty if neither is known."""
    workspace_id, account_id = ids.get("workspace_id", ""), ids.get("billing_account_id", "")
    names = find(actor, workspace_id, account_id) if workspace_id else {}
    if names.get(ACCOUNT) or not workspace_id or Permission.BILLING_READ not in actor.permissions:
        return names.get(ACCOUNT, "")
    scanned = _scanned(actor)
    return (
        scanned.get((workspace_id, account_id)) or names.get(WORKSPACE) or scanned.get((workspace_id, ""), "")
    )


def find_accounts(actor: Actor, accounts: Iterable[AccountKey]) -> dict[AccountKey, str]:
    """Return the names of these accounts: those in the actor's last scan, or else in copies of the actor's reads."""
    wanted = {key for key in accounts if all(key)}
    if Permission.BILLING_READ not in actor.permissions or not wanted:
        return {}
    names = {key: name for key, name in _scanned(actor).items() if key in wanted}
    return names | _copied(actor, wanted - names.keys())


def _scanned(actor: Actor) -> dict[AccountKey, str]:
    """Return the names in the actor's last scan; a workspace has no account id."""
    try:
        entries = search_index.load(actor).entries
    except store.ScanLost:
        return {}
    return {
        (entry.workspace_id, entry.id if entry.is_account else ""): entry.name
        for entry in entries
        if entry.name != entry.id and entry.id
    }


def _copied(actor: Actor, accounts: Iterable[AccountKey]) -> dict[AccountKey, str]:
    by_workspace: dict[str, list[str]] = defaultdict(list)
    for workspace_id, account_id in accounts:
        by_workspace[workspace_id].append(account_id)
    found: dict[AccountKey, str] = {}
    for workspace_id, account_ids in by_workspace.items():
        wanted = {account_id: billing_account(workspace_id, account_id) for account_id in account_ids}
        try:
            copies = reads.find_copies(actor, workspace_id, wanted)
        except (tokens.NoToken, InvalidIdentifier):
            continue
        found |= {(workspace_id, key): copy.value.name for key, copy in copies.items() if copy.value.name}
    return found
