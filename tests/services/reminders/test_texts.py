"""The exact text of a reminder, and its mailto: link."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.services.reminders.templates import InvalidTemplate, Template, check, fill
from billing.services.reminders.texts import language_of_account, reminders
from billing.services.reminders.wording import STANDARD

pytestmark = pytest.mark.sqlite_only

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
ACCOUNT = BillingAccount(name="ACME & Sons\r\nBcc: x@y.example", email="billing+late@acme.example")
LINK = "https://invoice.example/i/acct_1/live_abc?s=ap&x=1"


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


def owed(number: str, currency: str, due: int, paid: int = 0, **more: object) -> Invoice:
    values = {"created_at": day(1, 5), **more}
    return Invoice(
        id=f"in_{number}",
        number=number,
        status="open",
        currency=currency,
        amount_due=due,
        amount_paid=paid,
        **values,  # type: ignore[arg-type]
    )


INVOICES = (
    owed("A-1", "usd", 10000, 4000, due_date=day(3, 1), hosted_invoice_url=LINK),
    owed("A-2", "usd", 123450, due_date=day(3, 31)),
    owed("A-3", "usd", 500),
    owed("A-4", "usd", 700, due_date=day(4, 1)),
    owed("A-5", "jpy", 1500, due_date=day(3, 30), hosted_invoice_url="http://not.example/"),
    owed("A-6", "kwd", 1234, due_date=day(2, 28)),
    owed("A-7", "xqz", 99, due_date=day(2, 28)),
    Invoice(id="in_8", status="paid", currency="usd", amount_due=900, amount_paid=900),
)
DOLLARS = """\
Hello ACME & Sons Bcc: x@y.example,

Our records of 31 Mar 2026 show that the following is due for payment:

Invoice A-3
Amount remaining: $5.00 USD
Issued: 5 Jan 2026

Invoice A-1
Amount remaining: $60.00 USD
Due date: 1 Mar 2026
Days late: 30
Pay here: https://invoice.example/i/acct_1/live_abc?s=ap&x=1

Invoice A-2
Amount remaining: $1,234.50 USD
Due date: 31 Mar 2026

Total: $1,299.50 USD

If you have paid in the meantime, please disregard this message.

Kind regards
"""
YEN = """\
Hello ACME & Sons Bcc: x@y.example,

Our records of 31 Mar 2026 show that the following is due for payment:

Invoice A-5
Amount remaining: ¥1,500 JPY
Due date: 30 Mar 2026
Days late: 1

Total: ¥1,500 JPY

If you have paid in the meantime, please disregard this message.

Kind regards
"""


def test_each_currency_has_its_text_about_what_is_due() -> None:
    found = reminders(ACCOUNT, INVOICES, UTC, NOW)

    assert [text.currency for text in found.texts] == ["jpy", "kwd", "usd"]
    assert (found.not_due, found.without_amount) == (1, 1)
    yen, dinars, dollars = found.texts
    assert yen.body == YEN
    assert yen.subject == "Payment reminder: A-5, ¥1,500 JPY"
    assert "Amount remaining: 1.234 KWD\nDue date: 28 Feb 2026\nDays late: 31\n" in dinars.body
    assert dollars.body == DOLLARS
    assert dollars.subject == "Payment reminder: A-3, A-1, A-2, $1,299.50 USD"
    assert (dollars.total, dollars.count) == (129950, 3)


def test_mailto_link_holds_the_same_text() -> None:
    dollars = reminders(ACCOUNT, INVOICES, UTC, NOW).texts[-1]
    link = urlsplit(dollars.mailto)

    assert link.scheme == "mailto"
    assert unquote(link.path) == "billing+late@acme.example"
    assert "\n" not in dollars.mailto
    assert " " not in dollars.mailto
    assert "+" not in link.query
    fields = parse_qs(link.query, strict_parsing=True)
    assert fields == {"subject": [dollars.subject], "body": [DOLLARS.replace("\n", "\r\n")]}


@pytest.mark.parametrize("email", [None, "", "a@b.example,c@d.example", "x@y.example?bcc=z@y.example"])
def test_recipient_is_one_address_or_none(email: str | None) -> None:
    text = reminders(BillingAccount(name=None, email=email), INVOICES[:1], UTC, NOW).texts[0]

    assert text.mailto.startswith("mailto:?subject=Payment%20reminder")
    assert text.body.startswith("Our records of")


def test_days_are_those_of_the_readers_zone() -> None:
    invoice = owed("A-1", "usd", 100, due_date=datetime(2026, 4, 1, 5, tzinfo=UTC))

    assert reminders(ACCOUNT, [invoice], UTC, NOW).not_due == 1
    (text,) = reminders(ACCOUNT, [invoice], ZoneInfo("Pacific/Pago_Pago"), NOW).texts
    assert "Due date: 31 Mar 2026\n" in text.body


def test_languages_have_their_own_numbers_and_dates() -> None:
    german, french = (
        reminders(ACCOUNT, INVOICES, UTC, NOW, Template(code, STANDARD[code])).texts for code in ("de", "fr")
    )

    assert "Offener Betrag: 1.234,50 USD" in german[-1].body
    assert "Fällig am: 01.03.2026" in german[-1].body
    assert "Offener Betrag: 1,234 KWD" in german[1].body
    assert "Offener Betrag: 1.500 JPY" in german[0].body
    assert "Montant restant dû : 1 234,50 USD" in french[-1].body
    assert "Échéance : 1 mars 2026" in french[-1].body


def test_language_is_that_of_the_account() -> None:
    def language(**extra: object) -> str:
        return language_of_account(BillingAccount(extra=extra))

    assert language(preferred_locales=["de-AT", "en"]) == "de"
    assert language(locale="fr_FR") == "fr"
    assert language(language="xx") == language(locale=7) == language() == ""


@pytest.mark.parametrize(
    ("part", "text", "error"),
    [
        ("body", "{invoices} {custmer}", "Unknown placeholder {custmer}. Available: {customer}"),
        ("body", "{invoices} {0}", "Unknown placeholder {0}."),
        ("body", "{invoices} {", "A brace has no partner."),
        ("body", "{customer}", "{invoices} is missing"),
        ("subject", "{invoices}", "Unknown placeholder {invoices}."),
        ("invoice", "{customer}", "Unknown placeholder {customer}."),
    ],
)
def test_wrong_placeholder_is_named(part: str, text: str, error: str) -> None:
    with pytest.raises(InvalidTemplate, match=re.escape(error)):
        check(part, text)


def test_value_is_never_a_placeholder() -> None:
    assert fill("To {customer}", {"customer": "{total}", "total": "1"}) == "To {total}"


@pytest.mark.parametrize("language", STANDARD)
def test_standard_texts_are_valid(language: str) -> None:
    for part, text in asdict(STANDARD[language]).items():
        assert check(part, text) == text
