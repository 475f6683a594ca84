"""What has been done at the demo's desk before a newcomer sits down at it: notes, a change, accounts that were opened.

Made through the same services as everything else, once for a database. Never called outside the demo.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from billing.models import Note, User
from billing.services import changes
from billing.services.actor import Actor, Door, granted_to
from billing.services.billing_accounts import notes

_ACME: Final = ("ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8")
_LATE: Final = ("ws_supportdesk0002", "cus_gmd3htvd7p28fhm1")

# Who, about which account, and what: people of identity_provider/people.json, accounts of docs/sandbox.md.
_NOTES: Final = (
    ("edgar.osei", _ACME, "Renewal talk planned for January. They ask for a quote for 15 locations."),
    (
        "edgar.osei",
        _LATE,
        "Called about the open invoices. Their bank replaced the card; a new one follows this week.",
    ),
    ("amir.haddad", _LATE, "Agreed: no reminder before the end of the month."),
)


def set_the_desk() -> None:
    """Nothing when there are notes already. Raises what the services raise: Altostrat has to be there."""
    if Note.objects.exists():
        return
    for name, (workspace_id, account_id), text in _NOTES:
        author = _at_the_desk(name)
        # Which reads the account first, so that each has opened it lately.
        notes.add(
            author, note_id=uuid4(), workspace_id=workspace_id, billing_account_id=account_id, text=text
        )
    _correct_a_telephone_number(_at_the_desk("edgar.osei"))


def _correct_a_telephone_number(editor: Actor) -> None:
    workspace_id, account_id = _LATE
    draft = changes.Draft(
        "billing_account.update",
        {"workspace_id": workspace_id, "billing_account_id": account_id},
        {"phone": "+16055550144"},
    )
    prepared = changes.prepare(editor, draft)
    signature = changes.Signature(reason="The old number is out of service.", ticket="SUP-2041")
    changes.send(editor, prepared.pk, signature)


def _at_the_desk(name: str) -> Actor:
    user = User.objects.get(username=name)
    return Actor(user, Door.COMMAND, granted_to(user))
