"""Reminders of an account's due invoices, from live answers, and the record of who prepared one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.services import audit
from billing.services.actor import Actor
from billing.services.billing_accounts.access import require_account
from billing.services.billing_accounts.reads import billing_account
from billing.services.invoices.read_all import InvoiceList, read_invoices
from billing.services.reads import read_live
from billing.services.reminders import templates
from billing.services.reminders.templates import Template
from billing.services.reminders.texts import Reminders, language_of_account, reminders
from billing.services.reminders.wording import DEFAULT

PREPARE: Final = "reminder.prepare"


class Use(StrEnum):
    """What a person did with a text. Whether it was sent is not known."""

    COPIED = "copied"
    MAILTO = "opened in a mail program"


@dataclass(frozen=True, slots=True)
class Draft:
    """The texts, and what they are made from. If the invoices are not complete, the texts may omit older ones."""

    account: BillingAccount
    invoice_list: InvoiceList
    reminders: Reminders
    template: Template


def draft(
    actor: Actor,
    *,
    workspace_id: str,
    billing_account_id: str,
    zone: tzinfo | None,
    now: datetime,
    language: str = "",
) -> Draft:
    """Return the texts in a language, otherwise in that of the account's data, otherwise in English.

    Raise NotPermitted, NoToken, AltostratError, also where only a copy could be shown.
    """
    account = read_live(actor, workspace_id, billing_account(workspace_id, billing_account_id)).value
    found = read_invoices(actor, workspace_id=workspace_id, billing_account_id=billing_account_id)
    if found.copy_error is not None:
        raise found.copy_error
    template = templates.get(language or language_of_account(account) or DEFAULT)
    return Draft(account, found, reminders(account, found.invoices, zone, now, template), template)


def record_prepared(
    actor: Actor, *, workspace_id: str, billing_account_id: str, currency: str, use: Use
) -> None:
    """Record that a person prepared a reminder. Raise as `require_account`."""
    require_account(actor, workspace_id, billing_account_id)
    audit.record(
        actor,
        PREPARE,
        audit.Outcome.SUCCEEDED,
        workspace_id=workspace_id,
        billing_account_id=billing_account_id,
        detail=f"{currency.upper()}, {use}",
    )
