"""Reminders of an account's due invoices, from live answers, and the record of who prepared one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
from billing.services.reads.masked import answer_for
from billing.services.reminders import templates
from billing.services.reminders.templates import Template
from billing.services.reminders.texts import Reminders, language_of_account, recipient_of, reminders
from billing.services.reminders.wording import DEFAULT

PREPARE: Final = "reminder.prepare"


class Use(StrEnum):
    """What a person did with a text. Whether it was sent is not known."""

    COPIED = "copied"
    MAILTO = "opened in a mail program"


@dataclass(frozen=True, slots=True)
class Draft:
    """The texts, and what they are made from. If the invoices are not complete, the texts may omit older ones.

    `recipient` is the address to which a reminder is sent, even if the person sees it masked; empty if there is none.
    """

    account: BillingAccount
    invoice_list: InvoiceList
    reminders: Reminders
    template: Template
    is_masked: bool
    recipient: str = field(repr=False)


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
    read = billing_account(workspace_id, billing_account_id)
    # Only the mail server gets what is masked here.
    answer = read_live(replace(actor, is_masked=False), workspace_id, read)
    account = answer_for(actor, read, answer).value
    found = read_invoices(actor, workspace_id=workspace_id, billing_account_id=billing_account_id)
    if found.copy_error is not None:
        raise found.copy_error
    template = templates.get(language or language_of_account(account) or DEFAULT)
    texts = reminders(account, found.invoices, zone, now, template)
    return Draft(account, found, texts, template, actor.is_masked, recipient_of(answer.value))


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
