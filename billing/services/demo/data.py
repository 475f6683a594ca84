"""Sample activity for the demo: notes, a change and recently read accounts.

It is created through the regular services, once per database, and only in the demo.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from billing.models import Note, User
from billing.services import changes
from billing.services.actor import Actor, Door, actor_for
from billing.services.billing_accounts import notes

_ACME: Final = ("ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8")
_LATE: Final = ("ws_supportdesk0002", "cus_gmd3htvd7p28fhm1")

# Author, account and text: people of identity_provider/people.json, accounts of docs/sandbox.md.
_NOTES: Final = (
    ("edgar.osei", _ACME, "Renewal talk planned for January. They ask for a quote for 15 locations."),
    (
        "edgar.osei",
        _LATE,
        "Called about the open invoices. Their bank replaced the card; a new one follows this week.",
    ),
    ("amir.haddad", _LATE, "Agreed: no reminder before the end of the month."),
)


def create_activity() -> None:
    """Create the activity unless notes exist. Raise what the services raise if Altostrat is unavailable."""
    if Note.objects.exists():
        return
    for name, (workspace_id, account_id), text in _NOTES:
        author = _actor(name)
        # This reads the account first, so the author appears among its recent readers.
        notes.add(
            author, note_id=uuid4(), workspace_id=workspace_id, billing_account_id=account_id, text=text
        )
    _correct_phone_number(_actor("edgar.osei"))


def _correct_phone_number(editor: Actor) -> None:
    workspace_id, account_id = _LATE
    draft = changes.Draft(
        "billing_account.update",
        {"workspace_id": workspace_id, "billing_account_id": account_id},
        {"phone": "+16055550144"},
    )
    prepared = changes.prepare(editor, draft)
    signature = changes.Signature(reason="The old number is out of service.", ticket="SUP-2041")
    changes.send(editor, prepared.pk, signature)


def _actor(name: str) -> Actor:
    return actor_for(User.objects.get(username=name), Door.COMMAND)
