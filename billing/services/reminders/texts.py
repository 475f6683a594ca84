"""The text that reminds a customer of due invoices: one per currency, from the templates of a language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.template.loader import render_to_string

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.amounts import exponent, format_amount
from billing.services.dates import format_day, in_zone
from billing.services.invoices.aging import Item, items_of, most_overdue_first
from billing.services.reminders.payment_links import payment_link

# Altostrat does not state a customer's language. Each language is a folder of templates.
_LANGUAGE: Final = "en"
# Some mail programs cut longer links.
_MAX_MAILTO: Final = 2000
_BLANK_LINES: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class DueInvoice:
    """A due invoice in words. `due` is empty if it has no due date, `days_late` 0 if it is due today or has none."""

    number: str
    amount: str
    due: str
    issued: str
    days_late: int
    link: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """The text for one currency, in lines that end with a line feed. `recipient` is empty if it is not known."""

    currency: str
    recipient: str
    subject: str
    body: str
    total: int
    count: int

    @property
    def mailto(self) -> str:
        """The link that opens the text in a mail program: https://www.rfc-editor.org/rfc/rfc6068"""
        body = self.body.replace("\n", "\r\n")
        return (
            f"mailto:{quote(self.recipient, safe='@')}?subject={_encoded(self.subject)}&body={_encoded(body)}"
        )

    @property
    def is_long(self) -> bool:
        return len(self.mailto) > _MAX_MAILTO


@dataclass(frozen=True, slots=True)
class Reminders:
    """The texts, sorted by currency, and how many open invoices they omit: not yet due, or without a known amount."""

    texts: tuple[Reminder, ...] = ()
    not_due: int = 0
    without_amount: int = 0


def reminders(
    account: BillingAccount, invoices: Iterable[Invoice], zone: tzinfo | None, now: datetime
) -> Reminders:
    """Return the texts about invoices that are due today or late. Days are calendar days of the zone.

    An invoice without a due date is due when it is issued. An amount in an unknown currency is not known.
    """
    items = list(items_of(invoices, zone, now))
    due = [item for item in items if item.days_overdue is None or item.days_overdue >= 0]
    found: dict[str, list[Item]] = {}
    for item in sorted(due, key=most_overdue_first):
        if item.remaining is not None and exponent(item.currency) is not None:
            found.setdefault(item.currency, []).append(item)
    today = in_zone(now, zone).date()
    return Reminders(
        tuple(_reminder(account, currency, found[currency], zone, today) for currency in sorted(found)),
        len(items) - len(due),
        len(due) - sum(map(len, found.values())),
    )


def _reminder(
    account: BillingAccount, currency: str, items: list[Item], zone: tzinfo | None, today: date
) -> Reminder:
    total = sum(item.remaining or 0 for item in items)
    values: dict[str, object] = {
        "customer": _line(account.name),
        "invoices": [_due_invoice(item, zone) for item in items],
        "total": _money(total, currency),
        "today": format_day(today),
    }
    subject = _line(_rendered("subject", values))
    body = _BLANK_LINES.sub("\n\n", _rendered("body", values).strip()) + "\n"
    return Reminder(currency, _recipient(account.email), subject, body, total, len(items))


def _due_invoice(item: Item, zone: tzinfo | None) -> DueInvoice:
    invoice = item.invoice
    return DueInvoice(
        _line(invoice.number or invoice.id),
        _money(item.remaining, item.currency),
        _day(invoice.due_date, zone),
        _day(invoice.created_at, zone),
        max(item.days_overdue or 0, 0) if invoice.due_date else 0,
        _line(payment_link(invoice)),
    )


def _rendered(part: str, values: dict[str, object]) -> str:
    return render_to_string(f"billing/reminders/texts/{_LANGUAGE}/{part}.txt", values)


def _money(minor: int | None, currency: str) -> str:
    # Mail programs show no-break spaces in different ways.
    return format_amount(minor, currency).replace("\u00a0", " ")


def _day(at: datetime | None, zone: tzinfo | None) -> str:
    return "" if at is None else format_day(in_zone(at, zone))


def _line(text: str | None) -> str:
    """Return the text in one line, because what others send must not add lines to a message."""
    return " ".join((text or "").split())


def _recipient(email: str | None) -> str:
    """Return the address if it is exactly one, which a comma would make several."""
    try:
        validate_email(email or "")
    except ValidationError:
        return ""
    return email or ""


def _encoded(text: str) -> str:
    return quote(text, safe="")
