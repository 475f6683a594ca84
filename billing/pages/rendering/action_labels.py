"""Labels for the verbs of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django import template

from billing.folding import fold, plain
from billing.models import AuditEntry
from billing.services.changes import KINDS

register = template.Library()

_DOWNLOAD: Final = "list.download"

_OTHERS: Final[Mapping[str, str]] = {
    "access.refused": "Make a request without permission",
    "assignee.set": "Assign an account",
    "audit.export": "Download the audit log",
    "audit.prune": "Delete old audit entries",
    "audit.prune_changes": "Delete the contents of old changes",
    "audit.prune_contents": "Delete the details of old audit entries",
    "billing_account.read": "Open a billing account",
    "billing_account.reveal": "Reveal personal data",
    "change.send": "Start to send a change",
    "database.copy": "Move to another database",
    "database.restore": "Restore the database",
    "digest.choose": "Choose the email digest",
    "digest.send": "Send the email digest",
    "key.issue": "Create a portal key",
    "key.change": "Change a portal key",
    "key.revoke": "Revoke a portal key",
    _DOWNLOAD: "Download a list",
    "lockout.lift": "Lift a lockout",
    "note.add": "Add a note",
    "note.edit": "Edit a note",
    "note.delete": "Delete a note",
    "promise.record": "Record a promise to pay",
    "promise.withdraw": "Withdraw a promise to pay",
    "reminder.prepare": "Prepare a payment reminder",
    "reminder.send": "Send a payment reminder",
    "reminder_template.save": "Edit the text of reminders",
    "session.end": "End a session",
    "session.end_all": "End all sessions of a person",
    "session.renew": "Sign in again",
    "session.sign_in": "Sign in",
    "session.sign_out": "Sign out",
    "session.step_up": "Confirm identity",
    "snooze.end": "End a snooze",
    "snooze.start": "Snooze an account",
    "staff.activate": "Reactivate a person",
    "staff.change": "Change a person",
    "staff.create": "Add a person",
    "staff.deactivate": "Deactivate a person",
    "token.check": "Check a token",
    "token.forget": "Delete a token",
    "token.make_default": "Set the default token",
    "token.refused": "Use a rejected token",
    "token.renew": "Renew a token",
    "token.save": "Store a token",
    "view.change": "Change a shared view",
    "view.delete": "Delete a shared view",
    "view.share": "Share a view",
    "view.unshare": "Stop sharing a view",
}
ACTION_LABELS: Final[Mapping[str, str]] = {**{verb: kind.title for verb, kind in KINDS.items()}, **_OTHERS}


@register.filter
def action_label(verb: str) -> str:
    """Return "Edit billing account" for "billing_account.update"; an unknown verb is returned unchanged."""
    return ACTION_LABELS.get(verb, verb)


@register.filter
def entry_details(entry: AuditEntry) -> str:
    """Return the details of an entry, and of a download the name of the file."""
    return f"{entry.subject}: {entry.detail}" if entry.verb == _DOWNLOAD else entry.detail


def verb_with_label(text: str) -> str:
    """Return the verb that has this label, and any other text unchanged, since it may be (the start of) a verb."""
    label = plain(text)
    return next((verb for verb, title in ACTION_LABELS.items() if fold(title) == fold(label)), label)
