"""The languages of reminders, and the texts with which they start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT: Final = "en"
LANGUAGES: Final = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with placeholders. `invoice` is the part of the body for each invoice."""

    subject: str
    body: str
    invoice: str


STANDARD: Final = {
    "en": Wording(
        "Payment reminder: {numbers}, {total}",
        """\
Hello {customer},

Our records of {today} show that the following is due for payment:

{invoices}

Total: {total}

If you have paid in the meantime, please disregard this message.

Kind regards
""",
        """\
Invoice {number}
Amount remaining: {amount}
Due date: {due}
Days late: {days_late}
Issued: {issued}
Pay here: {link}
""",
    ),
    "de": Wording(
        "Zahlungserinnerung: {numbers}, {total}",
        """\
Guten Tag {customer},

nach unserem Stand vom {today} ist noch zur Zahlung offen:

{invoices}

Summe: {total}

Falls Sie inzwischen bezahlt haben, betrachten Sie diese Nachricht bitte als gegenstandslos.

Mit freundlichen Grüßen
""",
        """\
Rechnung {number}
Offener Betrag: {amount}
Fällig am: {due}
Tage überfällig: {days_late}
Ausgestellt am: {issued}
Hier bezahlen: {link}
""",
    ),
    "fr": Wording(
        "Rappel de paiement : {numbers}, {total}",
        """\
Bonjour {customer},

Sauf erreur de notre part, le règlement suivant reste dû au {today} :

{invoices}

Total : {total}

Si vous avez réglé entre-temps, merci de ne pas tenir compte de ce message.

Cordialement
""",
        """\
Facture {number}
Montant restant dû : {amount}
Échéance : {due}
Jours de retard : {days_late}
Émise le : {issued}
Payer ici : {link}
""",
    ),
}
