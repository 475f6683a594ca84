"""The text that reminds a customer of due invoices: one per currency, from the template of a language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.amounts import exponent
from billing.services.dates import in_zone
from billing.services.invoices.aging import Item, items_of, most_overdue_first
from billing.services.reminders import formats
from billing.services.reminders.payment_links import payment_link
from billing.services.reminders.templates import Template, fill, language_of, without_blank_lines
from billing.services.reminders.wording import DEFAULT, STANDARD

# Some mail programs cut longer links.
_MAX_MAILTO: Final = 2000
# In a subject.
_MAX_NUMBERS: Final = 3
# Altostrat documents no language. If it sends one, it has one of Stripe's names.
_LANGUAGE_FIELDS: Final = ("preferred_locales", "locale", "language")


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
    account: BillingAccount,
    invoices: Iterable[Invoice],
    zone: tzinfo | None,
    now: datetime,
    template: Template | None = None,
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
    today, chosen = in_zone(now, zone).date(), template or Template(DEFAULT, STANDARD[DEFAULT])
    return Reminders(
        tuple(
            _reminder(account, currency, found[currency], zone, today, chosen) for currency in sorted(found)
        ),
        len(items) - len(due),
        len(due) - sum(map(len, found.values())),
    )


def _reminder(
    account: BillingAccount,
    currency: str,
    items: list[Item],
    zone: tzinfo | None,
    today: date,
    template: Template,
) -> Reminder:
    wording, language = template.wording, template.language
    total = sum(item.remaining or 0 for item in items)
    parts = [fill(wording.invoice, _values(item, zone, language)).strip() for item in items]
    values = {
        "customer": _line(account.name),
        "total": formats.money(total, currency, language),
        "today": formats.day(today, language),
        "count": str(len(items)),
        "numbers": _numbers(items),
    }
    subject = _line(fill(wording.subject, values))
    body = without_blank_lines(fill(wording.body, {**values, "invoices": "\n\n".join(parts)}))
    return Reminder(currency, recipient_of(account), subject, body, total, len(items))


def _values(item: Item, zone: tzinfo | None, language: str) -> dict[str, str]:
    invoice = item.invoice
    is_late = invoice.due_date is not None and (item.days_overdue or 0) > 0
    return {
        "number": _number(item),
        "amount": formats.money(item.remaining or 0, item.currency, language),
        "due": _day(invoice.due_date, zone, language),
        "days_late": str(item.days_overdue) if is_late else "",
        "issued": "" if invoice.due_date else _day(invoice.created_at, zone, language),
        "link": _line(payment_link(invoice)),
    }


def _numbers(items: list[Item]) -> str:
    """Return the first numbers, in the order of the text."""
    shown = ", ".join(_number(item) for item in items[:_MAX_NUMBERS])
    return shown if len(items) <= _MAX_NUMBERS else f"{shown} …"


def _number(item: Item) -> str:
    return _line(item.invoice.number or item.invoice.id)


def _day(at: datetime | None, zone: tzinfo | None, language: str) -> str:
    return "" if at is None else formats.day(in_zone(at, zone).date(), language)


def language_of_account(account: BillingAccount) -> str:
    """Return the code of the language that the account's data has; empty if it has none, or one that is not known."""
    found = [account.extra.get(name) for name in _LANGUAGE_FIELDS]
    return language_of([value for one in found for value in (one if isinstance(one, list) else [one])])


def _line(text: str | None) -> str:
    """Return the text in one line, because what others send must not add lines to a message."""
    return " ".join((text or "").split())


def recipient_of(account: BillingAccount) -> str:
    """Return the address if it is exactly one, which a comma would make several. A masked one is none."""
    try:
        validate_email(account.email or "")
    except ValidationError:
        return ""
    return account.email or ""


def _encoded(text: str) -> str:
    return quote(text, safe="")
