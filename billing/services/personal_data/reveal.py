"""Reveals one masked field of a billing account, after the audit log has recorded who reads it and why."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Final

from billing.altostrat.errors import AltostratError
from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.billing_accounts.reads import billing_account
from billing.services.reads import read_live

_VERB: Final = "billing_account.reveal"


class Field(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"


def reveal(
    actor: Actor, *, workspace_id: str, billing_account_id: str, field: Field, reason: str
) -> BillingAccount:
    """Return an account that has only its id, its name and this field, as they are at Altostrat now.

    If the audit log cannot be written, nothing is read. Raise as `read_live`.
    """
    actor.require(Permission.BILLING_READ)
    read = billing_account(workspace_id, billing_account_id)
    read.operation.path(read.path)  # raises InvalidIdentifier
    record = partial(
        audit.record,
        actor,
        _VERB,
        workspace_id=workspace_id,
        billing_account_id=billing_account_id,
        reason=reason,
    )
    record(audit.Outcome.SUCCEEDED, detail=field.value)
    try:
        account = read_live(replace(actor, is_masked=False), workspace_id, read).value
    except AltostratError as error:
        record(audit.outcome_of(error), detail=f"{field}: not read")
        raise
    shown = BillingAccount(id=account.id, name=account.name)
    match field:
        case Field.EMAIL:
            return replace(shown, email=account.email)
        case Field.PHONE:
            return replace(shown, phone=account.phone)
    return replace(shown, address=account.address)
